//! Regular expressions of resources that Envoy gets to see.

use crate::mesh::istio::validation::{Verdict, fault, re2};

/// The longest that istiod takes.
const LONGEST: usize = 1024;

/// Judges an expression.
pub(crate) fn regex(text: &str) -> Verdict {
    if text.len() > LONGEST {
        return fault(
            format!("the regular expression has {} characters, at most {LONGEST} are allowed", text.len()),
            "Shorten it or split the match.",
        );
    }
    match re2::check(text) {
        Ok(()) => Ok(()),
        Err(problem) => fault(
            format!("{text:?} is not a regular expression that Istio understands: {problem}"),
            "Write RE2 syntax (https://github.com/google/re2/wiki/Syntax): no look-ahead, look-behind or back references.",
        ),
    }
}
