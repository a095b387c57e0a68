//! A page of our own Markdown (a rule's documentation) on a terminal: headings, paragraphs, lists, code.

use std::io::{self, Write};

use owo_colors::{OwoColorize, Style as Ink};

use super::Style;
use super::text::wrapped;

/// Writes the page, wrapped to the terminal.
pub fn page(markdown: &str, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut code = false;
    // Lines of one paragraph or list item, which are wrapped anew.
    let mut paragraph = String::new();
    for line in markdown.lines() {
        if line.starts_with("```") {
            flush(&mut paragraph, style, out)?;
            code = !code;
        } else if code {
            writeln!(out, "    {}", ink(line, Ink::new().cyan(), style))?;
        } else if let Some(title) = line.strip_prefix('#') {
            flush(&mut paragraph, style, out)?;
            writeln!(out, "{}", ink(title.trim_start_matches('#').trim(), Ink::new().bold(), style))?;
        } else if line.trim().is_empty() {
            flush(&mut paragraph, style, out)?;
            writeln!(out)?;
        } else {
            let begins = line.starts_with("- ") || line.starts_with("* ") || line.split_once(". ").is_some_and(|(n, _)| n.parse::<u8>().is_ok());
            if begins {
                flush(&mut paragraph, style, out)?;
            }
            let gap = if paragraph.is_empty() { "" } else { " " };
            paragraph += gap;
            paragraph += line.trim();
        }
    }
    flush(&mut paragraph, style, out)
}

fn flush(paragraph: &mut String, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if !paragraph.is_empty() {
        let hang = if paragraph.starts_with("- ") || paragraph.starts_with("* ") { "  " } else { "" };
        writeln!(out, "{}", inline(&wrapped(paragraph, "", hang, style), style))?;
        paragraph.clear();
    }
    Ok(())
}

/// Code between backticks, coloured; without colour the backticks stay, since they tell a name from a word.
fn inline(text: &str, style: &Style) -> String {
    if !style.color {
        return text.to_owned();
    }
    let parts = text.split('`').enumerate();
    parts.map(|(i, part)| if i % 2 == 1 { ink(part, Ink::new().cyan(), style) } else { part.to_owned() }).collect()
}

fn ink(text: &str, ink: Ink, style: &Style) -> String {
    if style.color && !text.is_empty() { text.style(ink).to_string() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Style, page};

    fn written(markdown: &str, style: &Style) -> String {
        let mut out = Vec::new();
        page(markdown, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paragraphs_are_wrapped_anew_and_code_is_not() {
        let narrow = Style { width: Some(20), ..Style::default() };
        let text =
            "# What it is\n\none two three four\nfive six\n\n- an item that is long enough\n- `b`\n\n```yaml\nspec: {a: 1, bbbbbbbb: 2, c: 3}\n```\n";
        assert_eq!(
            written(text, &narrow),
            "What it is\n\none two three four\nfive six\n\n- an item that is\n  long enough\n- `b`\n\n    spec: {a: 1, bbbbbbbb: 2, c: 3}\n"
        );
        let colored = Style { color: true, ..Style::default() };
        assert_eq!(written("a `b` c\n", &colored), "a \u{1b}[36mb\u{1b}[0m c\n");
    }
}
