//! Whether a text is a regular expression in RE2's syntax, which Envoy reads and Go's `regexp` (istiod) shares but for a few corners;
//! what either of them refuses is refused here.
//!
//! Only the syntax is read: nothing is compiled, and no other engine is asked, since each has its own idea of `a**`, `[a&&b]` or `\C`.

/// The largest count of a repetition, and of repetitions inside one another multiplied.
const MOST: u32 = 1000;

/// Says what is wrong with an expression, when something is.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let mut parser = Parser { rest: text, groups: vec![Group::default()], names: Vec::new(), repeated: false };
    while let Some(c) = parser.rest.chars().next() {
        let repeated = std::mem::take(&mut parser.repeated);
        match c {
            '(' => parser.open()?,
            ')' => parser.close()?,
            '|' => {
                parser.skip(1);
                parser.group().end();
            }
            '*' | '+' | '?' => {
                parser.skip(1);
                parser.repeat(None, repeated)?;
            }
            '{' => match parser.counts() {
                Some((counts, length)) => {
                    parser.skip(length);
                    parser.repeat(Some(counts), repeated)?;
                }
                None => parser.literal(1),
            },
            '[' => parser.class()?,
            '\\' => parser.escape()?,
            c => parser.literal(c.len_utf8()),
        }
    }
    if parser.groups.len() > 1 { Err("a ( is not closed".to_owned()) } else { Ok(()) }
}

struct Parser<'t> {
    rest: &'t str,
    /// The groups that are open, the expression as a whole first.
    groups: Vec<Group>,
    names: Vec<&'t str>,
    /// Whether the last thing was a repetition, which cannot be repeated again.
    repeated: bool,
}

/// What is known of a group so far, each part by the product of the counts inside it.
#[derive(Default)]
struct Group {
    last: Option<u32>,
    worst: u32,
}

impl Group {
    fn push(&mut self, weight: u32) {
        self.end();
        self.last = Some(weight);
    }

    /// Nothing is left to repeat.
    fn end(&mut self) {
        self.worst = self.worst.max(self.last.take().unwrap_or(1));
    }
}

/// How often: at least, and at most where there is a limit.
type Counts = (u32, Option<u32>);

impl<'t> Parser<'t> {
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn literal(&mut self, bytes: usize) {
        self.skip(bytes);
        self.group().push(1);
    }

    fn open(&mut self) -> Result<(), String> {
        let Some(flags) = self.rest.strip_prefix("(?") else {
            self.skip(1);
            self.groups.push(Group::default());
            return Ok(());
        };
        if let Some(name) = flags.strip_prefix("P<").or_else(|| flags.strip_prefix('<')) {
            let end = name.find('>').ok_or("the name of a group is not closed")?;
            let (name, after) = name.split_at(end);
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(self.unknown_group());
            }
            if self.names.contains(&name) {
                return Err(format!("two groups are called {name:?}"));
            }
            self.names.push(name);
            self.rest = &after[1..];
            self.groups.push(Group::default());
            return Ok(());
        }
        let end = flags.find([':', ')']).ok_or_else(|| self.unknown_group())?;
        let (set, cleared) = flags[..end].split_once('-').unwrap_or((&flags[..end], "i"));
        let known = |flags: &str| flags.bytes().all(|b| b"imsU".contains(&b));
        if !known(set) || !known(cleared) || cleared.is_empty() {
            return Err(self.unknown_group());
        }
        if flags[end..].starts_with(':') {
            self.groups.push(Group::default());
        }
        self.rest = &flags[end + 1..];
        Ok(())
    }

    fn unknown_group(&self) -> String {
        let start: String = self.rest.chars().take(4).collect();
        format!("{start:?} begins no kind of group that RE2 has")
    }

    fn close(&mut self) -> Result<(), String> {
        self.skip(1);
        let group = self.groups.pop().filter(|_| !self.groups.is_empty());
        let group = group.ok_or("a ) closes nothing")?;
        self.group().push(group.worst.max(group.last.unwrap_or(1)));
        Ok(())
    }

    /// Reads `{2}`, `{2,}` or `{2,5}` and its length; any other brace stands for itself.
    fn counts(&self) -> Option<(Counts, usize)> {
        let (inner, _) = self.rest.get(1..)?.split_once('}')?;
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
            plain.then(|| digits.parse().unwrap_or(u32::MAX))
        };
        let counts = match inner.split_once(',') {
            None => (number(inner)?, Some(number(inner)?)),
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        Some((counts, inner.len() + 2))
    }

    /// Repeats what stands before: any number of times, or as counted.
    fn repeat(&mut self, counts: Option<Counts>, repeated: bool) -> Result<(), String> {
        if self.rest.starts_with('?') {
            self.skip(1);
        }
        if repeated {
            return Err("a repetition is repeated: put the inner one into a group".to_owned());
        }
        let weight = self.group().last.ok_or("there is nothing before a repetition")?;
        if let Some((least, most)) = counts {
            let count = most.unwrap_or(least);
            let weight = if count == 0 { 1 } else { weight.saturating_mul(count) };
            if least > MOST || most.is_some_and(|most| most > MOST || least > most) || ((least > 1 || count > 1) && weight > MOST) {
                return Err(format!("a repetition is counted backwards, or beyond {MOST}"));
            }
            self.group().last = Some(weight);
        }
        self.repeated = true;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        if let Some(quoted) = self.rest.strip_prefix(r"\Q") {
            let (inner, after) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
            inner.chars().for_each(|_| self.group().push(1));
            self.rest = after;
            return Ok(());
        }
        match self.rest.as_bytes().get(1) {
            Some(b'A' | b'b' | b'B' | b'z') => self.literal(2),
            _ => {
                if !self.set()? {
                    self.character()?;
                }
                self.group().push(1);
            }
        }
        Ok(())
    }

    /// Reads `\d` and its like or `\p{…}`, when one stands here.
    fn set(&mut self) -> Result<bool, String> {
        let bytes = self.rest.as_bytes();
        match (bytes.first(), bytes.get(1)) {
            (Some(b'\\'), Some(b'd' | b'D' | b's' | b'S' | b'w' | b'W')) => self.skip(2),
            (Some(b'\\'), Some(b'p' | b'P')) => {
                let text = &self.rest[2..];
                let (name, length) = match text.strip_prefix('{') {
                    Some(inner) => inner.split_once('}').map(|(name, _)| (name, name.len() + 2)).ok_or("a { of \\p is not closed")?,
                    None => text.chars().next().map(|c| (&text[..c.len_utf8()], c.len_utf8())).ok_or("\\p names no characters")?,
                };
                if !crate::mesh::istio::validation::unicode::is_class(name.strip_prefix('^').unwrap_or(name)) {
                    return Err(format!("RE2 knows no class of characters {name:?}"));
                }
                self.skip(2 + length);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Reads one character, escaped or not.
    fn character(&mut self) -> Result<u32, String> {
        let mut chars = self.rest.chars();
        let first = chars.next().ok_or("a [ is not closed")?;
        if first != '\\' {
            self.rest = chars.as_str();
            return Ok(first.into());
        }
        let escaped = chars.next().ok_or("a \\ stands at the end")?;
        let unknown = || format!("RE2 knows no \\{escaped}");
        let mut after = chars.as_str();
        let octal = |text: &str, most: usize| text.bytes().take(most).take_while(|b| (b'0'..=b'7').contains(b)).count();
        let value = match escaped {
            'a' | 'f' | 'n' | 'r' | 't' | 'v' => control(escaped),
            '0'..='7' => {
                let more = octal(after, 2);
                if escaped != '0' && more == 0 {
                    return Err(format!("{}: there are no back references", unknown()));
                }
                let (digits, rest) = after.split_at(more);
                after = rest;
                u32::from_str_radix(&format!("{escaped}{digits}"), 8).unwrap_or_default()
            }
            'x' => {
                let digits = match after.strip_prefix('{') {
                    Some(inner) => inner.split_once('}').map(|(digits, _)| (digits, digits.len() + 2)),
                    None => after.get(..2).map(|digits| (digits, 2)),
                };
                let (digits, length) = digits.filter(|(d, _)| !d.is_empty() && d.bytes().all(|b| b.is_ascii_hexdigit())).ok_or_else(unknown)?;
                after = &after[length..];
                u32::from_str_radix(digits, 16).ok().filter(|v| *v <= u32::from(char::MAX)).ok_or_else(unknown)?
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c.into(),
            _ => return Err(unknown()),
        };
        self.rest = after;
        Ok(value)
    }

    fn class(&mut self) -> Result<(), String> {
        const NAMES: [&str; 14] =
            ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"];
        self.skip(1);
        if self.rest.starts_with('^') {
            self.skip(1);
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            let named = self.rest.strip_prefix("[:").and_then(|inner| inner.split_once(":]"));
            if let Some((name, after)) = named {
                if !NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
                    return Err(format!("RE2 knows no class of characters \"[:{name}:]\""));
                }
                self.rest = after;
                continue;
            }
            if self.set()? {
                continue;
            }
            let from = self.character()?;
            if self.rest.len() > 1 && self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.skip(1);
                if self.character()? < from {
                    return Err("a range of characters runs backwards".to_owned());
                }
            }
        }
        self.literal(1);
        Ok(())
    }
}

fn control(letter: char) -> u32 {
    match letter {
        'a' => 7,
        't' => 9,
        'n' => 10,
        'v' => 11,
        'f' => 12,
        _ => 13,
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*", signs in r"[(){}\[\]|*+?\\^:<>a-dpPQEx0-9,-]{0,24}") {
            // Quoted, every text is an expression, and what is one stays one in a group.
            let quoted = ["\\Q", text.as_str()].concat();
            proptest::prop_assert!(text.contains("\\E") || check(&quoted).is_ok());
            let grouped = ["(?:", signs.as_str(), ")"].concat();
            proptest::prop_assert!(check(&signs).is_err() || signs.contains("\\Q") || check(&grouped).is_ok());
        }
    }

    #[test]
    fn what_re2_reads_is_taken() {
        let good = [
            "",
            "/v[12]/.*",
            r"\Qa.b\E+",
            "(?i)x",
            "{",
            "a{2,3}",
            "a{,3}",
            "a{2,3}?",
            r"[a&&b]",
            "(?P<n>x)",
            "(?<n>x)",
            r"[[:alpha:]]+",
            r"^[\w.-]+$",
            "[a[b]",
            "[]a]",
            "[^]a]",
            "b|",
            "(|a)",
            "()",
            "^*",
            r"\b+",
            r"\<",
            r"\_",
            r"\pL",
            r"\p{Greek}",
            r"\p{^Lu}",
            r"[\d-z]",
            r"\x41\x{10FFFF}\07\123",
            "(?i-s:a)",
            "(?)",
            "a(?i)*",
            "x{1000}",
            "(x{10}){100}",
            "a{01}",
            "é+",
            "[[:x]",
            r"\b{start}",
            r"(?U)a+",
            r"\z",
        ];
        for text in good {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_only_others_read_is_refused() {
        let bad = [
            "*",
            "(",
            ")",
            "a)",
            "(?!x)",
            "(?<=x)y",
            r"(a)\1",
            "[z-a]",
            "a**",
            "a+*",
            "a{2}{3}",
            "a|*",
            "(*)",
            "(?x)a",
            "(?R)a",
            "(?u)a",
            r"\C",
            r"\Z",
            r"\G",
            r"\K",
            r"\h",
            r"\é",
            "(?P<n>a)(?P<n>b)",
            "(?P<>a)",
            "(?P<a b>a)",
            "(?P=n)",
            "(?>a)",
            "(?#c)",
            "(?-:a)",
            "x{1001}",
            "x{2,1}",
            "(x{100}){11}",
            "[",
            "[]",
            "[a",
            "[[:foo:]]",
            r"\p{greek}",
            r"\p{L",
            r"\pX",
            r"\x{110000}",
            r"\x{}",
            r"\x4",
            "\\",
            r"\8",
            "(?i",
            "a{99999999999}",
            r"\Q\E*",
            "[a-\\d]",
            "++",
        ];
        for text in bad {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
