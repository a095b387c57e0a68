//! The sentences that findings about other clusters share.

/// `cluster west`, `clusters west and south`, `clusters west, south and north`.
pub(in crate::checks) fn named(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("cluster {one}"),
        [first @ .., last] => format!("clusters {} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn clusters_are_listed_as_one_speaks() {
        assert_eq!(named(&["west"]), "cluster west");
        assert_eq!(named(&["west", "south", "north"]), "clusters west, south and north");
    }
}
