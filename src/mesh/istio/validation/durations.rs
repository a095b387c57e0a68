//! Durations of Istio's configuration: `1.5s`, `300ms`, `1h30m`.

use crate::mesh::istio::validation::{Judge, Verdict, fault};
use crate::model::{Field, go_nanos};

const MILLISECOND: i128 = 1_000_000;

/// Judges a duration: at least a millisecond, and whole ones.
pub(crate) fn duration(judge: &mut Judge<'_>, field: &Field<'_>) {
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
pub(crate) fn required_duration(judge: &mut Judge<'_>, field: &Field<'_>, name: &'static str) {
    match field.get(name) {
        Some(found) => duration(judge, &found),
        None => judge.error(field.path_of(name), format!("{name} is missing"), format!("Write {name}, for example 10s.")),
    }
}

fn read(field: &Field<'_>) -> Option<i128> {
    go_nanos(field.str()?)
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
