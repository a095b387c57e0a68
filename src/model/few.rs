//! Many objects in a sentence: the first of them and their number. What a finding says must not grow with the size of a cluster, since a finding for
//! each of many objects that names all the others grows with the square of it.

use std::fmt::Display;

/// How many are named where nothing else is said.
pub const FEW: usize = 5;

/// `a, b, c, d, e and 12 more` of `total` things, of which `first` yields at least the first five.
pub fn few<T: Display>(first: impl IntoIterator<Item = T>, total: usize) -> String {
    shown(FEW, first, total)
}

/// The first `show` of all, and how many there are besides.
pub fn first_of<T: Display>(all: &[T], show: usize) -> String {
    shown(show, all, all.len())
}

fn shown<T: Display>(show: usize, first: impl IntoIterator<Item = T>, total: usize) -> String {
    let names: Vec<String> = first.into_iter().take(show).map(|name| name.to_string()).collect();
    let more = if total > names.len() { format!(" and {} more", total - names.len()) } else { String::new() };
    format!("{}{more}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{few, first_of};

    #[test]
    fn five_are_named_and_the_rest_is_counted() {
        assert_eq!(few(["a", "b"], 2), "a, b");
        assert_eq!(few(1.., 17), "1, 2, 3, 4, 5 and 12 more");
        assert_eq!(few([""; 0], 0), "");
        assert_eq!(first_of(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(first_of(&["a", "b"], 2), "a, b");
    }
}
