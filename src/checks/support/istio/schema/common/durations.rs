//! Durations as protobuf's JSON writes them: `1.5s`, `300ms`, `1h30m`.

use crate::checks::support::istio::schema::common::{Judge, Verdict, fault};
use crate::model::Field;

const MILLISECOND: i128 = 1_000_000;

/// Nanoseconds of a duration, when it is one.
pub(in crate::checks) fn nanos(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0_i128;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let unit = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => MILLISECOND,
            "s" => 1_000 * MILLISECOND,
            "m" => 60_000 * MILLISECOND,
            "h" => 3_600_000 * MILLISECOND,
            _ => return None,
        };
        total = total.checked_add(scaled(number, unit)?)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(if negative { -total } else { total })
}

/// A decimal number of units.
fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && part.is_empty()) || part.len() > 18 || part.contains('.') {
        return None;
    }
    let count = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i128>().ok() };
    let fraction = count(part)?.checked_mul(unit)? / 10_i128.pow(u32::try_from(part.len()).ok()?);
    count(whole)?.checked_mul(unit)?.checked_add(fraction)
}

/// Judges a duration: at least a millisecond, and whole ones.
pub(in crate::checks) fn duration(judge: &mut Judge<'_, '_>, field: &Field<'_>) {
    match read(field) {
        Some(nanos) => judge.judge(field, limits(nanos)),
        // Of a value that is no text istio-wrong-field-type says so.
        None if field.str().is_none() && !judge.is_inside() => {}
        None => {
            let message = format!("{field} is not a duration");
            judge.refused(field.path(), message, "Write a number with a unit: 300ms, 1.5s, 2m or 1h.");
        }
    }
}

/// Judges the duration `name`, which has to be there.
pub(in crate::checks) fn required_duration(judge: &mut Judge<'_, '_>, field: &Field<'_>, name: &'static str) {
    match field.get(name) {
        Some(found) => duration(judge, &found),
        None => judge.error(field.path_of(name), format!("{name} is missing"), format!("Write {name}, for example 10s.")),
    }
}

fn read(field: &Field<'_>) -> Option<i128> {
    nanos(field.str()?)
}

fn limits(nanos: i128) -> Verdict {
    if nanos < MILLISECOND {
        return fault("the duration is shorter than a millisecond", "Write at least 1ms.");
    }
    if nanos % MILLISECOND != 0 {
        return fault("the duration is finer than milliseconds", "Write whole milliseconds.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::nanos;

    #[test]
    fn durations_have_units() {
        assert_eq!(nanos("1.5s"), Some(1_500_000_000));
        assert_eq!(nanos("1h1m"), Some(3_660_000_000_000));
        assert_eq!((nanos("0"), nanos("0s"), nanos("-1s")), (Some(0), Some(0), Some(-1_000_000_000)));
        for bad in ["", "5", "s", "1x", "1.2.3s", "1 s", "."] {
            assert_eq!(nanos(bad), None, "{bad}");
        }
    }
}
