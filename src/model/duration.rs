//! Durations and truth values as Go writes them, which is how both meshes write theirs.

use std::time::Duration;

/// A truth value as Go reads it.
pub fn go_truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Whether text is a duration as Go writes it (`1m30s`, `0.5s`); the flag tells whether it is negative.
pub fn go_duration(text: &str) -> Option<(Duration, bool)> {
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Some((Duration::ZERO, false));
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(unit_at);
        let end = tail.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(tail.len());
        let factor = match &tail[..end] {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * factor;
        rest = &tail[end..];
    }
    Some((Duration::try_from_secs_f64(total).ok()?, negative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_writes_durations_in_parts() {
        assert_eq!(go_duration("1m30s"), Some((Duration::from_secs(90), false)));
        assert_eq!(go_duration("-0.5s"), Some((Duration::from_millis(500), true)));
        assert_eq!(go_duration("0"), Some((Duration::ZERO, false)));
        for bad in ["", "5", "s", "1d", "1.2.3s", "-"] {
            assert_eq!(go_duration(bad), None, "{bad}");
        }
    }
}
