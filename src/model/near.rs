//! What was probably meant by a word that is not known.

/// Up to three of `known` that are written most like `typed`, the nearest first.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = typed.to_ascii_lowercase();
    let length = lower.chars().count();
    // One slip in a short word, one more for every five letters: farther words are other words.
    let slips = 1 + length / 5;
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter(|word| word.len() <= 256 && word.len().abs_diff(typed.len()) <= 256)
        .filter_map(|word| {
            let other = word.to_ascii_lowercase();
            let begins = length >= 3 && (other.starts_with(&lower) || lower.starts_with(&other) && other.len() >= 3);
            let distance = strsim::osa_distance(&lower, &other);
            (distance <= slips || begins).then_some((distance, word))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(3).map(|(_, word)| word).collect()
}

/// `did you mean a, b or c?`; nothing when nothing is near.
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = nearest(typed, known);
    let (last, before) = near.split_last()?;
    Some(if before.is_empty() { format!("did you mean {last}?") } else { format!("did you mean {} or {last}?", before.join(", ")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let known = ["shop", "shipping", "tools", "istio-system"];
        assert_eq!(did_you_mean("shopp", known).as_deref(), Some("did you mean shop?"));
        assert_eq!(did_you_mean("hsop", known).as_deref(), Some("did you mean shop?"));
        assert_eq!(did_you_mean("istio", known).as_deref(), Some("did you mean istio-system?"));
        assert_eq!(did_you_mean("payments", known), None);
        assert_eq!(did_you_mean("", known), None);
        assert_eq!(nearest("IST010", ["IST0101", "IST0102", "IST0103", "IST0104", "KIA0101"]).len(), 3);
    }
}
