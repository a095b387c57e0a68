//! Amounts as Kubernetes writes them: `100m`, `128Mi`, `2e3`.

const SUFFIXES: [(&str, f64); 16] = [
    ("Ki", 1024.0),
    ("Mi", 1048576.0),
    ("Gi", 1073741824.0),
    ("Ti", 1099511627776.0),
    ("Pi", 1125899906842624.0),
    ("Ei", 1152921504606846976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
    ("", 1.0),
];

/// The amount that text stands for: a decimal number with a suffix or an exponent, never both.
pub fn quantity(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let exponent = suffix.strip_prefix(['e', 'E']).filter(|e| e.parse::<i16>().is_ok());
    let amount = match exponent {
        Some(exponent) => format!("{number}e{exponent}").parse::<f64>().ok()?,
        None => number.parse::<f64>().ok()? * SUFFIXES.iter().find(|(name, _)| *name == suffix)?.1,
    };
    Some(if text.starts_with('-') { -amount } else { amount })
}

#[cfg(test)]
mod tests {
    use super::quantity;

    #[test]
    fn amounts_have_decimal_and_binary_suffixes() {
        for (text, amount) in
            [("100m", 0.1), ("1", 1.0), (".5", 0.5), ("2.", 2.0), ("-1k", -1000.0), ("2Ki", 2048.0), ("1e3", 1000.0), ("1E-2", 0.01), ("1E", 1e18)]
        {
            assert_eq!(quantity(text), Some(amount), "{text}");
        }
        for bad in ["", "m", "100mb", "1 Gi", "lots", "1.2.3", "NaN", "inf", "e3", "1e3m", "1e", ".", "--1"] {
            assert_eq!(quantity(bad), None, "{bad}");
        }
    }
}
