//! Names and values of HTTP headers.

use crate::mesh::istio::validation::{Verdict, fault};

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Whether a header name stands for a claim of a token: `@request.auth.claims.group` or `@request.auth.claims[group]`.
pub(crate) fn is_jwt_claim(name: &str) -> bool {
    const PREFIX: &str = "@request.auth.claims";
    let Some((prefix, rest)) = name.split_at_checked(PREFIX.len()) else { return false };
    let bracketed = rest.starts_with('[') && rest.ends_with(']') && rest.len() > 2;
    prefix.eq_ignore_ascii_case(PREFIX) && ((rest.starts_with('.') && rest.len() > 1) || bracketed)
}

/// Whether setting this header sets the authority.
pub(crate) fn is_authority(name: &str) -> bool {
    name.eq_ignore_ascii_case(":authority") || name.eq_ignore_ascii_case("host")
}

/// Judges the name of a header that is matched.
pub(crate) fn header_match_name(name: &str) -> Verdict {
    if is_jwt_claim(name) || [":method", ":scheme", ":authority", ":path", ":status"].contains(&name) || is_token(name) {
        return Ok(());
    }
    fault(format!("{name:?} is not the name of a header"), "Write a header name of letters, digits and '-', or @request.auth.claims[name].")
}

/// Judges a header name of a CORS policy.
pub(crate) fn cors_name(name: &str) -> Verdict {
    if name == "*" || is_token(name) {
        Ok(())
    } else {
        fault(format!("{name:?} is not the name of a header"), "Write a header name, or \"*\" for all.")
    }
}

/// Judges the name of a header that is set on, or added to, a request; the authority may be.
pub(crate) fn set_name(name: &str) -> Verdict {
    if name.is_empty() {
        return fault("the name of the header is empty", "Write a header name.");
    }
    if name.starts_with(':') && !is_authority(name) {
        return fault(format!("{name:?} is a pseudo-header, which cannot be changed"), "Use rewrite for path and authority; leave the others alone.");
    }
    Ok(())
}

/// Judges the name of a header that is removed, or changed in a response.
pub(crate) fn operation_name(name: &str) -> Verdict {
    if name.starts_with(':') || is_authority(name) {
        return fault(format!("header {name:?} cannot be changed here"), "Use rewrite.authority to change the host that a request is for.");
    }
    set_name(name)
}

/// Judges the value of a header: no control characters, and percent signs doubled unless they enclose a variable of Envoy.
pub(crate) fn header_value(value: &str) -> Verdict {
    if value.chars().any(|c| c.is_control() && c != '\t' && !('\u{80}'..='\u{9f}').contains(&c)) {
        return fault("the header's value holds a control character", "Remove the control characters, line breaks among them.");
    }
    if variables_end(value) {
        return Ok(());
    }
    fault(
        format!("Envoy cannot read the header value {value:?}: a % begins a variable that does not end"),
        "Write %% for a percent sign, and variables as %NAME% or %NAME(argument)%.",
    )
}

/// Whether each `%` is doubled or belongs to a variable that is complete; follows Envoy's own parser of header values.
fn variables_end(value: &str) -> bool {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Literal,
        Name,
        Arguments,
        Quote,
        Text,
        Delimiter,
        ArgumentsEnd,
        VariableEnd,
    }
    use State::*;
    let mut state = Literal;
    let mut bytes = value.bytes().peekable();
    while let Some(b) = bytes.next() {
        state = match (state, b) {
            (Literal, b'%') => match bytes.peek() {
                None => return false,
                Some(b'%') => {
                    bytes.next();
                    Literal
                }
                Some(_) => Name,
            },
            (Name | VariableEnd, b'%') => Literal,
            (Name, b'(') => Arguments,
            (Arguments, b'[') | (Delimiter, b',') => Quote,
            (Arguments, b) if b != b' ' => Text,
            (Delimiter, b']') => ArgumentsEnd,
            (Quote, b'"') => Text,
            (Text, b'\\') => {
                if bytes.next().is_none() {
                    return false;
                }
                Text
            }
            (Text | ArgumentsEnd, b')') => VariableEnd,
            (Text, b'"') => Delimiter,
            (Delimiter | Quote | ArgumentsEnd | VariableEnd, b) if b != b' ' => return false,
            (state, _) => state,
        };
    }
    state == Literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_are_doubled_or_enclose_a_variable() {
        for good in ["", "foo", "%HOSTNAME%", "100%%", "pre %REQ(:path)% post", r#"%X(["a","b"])%"#, "%START_TIME(%s)%"] {
            assert!(header_value(good).is_ok(), "{good}");
        }
        for bad in ["%", "abc%123", "%START_TIME%%", "%REQ(x", "a\nb", r#"%X(["a" b])%"#] {
            assert!(header_value(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn claims_are_told_from_headers() {
        assert!(is_jwt_claim("@request.auth.claims.a") && is_jwt_claim("@Request.auth.claims[a][b]"));
        assert!(!is_jwt_claim("@request.auth.claims") && !is_jwt_claim("@request.auth.claims[]") && !is_jwt_claim("x-é"));
        assert!(header_match_name("x-a").is_ok() && header_match_name("x y").is_err() && header_match_name("").is_err());
    }
}
