//! Circuit breaking, as annotations of a Service configure it.

use std::time::Duration;

use super::annotations::{BREAKER, SUCCESS_RATE, duration};
use crate::model::Map;

const CONSECUTIVE: &str = "balancer.linkerd.io/failure-accrual-consecutive";
const HONOR: &str = "balancer.alpha.linkerd.io/failure-accrual-honor-retry-after";
/// Whether endpoints that fail get fewer requests.
pub const PENALIZE: &str = "balancer.alpha.linkerd.io/penalize-failures";
const BIASER: &str = "balancer.alpha.linkerd.io/load-biaser";

/// Every annotation of the breaker and the load biaser.
pub const NAMES: [&str; 12] = [
    BREAKER,
    "balancer.linkerd.io/failure-accrual-consecutive-max-failures",
    "balancer.linkerd.io/failure-accrual-consecutive-min-penalty",
    "balancer.linkerd.io/failure-accrual-consecutive-max-penalty",
    "balancer.linkerd.io/failure-accrual-consecutive-jitter-ratio",
    "balancer.alpha.linkerd.io/failure-accrual-success-rate-threshold",
    "balancer.alpha.linkerd.io/failure-accrual-success-rate-window",
    "balancer.alpha.linkerd.io/failure-accrual-success-rate-min-requests",
    HONOR,
    PENALIZE,
    "balancer.alpha.linkerd.io/load-biaser-penalty",
    "balancer.alpha.linkerd.io/load-biaser-max-retry-after",
];

/// What is wrong with an annotation, and why.
pub type Fault = (String, String);

/// Values that Linkerd cannot use. One of them drops the whole breaker.
pub fn invalid(annotations: &Map) -> Vec<Fault> {
    let mut faults = Vec::new();
    match annotations.get(BREAKER) {
        Some("consecutive") => consecutive(annotations, &mut faults),
        Some("unified") => {
            consecutive(annotations, &mut faults);
            success_rate(annotations, &mut faults);
        }
        Some(mode) => faults.push((BREAKER.to_owned(), format!("there is no mode {mode:?}, only \"consecutive\" and \"unified\""))),
        None => {}
    }
    for name in [HONOR, PENALIZE] {
        if let Some(value) = annotations.get(name).filter(|v| truth(v).is_none()) {
            faults.push((name.to_owned(), format!("{value:?} is neither true nor false")));
        }
    }
    if annotations.get(PENALIZE).and_then(truth) == Some(true) {
        for name in NAMES.iter().filter(|n| n.starts_with(BIASER)) {
            let _ = time(annotations, name, &mut faults);
        }
    }
    faults
}

/// Settings that have no effect, for want of another one or because nothing goes by their name.
pub fn idle(annotations: &Map) -> Vec<Fault> {
    let mode = annotations.get(BREAKER);
    let penalizes = annotations.get(PENALIZE).and_then(truth) == Some(true);
    let ours = |name: &str| name.starts_with("balancer.linkerd.io/") || name.starts_with("balancer.alpha.linkerd.io/");
    let why = |name: &str| -> Option<String> {
        if !NAMES.contains(&name) {
            return Some(match super::annotations::nearest(name, &NAMES) {
                Some(meant) => format!("there is no such setting; {meant:?} was probably meant"),
                None => "there is no such setting".to_owned(),
            });
        }
        match mode {
            None if name.starts_with(CONSECUTIVE) || name.starts_with(SUCCESS_RATE) => Some(format!("{BREAKER} is not set, so there is no breaker")),
            None if name == HONOR && annotations.get(HONOR).and_then(truth) == Some(true) => {
                Some(format!("{BREAKER} is not set, so there is no breaker"))
            }
            Some("consecutive") if name.starts_with(SUCCESS_RATE) => Some("mode \"consecutive\" does not look at the success rate".to_owned()),
            _ if name.starts_with(BIASER) && !penalizes => Some(format!("{PENALIZE} is not true")),
            _ => None,
        }
    };
    annotations.iter().filter(|(name, _)| ours(name)).filter_map(|(name, _)| Some((name.to_string(), why(name)?))).collect()
}

fn consecutive(annotations: &Map, faults: &mut Vec<Fault>) {
    let [failures, min, max, jitter] = ["max-failures", "min-penalty", "max-penalty", "jitter-ratio"].map(|s| format!("{CONSECUTIVE}-{s}"));
    if annotations.get(&failures).is_some_and(|v| v.trim().parse::<u32>().is_err()) {
        faults.push((failures, "it is not a whole number".to_owned()));
    }
    let shortest = time(annotations, &min, faults).unwrap_or(Duration::from_secs(1));
    let longest = time(annotations, &max, faults).unwrap_or(Duration::from_secs(60));
    if longest.is_zero() {
        faults.push((max, "it must not be zero".to_owned()));
    } else if shortest > longest {
        let at = if annotations.has(&min) { min } else { max };
        faults.push((at, format!("min-penalty ({shortest:?}) exceeds max-penalty ({longest:?})")));
    }
    match annotations.get(&jitter).map(|v| v.trim().parse::<f32>()) {
        Some(Err(_)) => faults.push((jitter, "it is not a number".to_owned())),
        Some(Ok(ratio)) if !(0.0..=100.0).contains(&ratio) => faults.push((jitter, "it must be between 0 and 100".to_owned())),
        _ => {}
    }
}

fn success_rate(annotations: &Map, faults: &mut Vec<Fault>) {
    let [threshold, window, requests] = ["threshold", "window", "min-requests"].map(|s| format!("{SUCCESS_RATE}-{s}"));
    let rate = match annotations.get(&threshold).map(|v| v.trim().parse::<f64>()) {
        None => 0.8,
        Some(Ok(rate)) if (0.0..=1.0).contains(&rate) => rate,
        Some(Ok(_)) => {
            faults.push((threshold, "it must be between 0.0 and 1.0".to_owned()));
            0.8
        }
        Some(Err(_)) => {
            faults.push((threshold, "it is not a number".to_owned()));
            0.8
        }
    };
    if let Some(length) = time(annotations, &window, faults)
        && (length.is_zero() || rate != 0.0 && length < Duration::from_millis(10))
    {
        faults.push((window, "it must be at least 10ms".to_owned()));
    }
    match annotations.get(&requests).map(|v| v.trim().parse::<u32>()) {
        Some(Err(_)) => faults.push((requests, "it is not a whole number".to_owned())),
        Some(Ok(count)) if rate != 0.0 && count > 1_000_000 => faults.push((requests, "it must not exceed 1000000".to_owned())),
        _ => {}
    }
}

fn time(annotations: &Map, name: &str, faults: &mut Vec<Fault>) -> Option<Duration> {
    match duration(annotations.get(name)?) {
        Ok(length) => Some(length),
        Err(why) => {
            faults.push((name.to_owned(), why.to_owned()));
            None
        }
    }
}

fn truth(text: &str) -> Option<bool> {
    crate::model::go_truth(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(faults: Vec<Fault>) -> Vec<String> {
        faults.into_iter().map(|(name, _)| name.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    }

    fn map(pairs: &[(&str, &str)]) -> Map {
        pairs.iter().map(|(k, v)| (format!("balancer.{k}"), *v)).collect()
    }

    #[test]
    fn a_sound_breaker_has_no_faults() {
        let sound = map(&[
            ("linkerd.io/failure-accrual", "unified"),
            ("linkerd.io/failure-accrual-consecutive-max-failures", "5"),
            ("linkerd.io/failure-accrual-consecutive-min-penalty", "2s"),
            ("alpha.linkerd.io/failure-accrual-success-rate-threshold", "0.9"),
            ("alpha.linkerd.io/failure-accrual-success-rate-window", "30s"),
        ]);
        assert!(invalid(&sound).is_empty() && idle(&sound).is_empty());
    }

    #[test]
    fn bad_values_are_named() {
        let faults = |pairs: &[(&str, &str)]| names(invalid(&map(pairs)));
        assert_eq!(faults(&[("linkerd.io/failure-accrual", "on")]), ["failure-accrual"]);
        let mode = ("linkerd.io/failure-accrual", "unified");
        assert_eq!(
            faults(&[mode, ("linkerd.io/failure-accrual-consecutive-min-penalty", "2m")]),
            ["failure-accrual-consecutive-min-penalty"],
            "the default maximum is a minute"
        );
        assert_eq!(faults(&[mode, ("linkerd.io/failure-accrual-consecutive-max-penalty", "0s")]), ["failure-accrual-consecutive-max-penalty"]);
        assert_eq!(faults(&[mode, ("linkerd.io/failure-accrual-consecutive-jitter-ratio", "-1")]), ["failure-accrual-consecutive-jitter-ratio"]);
        assert_eq!(faults(&[mode, ("alpha.linkerd.io/failure-accrual-success-rate-threshold", "80")]), ["failure-accrual-success-rate-threshold"]);
        assert_eq!(faults(&[mode, ("alpha.linkerd.io/failure-accrual-success-rate-window", "1ms")]), ["failure-accrual-success-rate-window"]);
    }

    #[test]
    fn settings_without_effect_are_named() {
        let faults = |pairs: &[(&str, &str)]| names(idle(&map(pairs)));
        let rate = ("alpha.linkerd.io/failure-accrual-success-rate-threshold", "0.9");
        assert_eq!(faults(&[rate]), ["failure-accrual-success-rate-threshold"]);
        assert_eq!(faults(&[("linkerd.io/failure-accrual", "consecutive"), rate]), ["failure-accrual-success-rate-threshold"]);
        assert!(faults(&[("linkerd.io/failure-accrual", "unified"), rate]).is_empty());
        assert_eq!(faults(&[("linkerd.io/failure-acrual", "unified")]), ["failure-acrual"]);
        assert_eq!(faults(&[("alpha.linkerd.io/load-biaser-penalty", "1s")]), ["load-biaser-penalty"]);
    }
}
