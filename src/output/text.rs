//! Text from a cluster is hostile until it is cleaned.

use std::borrow::Cow;

use super::Style;

/// The text without characters that move a cursor, ring a bell, colour a terminal or reorder what is read.
pub fn clean(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if text.contains(harmful) { Cow::Owned(text.replace(harmful, "\u{fffd}")) } else { Cow::Borrowed(text) }
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
    use super::clean;

    #[test]
    fn escape_sequences_and_bidi_overrides_do_not_pass() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\r\u{7}"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}\u{fffd}");
        assert_eq!(clean("plain ✓ ünï"), "plain ✓ ünï");
    }
}
