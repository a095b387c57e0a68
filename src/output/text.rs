//! Text from a cluster is hostile until it is cleaned.

use std::borrow::Cow;

use super::Style;

/// The text on one line, without characters that move a cursor, ring a bell, colour a terminal, reorder what is read or are not seen at all.
pub fn clean(text: &str) -> Cow<'_, str> {
    replace(text, harmful)
}

/// The same for text that is several lines of our own making: a diff, the lines of a file.
pub fn clean_lines(text: &str) -> Cow<'_, str> {
    replace(text, |c| harmful(c) && !matches!(c, '\n' | '\t'))
}

fn replace(text: &str, harmful: impl Fn(char) -> bool + Copy) -> Cow<'_, str> {
    if text.contains(harmful) { Cow::Owned(text.replace(harmful, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

fn harmful(c: char) -> bool {
    let invisible = matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    let no_character = (c as u32) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    c.is_control() || invisible || no_character
}

/// Text that is clean already, broken at the terminal's width; a result that goes elsewhere keeps its long lines, for other programs to search.
pub fn wrapped(text: &str, first: &str, rest: &str, style: &Style) -> String {
    let Some(width) = style.width else { return format!("{first}{text}") };
    // Names and paths are never broken: they are there to be copied.
    let options = textwrap::Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_lines};

    #[test]
    fn escape_sequences_and_bidi_overrides_do_not_pass() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\r\u{7}"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}\u{fffd}");
        assert_eq!(clean("plain ✓ ünï"), "plain ✓ ünï");
        for hidden in ['\n', '\t', '\u{61c}', '\u{ad}', '\u{e0041}', '\u{fffe}', '\u{ffff}', '\u{2060}', '\u{1fffe}'] {
            assert_eq!(clean(&format!("a{hidden}b")), "a\u{fffd}b", "{hidden:?}");
        }
        assert_eq!(clean_lines("a\n\tb\r\u{ad}"), "a\n\tb\u{fffd}\u{fffd}");
    }
}
