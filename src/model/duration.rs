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
    let nanos = go_nanos(text)?;
    let length = nanos.unsigned_abs();
    let seconds = u64::try_from(length / NANOS).ok()?;
    Some((Duration::new(seconds, u32::try_from(length % NANOS).ok()?), nanos < 0))
}

const NANOS: u128 = 1_000_000_000;

/// The nanoseconds of such a duration.
pub fn go_nanos(text: &str) -> Option<i128> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i128;
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c: char| c != '.' && !c.is_ascii_digit())?);
        let (unit, tail) = tail.split_at(tail.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(tail.len()));
        let unit = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        total = total.checked_add(scaled(number, unit)?)?;
        rest = tail;
    }
    Some(if text.starts_with('-') { -total } else { total })
}

/// A decimal number of units.
fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && part.is_empty()) || part.contains('.') {
        return None;
    }
    let count = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i128>().ok() };
    // More digits than these are finer than a nanosecond.
    let part = &part[..part.len().min(18)];
    let fraction = count(part)?.checked_mul(unit)? / 10_i128.pow(u32::try_from(part.len()).ok()?);
    count(whole)?.checked_mul(unit)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_writes_durations_in_parts() {
        assert_eq!(go_duration("1m30s"), Some((Duration::from_secs(90), false)));
        assert_eq!(go_duration("-0.5s"), Some((Duration::from_millis(500), true)));
        assert_eq!(go_duration("0"), Some((Duration::ZERO, false)));
        assert_eq!((go_nanos("1h1m"), go_nanos("0s"), go_nanos(".5us")), (Some(3_660_000_000_000), Some(0), Some(500)));
        for bad in ["", "5", "s", "1d", "1.2.3s", "-", ".", ".s", "1 s"] {
            assert_eq!(go_duration(bad), None, "{bad}");
        }
    }
}
