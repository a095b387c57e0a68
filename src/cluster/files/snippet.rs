//! The lines around a syntax error, drawn the way compilers do.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// The offending line with a mark under the column, without colour (the caller knows whether there is a terminal).
pub(super) fn draw(file: &str, text: &str, line: u64, column: u64) -> String {
    let index = line.saturating_sub(1) as usize;
    let Some(offending) = text.lines().nth(index) else { return String::new() };
    // One line is enough to see it, and a hostile file may have lines of megabytes or terminal control characters; so may its name.
    let on_a_line = |text: &str, most: usize| text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let (clean, file) = (on_a_line(offending, 200), on_a_line(file, usize::MAX));
    let at = clean.char_indices().nth(column.saturating_sub(1) as usize).map_or(clean.len(), |(i, _)| i);
    let end = clean[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    let snippet = Snippet::source(&clean).path(&file).line_start(line as usize).annotation(AnnotationKind::Primary.span(at..end));
    Renderer::plain().render(&[Level::ERROR.primary_title("not valid YAML").element(snippet)])
}
