//! How much of a certificate's time may be left before somebody ought to look. That depends on who renews it, and when: a workload's certificate of a
//! day is as good as new when twelve hours are left, and an authority's of ten years is not when twelve weeks are.

use jiff::Timestamp;
use serde::Serialize;

const DAY: i64 = 86_400;

/// Who renews a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RenewedBy {
    /// Somebody, by hand or with tools of their own.
    #[default]
    Hand,
    /// A proxy of Istio, or its ztunnel: at half of the time.
    Istio,
    /// A proxy of Linkerd: at 70 % of the time.
    Linkerd,
    /// istiod, with the same key: when a fifth of the time is left.
    Istiod,
    /// cert-manager, when its Certificate says.
    CertManager,
}

/// How much is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// Enough.
    Enough,
    /// So little that a renewal has been missed, or ought to be prepared.
    Little,
    /// So little that it has to be renewed now.
    AlmostNone,
}

/// How much of the time from `from` until `until` is left, as `by` renews it.
pub fn left(by: RenewedBy, from: Timestamp, until: Timestamp, now: Timestamp) -> Left {
    let (lifetime, left) = ((until.as_second() - from.as_second()).max(1), until.as_second() - now.as_second());
    let share = |percent: i64| lifetime / 100 * percent;
    let (little, almost_none) = match by {
        RenewedBy::Hand => (share(20).min(90 * DAY), share(5).min(14 * DAY)),
        RenewedBy::Istio => (share(40), share(15)),
        RenewedBy::Linkerd => (share(25), share(10)),
        RenewedBy::Istiod => (share(18), share(5)),
        // Whether it is late, its Certificate tells.
        RenewedBy::CertManager => (share(10), share(10)),
    };
    match () {
        () if left < almost_none => Left::AlmostNone,
        () if left < little => Left::Little,
        () => Left::Enough,
    }
}

/// Whether cert-manager is late: by more than a twentieth of the certificate's time.
pub fn is_late(renewal: Timestamp, from: Timestamp, until: Timestamp, now: Timestamp) -> bool {
    now.as_second() - renewal.as_second() > (until.as_second() - from.as_second()).max(0) / 20
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn when(by: RenewedBy, days: i64, left_of_it: i64) -> Left {
        left(by, at(0), at(days * DAY), at(days * DAY - left_of_it))
    }

    #[test]
    fn shares_of_the_time_decide_and_who_renews_it() {
        let hours = 3600;
        for (by, days, little, almost_none) in [
            (RenewedBy::Istio, 1, 34_560, 12_960),
            (RenewedBy::Linkerd, 1, 6 * hours, 8640),
            (RenewedBy::Hand, 365, 73 * DAY, 14 * DAY),
            (RenewedBy::Hand, 3650, 90 * DAY, 14 * DAY),
            (RenewedBy::Hand, 100, 20 * DAY, 5 * DAY),
            (RenewedBy::Istiod, 3650, 657 * DAY, 182 * DAY + DAY / 2),
            (RenewedBy::CertManager, 90, 9 * DAY, 9 * DAY),
        ] {
            assert_eq!(when(by, days, little), Left::Enough, "{by:?} {days}");
            assert_eq!(when(by, days, almost_none - 1), Left::AlmostNone, "{by:?} {days}");
            if little > almost_none {
                assert_eq!((when(by, days, little - 1), when(by, days, almost_none)), (Left::Little, Left::Little), "{by:?} {days}");
            }
        }
        assert_eq!(when(RenewedBy::Hand, 365, -1), Left::AlmostNone, "it has ended");
    }

    #[test]
    fn cert_manager_is_late_when_more_than_a_twentieth_has_passed() {
        let (from, until, renewal) = (at(0), at(100 * DAY), at(66 * DAY));
        assert!(!is_late(renewal, from, until, at(71 * DAY)) && is_late(renewal, from, until, at(71 * DAY + 1)));
    }
}
