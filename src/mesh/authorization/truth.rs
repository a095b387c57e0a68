//! Yes, no, or open: a predicate about something that was not said of the request has no answer yet.

/// What is not known about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// The client's address.
    Address,
    /// Who the client is: its membership was not read.
    Identity,
    /// Which pods call.
    Pod,
    /// Labels of a namespace.
    Namespace,
    /// The HTTP method.
    Method,
    /// The path.
    Path,
    /// The host that the client asks for.
    Host,
    /// The address that the client connects to.
    Destination,
    /// Whether the client speaks HTTP or something else.
    Protocol,
    /// What other filters of the proxy found out.
    Metadata,
    /// The claims of the token.
    Claims,
    /// Whether the token that the request carries verifies.
    Token,
}

impl Missing {
    /// What is missing, and what tells it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Address => "the client's address (--from-ip)",
            Self::Identity => "the client's identity (--from-identity, --plaintext)",
            Self::Pod => "which workload calls (--from)",
            Self::Namespace => "the labels of the client's namespace, which was not read",
            Self::Method => "the method (--method)",
            Self::Path => "the path (--path)",
            Self::Host => "the host (--host)",
            Self::Destination => "the address of the server's pod",
            Self::Protocol => "whether it is HTTP (--method, --path) or not (--tcp)",
            Self::Claims => "the token's claims (--jwt-claim)",
            Self::Token => "the token that the request carries: whether it verifies, and what it claims (--jwt-claim, --jwt-invalid)",
            Self::Metadata => "what other filters of the proxy found out",
        }
    }
}

/// Yes, no, or open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does not hold.
    No,
    /// It depends on something that is not known.
    Open(Missing),
    /// It holds.
    Yes,
}

use Truth::{No, Open, Yes};

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Yes } else { No }
    }
}

impl Truth {
    /// Whether both hold.
    pub fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            No => No,
            Yes => other(),
            Open(missing) => match other() {
                No => No,
                _ => Open(missing),
            },
        }
    }

    /// Whether one of them holds.
    pub fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Yes => Yes,
            No => other(),
            Open(missing) => match other() {
                Yes => Yes,
                _ => Open(missing),
            },
        }
    }

    /// The opposite; what is open stays so.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Yes => No,
            No => Yes,
            open => open,
        }
    }

    /// Whether one of many holds; no for none.
    pub fn any(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter()
            .try_fold(No, |sum, next| match sum.or(|| next) {
                Yes => Err(()),
                open => Ok(open),
            })
            .unwrap_or(Yes)
    }

    /// Whether all of many hold; yes for none.
    pub fn all(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter()
            .try_fold(Yes, |sum, next| match sum.and(|| next) {
                No => Err(()),
                open => Ok(open),
            })
            .unwrap_or(No)
    }

    /// The answer that every one of several possible values gives; open when they differ, or when there are none.
    pub fn of_each<T>(values: &[T], missing: Missing, holds: impl Fn(&T) -> bool) -> Self {
        let Some((first, rest)) = values.split_first() else { return Open(missing) };
        let answer = holds(first);
        if rest.iter().all(|value| holds(value) == answer) { answer.into() } else { Open(missing) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Truth = Open(Missing::Path);

    #[test]
    fn what_is_open_gives_way_to_what_decides() {
        assert_eq!([Truth::all([Yes, OPEN]), Truth::all([OPEN, No]), Truth::all([]), Truth::all([Yes, Yes])], [OPEN, No, Yes, Yes]);
        assert_eq!([Truth::any([No, OPEN]), Truth::any([OPEN, Yes]), Truth::any([]), Truth::any([No, No])], [OPEN, Yes, No, No]);
        assert_eq!([OPEN.negated(), Yes.negated(), No.negated()], [OPEN, No, Yes]);
    }

    #[test]
    fn several_values_answer_when_they_agree() {
        let of = |values: &[u8]| Truth::of_each(values, Missing::Address, |v| *v > 1);
        assert_eq!([of(&[]), of(&[2, 3]), of(&[1]), of(&[1, 2])], [Open(Missing::Address), Yes, No, Open(Missing::Address)]);
    }
}
