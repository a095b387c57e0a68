//! Conditions on texts: headers, paths, parameters.

use regex::Regex;

use crate::model::Field;

/// What a text must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// This.
    Exact(String),
    /// Something that begins so.
    Prefix(String),
    /// Something that fits as a whole.
    Regex(String),
    /// Anything, as long as it is there.
    Present,
}

impl Text {
    /// A `StringMatch` of Istio; an empty one, and the regular expression `*`, ask for presence.
    pub fn of_istio(field: &Field<'_>) -> Self {
        let text = |name: &str| field.get(name).and_then(|f| f.str()).map(str::to_owned);
        if let Some(exact) = text("exact") {
            return Self::Exact(exact);
        }
        if let Some(prefix) = text("prefix") {
            return Self::Prefix(prefix);
        }
        match text("regex") {
            Some(regex) if regex != "*" => Self::Regex(regex),
            _ => Self::Present,
        }
    }

    /// A `{type, value}` of the Gateway API, where prefixes are not a type.
    pub fn of_gateway(field: &Field<'_>) -> Self {
        let value = field.text("value").to_owned();
        if field.text("type") == "RegularExpression" { Self::Regex(value) } else { Self::Exact(value) }
    }

    /// Whether a text is so.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => text == exact,
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::Regex(regex) => full_regex(regex).is_some_and(|r| r.is_match(text)),
            Self::Present => true,
        }
    }

    /// In words, behind the name of what is asked about.
    pub fn words(&self) -> String {
        match self {
            Self::Exact(text) => format!(" {text:?}"),
            Self::Prefix(text) => format!(" that begins with {text:?}"),
            Self::Regex(text) => format!(" like {text:?}"),
            Self::Present => String::new(),
        }
    }
}

/// A regular expression that has to fit a text as a whole; nothing when it cannot be read.
pub fn full_regex(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("^(?:{pattern})$")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Json;

    fn of(value: serde_json::Value) -> Text {
        Text::of_istio(&Json::from(value).root())
    }

    #[test]
    fn a_match_without_a_type_asks_for_presence() {
        assert_eq!([of(serde_json::json!({})), of(serde_json::json!({"regex": "*"}))], [Text::Present, Text::Present]);
        assert_eq!(of(serde_json::json!({"exact": ""})), Text::Exact(String::new()));
    }

    #[test]
    fn regular_expressions_fit_the_whole_text() {
        let regex = of(serde_json::json!({"regex": "a|bc"}));
        assert!(regex.fits("a") && regex.fits("bc") && !regex.fits("abc") && !regex.fits("xa"));
        assert!(!Text::Regex("(".into()).fits("("), "what cannot be read fits nothing");
    }
}
