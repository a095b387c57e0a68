//! Regular expressions in RE2's language.

use super::{Verdict, fault};

/// The longest that istiod takes.
const LONGEST: usize = 1024;

/// Judges an expression. The crate's language is RE2's but for a few letters, which are put right before it is asked.
pub(in super::super) fn regex(text: &str) -> Verdict {
    if text.len() > LONGEST {
        return fault(
            format!("the regular expression has {} characters, at most {LONGEST} are allowed", text.len()),
            "Shorten it or split the match.",
        );
    }
    match parses(text) {
        Ok(()) => Ok(()),
        Err(problem) => fault(
            format!("{text:?} is not a regular expression that Istio understands: {problem}"),
            "Write RE2 syntax (https://github.com/google/re2/wiki/Syntax): no look-ahead, look-behind or back references.",
        ),
    }
}

fn parses(text: &str) -> Result<(), String> {
    let error = match regex::RegexBuilder::new(text).build() {
        Ok(_) | Err(regex::Error::CompiledTooBig(_)) => return Ok(()),
        Err(error) => error,
    };
    // RE2 takes `\Q…\E`, `\C` and a literal `{`, `&&` or `[` where the crate does not.
    let plain = relaxed(text);
    match regex::RegexBuilder::new(&plain).build() {
        Ok(_) | Err(regex::Error::CompiledTooBig(_)) => Ok(()),
        Err(_) => Err(last_line(&error.to_string())),
    }
}

/// The expression with RE2's liberties written out: quoted stretches escaped, and braces that count nothing as themselves.
fn relaxed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix(r"\Q") {
            let (inner, after) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
            out.push_str(&regex::escape(inner));
            rest = after;
        } else if let Some(after) = rest.strip_prefix(r"\C") {
            out.push('.');
            rest = after;
        } else if c == '\\' {
            let end = rest.char_indices().nth(2).map_or(rest.len(), |(i, _)| i);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else {
            match c {
                '[' if in_class && !rest.starts_with("[:") => out.push_str(r"\["),
                '&' | '~' if in_class => out.extend(['\\', c]),
                '{' if !in_class && !counts(rest) => out.push_str(r"\{"),
                _ => out.push(c),
            }
            in_class = match c {
                '[' => true,
                ']' => false,
                _ => in_class,
            };
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Whether a brace opens a repetition: `{2}`, `{2,}`, `{2,5}`.
fn counts(text: &str) -> bool {
    let Some((inner, _)) = text[1..].split_once('}') else { return false };
    let (low, high) = inner.split_once(',').unwrap_or((inner, ""));
    !low.is_empty() && low.chars().chain(high.chars()).all(|c| c.is_ascii_digit())
}

fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::regex;

    #[test]
    fn re2_is_told_from_other_dialects() {
        for good in ["", "/v[12]/.*", r"\Qa.b\E+", "(?i)x", "{", "a{2,3}", "a{,3}", r"[a&&b]", "(?P<n>x)", r"[[:alpha:]]+", r"^[\w.-]+$", "[a[b]"] {
            assert!(regex(good).is_ok(), "{good}: {:?}", regex(good));
        }
        for bad in ["*", "(", "(?!x)", "(?<=x)y", r"(a)\1", "[z-a]", &"a".repeat(1025)] {
            assert!(regex(bad).is_err(), "{bad}");
        }
    }
}
