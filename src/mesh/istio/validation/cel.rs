//! Whether a text is an expression of the Common Expression Language, by the grammar of its specification (cel-spec `doc/langdef.md`).
//!
//! Only the syntax is read, as istiod does it; names and types are the proxy's to judge. The one crate for CEL that is kept up brings a
//! generated parser and the runtime for it, which is a lot for a yes or no.

/// How deep expressions may be nested; istiod's parser allows as much.
const DEEPEST: usize = 250;

/// Words that can be no names.
const RESERVED: [&str; 18] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Says what is wrong with an expression, when something is.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    parser.expression()?;
    match parser.peek() {
        None => Ok(()),
        Some(token) => Err(format!("{:?} is not expected", token.text())),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'t> {
    Name(&'t str),
    Literal(&'t str),
    Sign(&'t str),
}

impl<'t> Token<'t> {
    fn text(self) -> &'t str {
        match self {
            Self::Name(text) | Self::Literal(text) | Self::Sign(text) => text,
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    const SIGNS: [&str; 24] =
        ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}"];
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (token, length) = if c.is_ascii_whitespace() {
            rest = &rest[1..];
            continue;
        } else if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            continue;
        } else if let Some(length) = string(rest)? {
            (Token::Literal(&rest[..length]), length)
        } else if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let length = number(rest)?;
            (Token::Literal(&rest[..length]), length)
        } else if c.is_ascii_alphabetic() || c == '_' {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            (Token::Name(&rest[..length]), length)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(&rest[..sign.len()]), sign.len())
        } else {
            return Err(format!("{c:?} is no part of the language"));
        };
        found.push(token);
        rest = &rest[length..];
    }
    Ok(found)
}

/// The length of the text or bytes literal that stands here, when one does: `'a'`, `r"a"`, `b"""a"""`.
fn string(text: &str) -> Result<Option<usize>, String> {
    let prefix = text.bytes().take_while(|b| b"rRbB".contains(b)).count();
    let (before, quoted) = text.split_at(prefix);
    let (raw, bytes) = (before.contains(['r', 'R']), before.contains(['b', 'B']));
    let Some(quote) = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|q| quoted.starts_with(q)) else { return Ok(None) };
    if !["", "r", "b", "br"].contains(&before.to_ascii_lowercase().as_str()) {
        return Ok(None);
    }
    let open = || "a text is not closed".to_owned();
    let mut at = quote.len();
    loop {
        let rest = quoted.get(at..).ok_or_else(open)?;
        if rest.starts_with(quote) {
            return Ok(Some(prefix + at + quote.len()));
        }
        let c = rest.chars().next().ok_or_else(open)?;
        if quote.len() == 1 && (c == '\n' || c == '\r') {
            return Err(open());
        }
        at += if c == '\\' && !raw { escape(rest, bytes)? } else { c.len_utf8() };
    }
}

/// The length of the escape that stands here.
fn escape(text: &str, bytes: bool) -> Result<usize, String> {
    let letter = text[1..].chars().next().unwrap_or_default();
    let digits = |from: usize, count: usize, radix: u32| {
        text.get(from..from + count).filter(|d| d.chars().all(|c| c.is_digit(radix))).and_then(|d| u32::from_str_radix(d, radix).ok())
    };
    let length = match letter {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' | '?' | '"' | '\'' | '`' => Some(2),
        'x' | 'X' => digits(2, 2, 16).map(|_| 4),
        'u' if !bytes => digits(2, 4, 16).and_then(char::from_u32).map(|_| 6),
        'U' if !bytes => digits(2, 8, 16).and_then(char::from_u32).map(|_| 10),
        '0'..='3' => digits(1, 3, 8).map(|_| 4),
        _ => None,
    };
    length.ok_or_else(|| format!("a text knows no escape \\{letter}"))
}

/// The length of the number that stands here.
fn number(text: &str) -> Result<usize, String> {
    let span = |text: &str, hex: bool| text.bytes().take_while(|b| if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() }).count();
    let unsigned = |length: usize| text[length..].starts_with(['u', 'U']);
    let fits = |value: Option<u64>, length: usize| match value {
        // One more than the largest is the smallest without its sign.
        Some(value) if unsigned(length) || value <= 1 << 63 => Ok(length + usize::from(unsigned(length))),
        _ => Err(format!("{:?} is too large", &text[..length])),
    };
    if let Some(hex) = text.strip_prefix("0x").filter(|hex| hex.starts_with(|c: char| c.is_ascii_hexdigit())) {
        let digits = span(hex, true);
        return fits(u64::from_str_radix(&hex[..digits], 16).ok(), digits + 2);
    }
    let whole = span(text, false);
    let fraction = text[whole..].strip_prefix('.').map_or(0, |f| span(f, false));
    let mut length = whole + if fraction > 0 { fraction + 1 } else { 0 };
    let exponent = text[length..].strip_prefix(['e', 'E']).map(|e| e.strip_prefix(['+', '-']).map_or((1, e), |digits| (2, digits)));
    if let Some((before, digits)) = exponent.filter(|(_, digits)| span(digits, false) > 0) {
        length += before + span(digits, false);
    } else if fraction == 0 {
        return fits(text[..whole].parse().ok(), whole);
    }
    Ok(length)
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    depth: usize,
}

/// Signs that join two expressions, the loosest first.
const LEVELS: [&[&str]; 5] = [&["||"], &["&&"], &["<", "<=", ">=", ">", "==", "!=", "in"], &["+", "-"], &["*", "/", "%"]];

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn next_is(&self, sign: &str) -> bool {
        self.peek() == Some(Token::Sign(sign))
    }

    fn take(&mut self, sign: &str) -> bool {
        let here = self.next_is(sign);
        self.at += usize::from(here);
        here
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(format!("{sign:?} is missing {}", self.place())) }
    }

    fn place(&self) -> String {
        self.peek().map_or_else(|| "at the end".to_owned(), |token| format!("before {:?}", token.text()))
    }

    fn expression(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("it is nested deeper than {DEEPEST} levels"));
        }
        self.joined(0)?;
        if self.take("?") {
            self.joined(0)?;
            self.expect(":")?;
            self.expression()?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn joined(&mut self, level: usize) -> Result<(), String> {
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        loop {
            self.joined(level + 1)?;
            match self.peek() {
                Some(Token::Sign(sign) | Token::Name(sign)) if signs.contains(&sign) => self.at += 1,
                _ => return Ok(()),
            }
        }
    }

    fn unary(&mut self) -> Result<(), String> {
        let sign = ["!", "-"].into_iter().find(|sign| self.next_is(sign));
        while sign.is_some_and(|sign| self.take(sign)) {}
        let number = matches!(self.tokens.get(self.at + 1), Some(Token::Literal(text)) if text.starts_with(|c: char| c.is_ascii_digit() || c == '.'));
        if number {
            self.take("-");
        }
        self.primary()?;
        loop {
            if self.take(".") {
                self.member()?;
            } else if self.take("[") {
                self.expression()?;
                self.expect("]")?;
            } else {
                return Ok(());
            }
        }
    }

    fn primary(&mut self) -> Result<(), String> {
        let rooted = self.take(".");
        match self.peek() {
            Some(Token::Literal(_)) if !rooted => {
                self.at += 1;
                Ok(())
            }
            Some(Token::Name("true" | "false" | "null")) if !rooted => {
                self.at += 1;
                Ok(())
            }
            Some(Token::Name(name)) => {
                self.at += 1;
                if RESERVED.contains(&name) {
                    return Err(format!("{name:?} is a reserved word"));
                }
                if self.next_is("{") {
                    return self.fields();
                }
                if !self.take("(") {
                    return Ok(());
                }
                let from = self.at;
                let arguments = self.list(")")?;
                // `has(a.b)` asks for a field.
                let selected = self.tokens.get(from..self.at.saturating_sub(1)).unwrap_or_default();
                if name == "has" && arguments == 1 && !matches!(selected, [.., Token::Sign("."), Token::Name(_)]) {
                    return Err("has() takes the selection of a field, such as has(a.b)".to_owned());
                }
                Ok(())
            }
            Some(Token::Sign("(")) if !rooted => {
                self.at += 1;
                self.expression()?;
                self.expect(")")
            }
            Some(Token::Sign("[")) if !rooted => {
                self.at += 1;
                self.list("]").map(|_| ())
            }
            Some(Token::Sign("{")) if !rooted => self.fields(),
            _ => Err(format!("a value is missing {}", self.place())),
        }
    }

    /// A field or a method after a dot; the methods that go through a list name a variable first.
    fn member(&mut self) -> Result<(), String> {
        const LOOPS: [&str; 5] = ["all", "exists", "exists_one", "filter", "map"];
        let name = match self.peek() {
            Some(Token::Name(name)) if !["in", "true", "false", "null"].contains(&name) => name,
            _ => return Err(format!("the name of a field is missing {}", self.place())),
        };
        self.at += 1;
        if self.next_is("{") {
            return self.fields();
        }
        if !self.take("(") {
            return Ok(());
        }
        let variable = matches!(self.tokens.get(self.at..self.at + 2), Some([Token::Name(_), Token::Sign(",")]));
        let arguments = self.list(")")?;
        if LOOPS.contains(&name) && (arguments == 2 || (arguments == 3 && name == "map")) && !variable {
            return Err(format!("{name}() has to name a variable first"));
        }
        Ok(())
    }

    /// Expressions between commas, up to the sign that ends them, and how many; lists may end in a comma, arguments may not.
    fn list(&mut self, end: &str) -> Result<usize, String> {
        let mut count = 0;
        while !self.take(end) {
            self.expression()?;
            count += 1;
            if !self.take(",") {
                self.expect(end)?;
                break;
            }
            if end == ")" && self.next_is(end) {
                return Err(format!("a value is missing {}", self.place()));
            }
        }
        Ok(count)
    }

    /// Keys and values between braces.
    fn fields(&mut self) -> Result<(), String> {
        self.expect("{")?;
        while !self.take("}") {
            self.expression()?;
            self.expect(":")?;
            self.expression()?;
            if !self.take(",") {
                return self.expect("}");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn expressions_parse() {
        let good = [
            "response.code >= 400",
            "!('x-a' in request.headers) || request.url_path.startsWith(\"/health\")",
            "a ? b : c ? d : e",
            "[1, 2u, 0xFF, .5, 1e3, 1.5e-3,] == {'a': 1, 'b': [true]}",
            "-1 - -x.y[0].z(1, 2) % 3 in [1]",
            "r'\\d+' + b\"\\xff\" + '''it's''' + \"\\u00e9\\101\"",
            "connection.mtls && !!x // a comment",
            "l.exists(i, i > 1) && l.map(x, x > 0, x * 2).size() == 0",
            ".a.b.C{x: 1}",
            "has(a.b) && xds.node.metadata['A'].NAME == \"x\"",
            "(((1)))",
            "!-1 == -9223372036854775808 && x.filter(y) && has(a, b) && 18446744073709551615u > 0u && a.var",
        ];
        for text in good {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn other_texts_do_not() {
        let bad = [
            "",
            "response.code >=",
            "a b",
            "a = 1",
            "a & b",
            "a | b",
            "(a",
            "a)",
            "[1",
            "'a",
            "\"a\nb\"",
            "'\\q'",
            "'\\8'",
            "f(1,)",
            "a..b",
            "a.1",
            "1 2",
            "{1}",
            "{a:}",
            "!",
            "a ? b",
            "if",
            "for + 1",
            "has(a)",
            "has(a['b'])",
            "l.all(x > 1, x)",
            "99999999999999999999",
            "a @ b",
            "a in",
            "x.y.in",
            "a.true",
            "!-x",
            "var + 1",
            "9999999999999999999",
            "rb'a'",
            "and or",
            "a == 'x' and b",
            ", a",
            "#",
            "ä",
        ];
        for text in bad {
            assert!(check(text).is_err(), "{text}");
        }
        assert!(check(&"(".repeat(100_000)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*", signs in "[a-c.()\\[\\]{}'\"?:,!<>=&|+*/ 0-9xu\\\\-]{0,30}") {
            let _ = check(&text);
            // What is an expression stays one between parentheses, unless a comment swallows them.
            let inside = ["(", signs.as_str(), ")"].concat();
            proptest::prop_assert!(check(&signs).is_err() || signs.contains("//") || check(&inside).is_ok());
        }
    }
}
