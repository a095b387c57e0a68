//! Label selectors (the full grammar of a query) and field selectors.

use super::error::{ApiError, Result};
use super::resources::Resource;
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selectors {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    Above(i64),
    Below(i64),
}

impl Selectors {
    pub fn of(resource: &Resource, labels: Option<&str>, fields: Option<&str>) -> Result<Self> {
        let unable = |why: String| {
            ApiError::bad_request(format!(
                "Unable to find {:?} that match label selector {:?}, field selector {:?}: {why}",
                format!("{}, Resource={}", resource.api_version(&resource.versions[0]), resource.plural),
                labels.unwrap_or_default(),
                fields.unwrap_or_default()
            ))
        };
        let fields = parse_fields(fields.unwrap_or_default()).map_err(&unable)?;
        for (field, ..) in &fields {
            if !supported(resource, field) {
                return Err(unable(format!("field label not supported: {field}")));
            }
        }
        let labels = parse_labels(labels.unwrap_or_default()).map_err(|why| ApiError::bad_request(format!("unable to parse requirement: {why}")))?;
        Ok(Selectors { labels, fields })
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// The one name a field selector asks for: authorisation then treats the list as one of that name.
    pub fn name(fields: Option<&str>) -> Option<String> {
        let fields = parse_fields(fields?).ok()?;
        fields.into_iter().find(|(field, equal, _)| *equal && field == "metadata.name").map(|(_, _, value)| value)
    }

    pub fn match_object(&self, object: &Value) -> bool {
        self.labels.iter().all(|r| r.matches(object["metadata"]["labels"].get(&r.key).and_then(Value::as_str)))
            && self.fields.iter().all(|(field, equal, value)| (field_of(object, field) == *value) == *equal)
    }
}

impl Requirement {
    fn matches(&self, label: Option<&str>) -> bool {
        let number = || label.and_then(|l| l.parse::<i64>().ok());
        match &self.test {
            Test::Exists => label.is_some(),
            Test::Absent => label.is_none(),
            Test::In(values) => label.is_some_and(|l| values.iter().any(|v| v == l)),
            Test::NotIn(values) => label.is_none_or(|l| values.iter().all(|v| v != l)),
            Test::Above(bound) => number().is_some_and(|n| n > *bound),
            Test::Below(bound) => number().is_some_and(|n| n < *bound),
        }
    }
}

fn field_of(object: &Value, field: &str) -> String {
    match field.split('.').try_fold(object, |at, key| at.get(key)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

fn supported(resource: &Resource, field: &str) -> bool {
    let more: &[&str] = match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
        ],
        ("", "namespaces") => &["status.phase"],
        ("", "nodes") => &["spec.unschedulable"],
        ("", "secrets") => &["type"],
        ("", "events") => &["involvedObject.kind", "involvedObject.name", "involvedObject.namespace", "involvedObject.uid", "reason", "type"],
        ("apps", "replicasets") => &["status.replicas"],
        ("batch", "jobs") => &["status.successful"],
        _ => &[],
    };
    matches!(field, "metadata.name" | "metadata.namespace") || more.contains(&field)
}

fn parse_fields(text: &str) -> Result<Vec<(String, bool, String)>, String> {
    let terms = text.split(',').filter(|term| !term.is_empty());
    terms
        .map(|term| {
            let split = |sign: &str| term.split_once(sign).map(|(k, v)| (k.to_owned(), v.to_owned()));
            if let Some((key, value)) = split("!=") {
                return Ok((key, false, value));
            }
            let (key, value) = split("==").or_else(|| split("=")).ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{term}'"))?;
            Ok((key, true, value))
        })
        .collect()
}

/// `a=b, a==b, a!=b, a in (b,c), a notin (b), a, !a, a>1, a<1`.
fn parse_labels(text: &str) -> Result<Vec<Requirement>, String> {
    let tokens = tokens(text);
    let mut at = tokens.iter().map(String::as_str).peekable();
    let mut all = Vec::new();
    while let Some(token) = at.next() {
        if token == "!" {
            let key = at.next().unwrap_or_default();
            all.push(Requirement { key: checked_key(key)?, test: Test::Absent });
        } else {
            let key = checked_key(token)?;
            let test = match at.peek().copied() {
                None | Some(",") => Test::Exists,
                Some(operator) => {
                    at.next();
                    parse_operand(operator, &mut at)?
                }
            };
            all.push(Requirement { key, test });
        }
        match at.next() {
            None => break,
            Some(",") if at.peek().is_some() => {}
            Some(",") => return Err("found '', expected: identifier after ','".into()),
            Some(other) => return Err(format!("found '{other}', expected: ',' or 'end of string'")),
        }
    }
    Ok(all)
}

fn parse_operand<'a>(operator: &str, at: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Result<Test, String> {
    let number = |text: &str| text.parse::<i64>().map_err(|_| format!("for 'Gt', 'Lt' operators, the value must be an integer: '{text}'"));
    // A value may be absent: `a=` asks for the empty value.
    let mut value = || match at.peek() {
        Some(&",") | None => Ok(String::new()),
        Some(_) => checked_value(at.next().unwrap_or_default()),
    };
    match operator {
        "=" | "==" => Ok(Test::In(vec![value()?])),
        "!=" => Ok(Test::NotIn(vec![value()?])),
        ">" => Ok(Test::Above(number(&value()?)?)),
        "<" => Ok(Test::Below(number(&value()?)?)),
        "in" | "notin" => {
            if at.next() != Some("(") {
                return Err("found something else, expected: '('".into());
            }
            let mut values = Vec::new();
            loop {
                match at.next() {
                    Some(")") => break,
                    Some(",") => {}
                    Some(word) => values.push(checked_value(word)?),
                    None => return Err("found '', expected: ',' or ')'".into()),
                }
            }
            if values.is_empty() {
                return Err("for 'in', 'notin' operators, values set can't be empty".into());
            }
            Ok(if operator == "in" { Test::In(values) } else { Test::NotIn(values) })
        }
        other => Err(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt")),
    }
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !matches!(c, '=' | '!' | '(' | ')' | ',' | '<' | '>') && !c.is_whitespace() {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if c.is_whitespace() {
            continue;
        }
        let double = matches!(c, '=' | '!') && chars.peek() == Some(&'=');
        if double {
            chars.next();
        }
        tokens.push(if double { format!("{c}=") } else { c.to_string() });
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

fn checked_key(key: &str) -> Result<String, String> {
    let fits = super::validate::qualified_name(key).is_ok();
    if fits { Ok(key.to_owned()) } else { Err(format!("key: Invalid value: {key:?}: name part must consist of alphanumeric characters")) }
}

fn checked_value(value: &str) -> Result<String, String> {
    let fits = super::validate::label_value(value).is_ok();
    if fits { Ok(value.to_owned()) } else { Err(format!("values: Invalid value: {value:?}: a valid label must consist of alphanumeric characters")) }
}

#[cfg(test)]
mod tests {
    use super::{Selectors, parse_labels};
    use serde_json::json;

    fn matches(selector: &str, labels: serde_json::Value) -> bool {
        let parsed = Selectors { labels: parse_labels(selector).unwrap(), fields: Vec::new() };
        parsed.match_object(&json!({"metadata": {"labels": labels}}))
    }

    #[test]
    fn the_whole_grammar_is_understood() {
        let web = json!({"app": "web", "tier": "front", "n": "5"});
        for yes in [
            "app=web",
            "app==web",
            "app!=db",
            "app in (web, db)",
            "app notin (db)",
            "app",
            "!gone",
            "n>4",
            "n<6",
            "app=web,tier=front",
            "x!=y",
            "x notin (y)",
        ] {
            assert!(matches(yes, web.clone()), "{yes} should match");
        }
        for no in ["app=db", "app!=web", "app in (db)", "app notin (web)", "gone", "!app", "n>5", "app=web,tier=back", "app="] {
            assert!(!matches(no, web.clone()), "{no} should not match");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in ["app in", "app in ()", "app web", "a=b,", "app=we b", "-a=b", "a>x", "a=b=c"] {
            assert!(parse_labels(wrong).is_err(), "{wrong} should be refused");
        }
    }
}
