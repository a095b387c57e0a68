//! How many of the calls to Services fail, as the proxies of their clients count them: a server's own proxy has counted nothing before it was there.

use std::collections::BTreeSet;

use super::observed::Query;
use crate::model::{MeshId, Sample};

/// Fewer calls than this tell nothing.
const ENOUGH: f64 = 20.0;
/// By how much of all calls more may fail than before.
const MARGIN: f64 = 0.05;

/// Calls in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// All of them.
    pub all: f64,
    /// Those that failed.
    pub failed: f64,
}

/// Asks for the calls of `window` seconds that ended `ago` seconds before now.
pub fn query(mesh: MeshId, namespace: &str, services: &BTreeSet<String>, window: i64, ago: i64) -> Query {
    // Names of Services hold nothing that a regular expression would read.
    let names = services.iter().map(String::as_str).collect::<Vec<_>>().join("|");
    let (by, series) = match mesh {
        MeshId::Istio => (
            "response_code",
            format!(
                "istio_requests_total{{reporter=\"source\",destination_service_namespace=\"{namespace}\",destination_service_name=~\"{names}\"}}"
            ),
        ),
        MeshId::Linkerd => {
            ("classification", format!("response_total{{direction=\"outbound\",dst_namespace=\"{namespace}\",dst_service=~\"{names}\"}}"))
        }
    };
    let offset = if ago > 0 { format!(" offset {ago}s") } else { String::new() };
    Query { mesh, text: format!("sum by ({by}) (increase({series}[{window}s]{offset}))") }
}

impl Rate {
    /// What the answer tells.
    pub fn of(mesh: MeshId, samples: &[Sample]) -> Self {
        let mut rate = Self::default();
        for sample in samples.iter().filter(|sample| sample.value.is_finite() && sample.value > 0.0) {
            let label = |name: &str| sample.labels.get(name).map_or("", String::as_str);
            rate.all += sample.value;
            let failed = match mesh {
                // 0: there was no answer.
                MeshId::Istio => label("response_code").starts_with('5') || label("response_code") == "0",
                MeshId::Linkerd => label("classification") == "failure",
            };
            if failed {
                rate.failed += sample.value;
            }
        }
        rate
    }

    /// Whether there are enough calls for a share to mean something.
    pub fn is_enough(self) -> bool {
        self.all >= ENOUGH
    }

    /// The share that succeeds.
    pub fn succeeds(self) -> f64 {
        if self.all > 0.0 { 1.0 - self.failed / self.all } else { 1.0 }
    }

    /// Whether clearly more calls fail than before.
    pub fn is_worse_than(self, before: Self) -> bool {
        self.is_enough() && before.is_enough() && self.succeeds() < before.succeeds() - MARGIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(label: &str, rows: &[(&str, f64)]) -> Vec<Sample> {
        rows.iter().map(|(text, value)| Sample { labels: [(label.to_owned(), (*text).to_owned())].into(), value: *value }).collect()
    }

    #[test]
    fn each_mesh_counts_failures_by_its_own_words() {
        let istio = Rate::of(MeshId::Istio, &samples("response_code", &[("200", 90.0), ("404", 5.0), ("503", 4.0), ("0", 1.0), ("200", f64::NAN)]));
        assert_eq!(istio, Rate { all: 100.0, failed: 5.0 });
        let linkerd = Rate::of(MeshId::Linkerd, &samples("classification", &[("success", 60.0), ("failure", 40.0)]));
        assert_eq!(linkerd, Rate { all: 100.0, failed: 40.0 });
    }

    #[test]
    fn worse_is_clearly_worse_and_of_enough_calls() {
        let rate = |all: f64, failed: f64| Rate { all, failed };
        assert!(rate(100.0, 10.0).is_worse_than(rate(1000.0, 10.0)));
        assert!(!rate(100.0, 5.0).is_worse_than(rate(1000.0, 10.0)), "within the margin");
        assert!(!rate(10.0, 10.0).is_worse_than(rate(1000.0, 0.0)), "too few now");
        assert!(!rate(100.0, 100.0).is_worse_than(rate(10.0, 0.0)), "too few before");
    }

    #[test]
    fn clients_are_asked_of_a_window_before() {
        let services = ["cart".to_owned(), "cart-v1".to_owned()].into();
        let istio = query(MeshId::Istio, "shop", &services, 600, 90).text;
        assert_eq!(
            istio,
            "sum by (response_code) (increase(istio_requests_total{reporter=\"source\",destination_service_namespace=\"shop\",\
             destination_service_name=~\"cart|cart-v1\"}[600s] offset 90s))"
        );
        let linkerd = query(MeshId::Linkerd, "shop", &services, 60, 0).text;
        assert!(linkerd.contains("response_total{direction=\"outbound\"") && linkerd.ends_with("[60s]))"), "{linkerd}");
    }
}
