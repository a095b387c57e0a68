//! Forms of values: names, hostnames, header names.

/// A form that a text must have.
pub(super) struct Form {
    /// What a text of this form is called.
    pub(super) what: &'static str,
    /// Whether a text has it.
    pub(super) fits: fn(&str) -> bool,
    /// How to write one.
    pub(super) hint: &'static str,
}

const LOWER: &str = "Use small letters, digits and '-', beginning and ending with a letter or digit.";

pub(super) const LABEL: Form = Form { what: "DNS label", fits: is_label, hint: LOWER };
pub(super) const SUBDOMAIN: Form = Form { what: "DNS name in small letters", fits: is_subdomain, hint: LOWER };
pub(super) const GROUP: Form = Form {
    what: "API group",
    fits: |text| text.is_empty() || is_subdomain(text),
    hint: "Write the group alone, without the version; \"\" for core.",
};
pub(super) const KIND: Form = Form { what: "kind", fits: is_kind, hint: "Write the kind as in its manifest, such as Service." };
pub(super) const NAME: Form = Form { what: "name of an object", fits: |text| (1..=253).contains(&text.len()), hint: "Write the object's name." };
pub(super) const HOSTNAME: Form = Form {
    what: "hostname",
    fits: |text| is_subdomain(text.strip_prefix("*.").unwrap_or(text)) && text.len() <= 253,
    hint: "Write a hostname in small letters, without scheme, port and path; a wildcard is its whole first label.",
};
pub(super) const PRECISE: Form =
    Form { what: "hostname without wildcard", fits: is_subdomain, hint: "Write one hostname, without scheme, port and wildcard." };
pub(super) const HEADER: Form =
    Form { what: "name of a header or parameter", fits: is_header_name, hint: "Use letters, digits and the characters !#$%&'*+-.^_`|~." };
pub(super) const DURATION: Form =
    Form { what: "duration of the Gateway API", fits: is_duration, hint: "Write whole numbers with the units h, m, s and ms, such as 1m30s." };
pub(super) const CONTROLLER: Form =
    Form { what: "controller name", fits: is_controller, hint: "Write a domain and a path, such as example.com/gateway-controller." };
pub(super) const PROTOCOL: Form = Form {
    what: "protocol of a listener",
    fits: is_protocol,
    hint: "Write HTTP, HTTPS, TLS, TCP or UDP, or an implementation's own as example.com/Name.",
};
pub(super) const PATH: Form =
    Form { what: "absolute path", fits: is_path, hint: "Begin with '/', leave out '//', '/.', '/..', '#' and '%2F', and escape other characters." };
pub(super) const SERVICE: Form = Form {
    what: "name of a gRPC service",
    fits: |text| text.strip_prefix('.').unwrap_or(text).split('.').all(is_identifier),
    hint: "Write it as in the proto file, such as shop.Cart.",
};
pub(super) const METHOD: Form = Form { what: "name of a gRPC method", fits: is_identifier, hint: "Write it as in the proto file, such as Add." };

/// Whether a text holds something that a tool is still to fill in.
pub(super) fn is_template(text: &str) -> bool {
    ["${", "$(", "{{", "<%", "__"].iter().any(|mark| text.contains(mark)) || (text.len() > 2 && text.contains('_') && text == text.to_uppercase())
}

fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// The patterns limit the whole, not each label.
fn is_subdomain(text: &str) -> bool {
    let label = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    (1..=253).contains(&text.len()) && text.split('.').all(label)
}

fn is_kind(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.ends_with('-')
}

fn is_header_name(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn is_duration(text: &str) -> bool {
    let (mut rest, mut parts) = (text, 0);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = &rest[digits..];
        let Some(unit) = ["ms", "h", "m", "s"].into_iter().find(|unit| after.starts_with(unit)) else { return false };
        if !(1..=5).contains(&digits) {
            return false;
        }
        parts += 1;
        rest = &after[unit.len()..];
    }
    (1..=4).contains(&parts)
}

fn is_controller(text: &str) -> bool {
    let path = |c: u8| c.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&c);
    text.len() <= 253 && text.split_once('/').is_some_and(|(domain, rest)| is_subdomain(domain) && !rest.is_empty() && rest.bytes().all(path))
}

fn is_protocol(text: &str) -> bool {
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !text.starts_with('-') && !text.ends_with('-')
    };
    text.len() <= 255 && text.split_once('/').map_or_else(|| word(text), |(domain, name)| is_subdomain(domain) && word(name))
}

fn is_path(text: &str) -> bool {
    let refused = ["//", "/./", "/../", "%2f", "%2F", "#"].iter().any(|part| text.contains(part)) || text.ends_with("/.") || text.ends_with("/..");
    text.starts_with('/') && !refused && text.len() <= 1024 && has_path_characters(text)
}

/// Whether a text holds nothing but characters of paths, or others escaped.
pub(super) fn has_path_characters(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' if bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => at += 3,
            b if b.is_ascii_alphanumeric() || b"-/._~!$&'()*+,;=:@".contains(&b) => at += 1,
            _ => return false,
        }
    }
    !bytes.is_empty()
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_tell_right_from_wrong() {
        let all: [(&Form, &[&str], &[&str]); 8] = [
            (&LABEL, &["a", "a-1"], &["", "-a", "A", "a.b"]),
            (&HOSTNAME, &["*.example.com", "a.b"], &["http://a", "a.*.b", "*", "A.b", "a:80"]),
            (&PRECISE, &["a.b"], &["*.a.b"]),
            (&HEADER, &["x-a", "a_b"], &["", "magic/", "a b"]),
            (&DURATION, &["10s", "1h30m", "0s"], &["", "1d", "1.5s", "10", "123456s"]),
            (&CONTROLLER, &["example.com/a"], &["example", "example.com/", "/a"]),
            (&PROTOCOL, &["HTTP", "example.com/HBONE"], &["", "a b"]),
            (&PATH, &["/", "/a/b", "/a%20b", "/a*"], &["a", "//", "/a/../b", "/[]", "/a#b", "/%2f"]),
        ];
        for (form, good, bad) in all {
            for text in good {
                assert!((form.fits)(text), "{text} is a {}", form.what);
            }
            for text in bad {
                assert!(!(form.fits)(text), "{text} is no {}", form.what);
            }
        }
    }

    #[test]
    fn what_is_still_to_be_filled_in_is_not_judged() {
        assert!(["${HOST}", "$(NS)", "{{ .Values.a }}", "__HOST__", "MY_HOST"].iter().all(|text| is_template(text)));
        assert!(["a.example.com", "A", "a_b"].iter().all(|text| !is_template(text)));
    }
}
