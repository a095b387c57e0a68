//! Text from a cluster is hostile until it is cleaned.

use std::borrow::Cow;

use owo_colors::{OwoColorize, Style as Ink};
use textwrap::core::display_width;

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

/// `1 file`, `2 files`.
pub fn counted(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// The lines of a cell of this width; what has no gap to break at stays whole.
pub(super) fn words_of(text: &str, width: usize) -> Vec<String> {
    if display_width(text) <= width { vec![text.to_owned()] } else { textwrap::wrap(text, options(width)).into_iter().map(Cow::into_owned).collect() }
}

/// Names and paths are never broken: they are there to be copied.
fn options<'a>(width: usize) -> textwrap::Options<'a> {
    textwrap::Options::new(width)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

/// The marks that lines begin with, and what stands for them where there is only ASCII.
const MARKS: [(char, &str); 6] = [('✔', "ok"), ('✖', "FAIL"), ('▲', "warn"), ('?', "?"), ('·', "-"), ('→', "->")];

/// Text of our own making that may begin with a mark, in the colour of that mark.
pub fn marked(text: &str, style: &Style) -> String {
    let begin = text.len() - text.trim_start().len();
    let Some((mark, ascii)) = text[begin..].chars().next().and_then(|first| MARKS.into_iter().find(|(mark, _)| *mark == first)) else {
        return text.to_owned();
    };
    let (before, rest) = (&text[..begin], &text[begin + mark.len_utf8()..]);
    let shown = if style.ascii { ascii.to_owned() } else { mark.to_string() };
    let ink = match mark {
        '✔' => Ink::new().green(),
        '✖' => Ink::new().red(),
        '▲' | '?' => Ink::new().yellow(),
        _ => Ink::new().dimmed(),
    };
    let shown = if style.color { shown.style(ink).to_string() } else { shown };
    format!("{before}{shown}{rest}")
}

/// A line of our own making, whose mark is coloured and whose words are wrapped under their beginning.
pub fn line(text: &str, style: &Style) -> String {
    let indent = &text[..text.len() - text.trim_start().len()];
    let mut rest = text.trim_start();
    let mut first = indent.to_owned();
    if let Some((mark, _)) = MARKS.iter().find(|(mark, _)| rest.starts_with(&format!("{mark} "))) {
        rest = rest[mark.len_utf8()..].trim_start();
        first = format!("{indent}{mark} ");
    }
    let under = " ".repeat(first.chars().count());
    marked(&wrapped(rest, &first, if first == indent { indent } else { &under }, style), style)
}

/// Text that is clean already, broken at the terminal's width; a result that goes elsewhere keeps its long lines, for other programs to search.
pub fn wrapped(text: &str, first: &str, rest: &str, style: &Style) -> String {
    let Some(width) = style.width else { return format!("{first}{text}") };
    textwrap::fill(text, options(width).initial_indent(first).subsequent_indent(rest))
}

#[cfg(test)]
mod tests {
    use super::{Style, clean, clean_lines, line};

    #[test]
    fn a_mark_is_coloured_and_its_line_hangs_below_the_words() {
        let style = Style { color: true, width: Some(12), ..Style::default() };
        assert_eq!(line("  ✖ one two three", &style), "  \u{1b}[31m✖\u{1b}[0m one two\n    three");
        assert_eq!(line("plain words here", &style), "plain words\nhere");
        assert_eq!(line("✔ fine", &Style { ascii: true, ..Style::default() }), "ok fine");
    }

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
