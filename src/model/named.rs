//! Objects as people write them: `TYPE/NAME`, `TYPE NAME`, `NAME`, `NAME.NAMESPACE`, `NAMESPACE/NAME`, and what `-o name` prints.

use super::Kind;
use super::near::did_you_mean;

/// One argument that names objects. Whether there are any, a look at a cluster or at files tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// As it was written.
    pub written: String,
    /// Kinds it may be; empty for any.
    pub kinds: Vec<Kind>,
    /// The namespace that the argument itself names.
    pub namespace: Option<String>,
    /// The name; nothing for all objects of the kinds.
    pub name: Option<String>,
}

/// An argument that cannot name anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misnamed {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl Named {
    /// Reads the arguments of one command line: any number of `TYPE/NAME`, or one TYPE and its names.
    pub fn parse(words: &[String]) -> Result<Vec<Self>, Misnamed> {
        if let [first, names @ ..] = words
            && !names.is_empty()
            && !first.contains('/')
        {
            let kinds = kinds(first)?;
            if !kinds.is_empty() {
                return names.iter().map(|name| Self::of_type(first, &kinds, name)).collect();
            }
        }
        words.iter().map(|word| Self::one(word)).collect()
    }

    /// Reads one argument.
    pub fn one(word: &str) -> Result<Self, Misnamed> {
        refuse_file(word)?;
        let named = |kinds: Vec<Kind>, namespace: Option<&str>, name: &str| Self {
            written: word.to_owned(),
            kinds,
            namespace: namespace.map(str::to_owned),
            name: Some(name.to_owned()),
        };
        let parts: Vec<&str> = word.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(empty(word));
        }
        match parts[..] {
            [name] if name.contains(',') => Ok(Self { name: None, ..named(kinds(name)?, None, name) }),
            [name] => Ok(named(Vec::new(), None, name)),
            [first, name] => match kinds(first)? {
                // It may as well be a namespace: only a look at the objects tells.
                kinds if kinds.is_empty() => Ok(named(kinds, Some(first), name)),
                kinds => Ok(named(kinds, None, name)),
            },
            [namespace, kind, name] => match kinds(kind)? {
                kinds if kinds.is_empty() => Err(unknown_kind(kind)),
                kinds => Ok(named(kinds, Some(namespace), name)),
            },
            _ => Err(Misnamed { message: format!("{word:?} names no object"), hint: FORMS.to_owned() }),
        }
    }

    /// `TYPE NAME`, where NAME may be `NAMESPACE/NAME` as our own messages write it.
    fn of_type(kind: &str, kinds: &[Kind], name: &str) -> Result<Self, Misnamed> {
        refuse_file(name)?;
        let (namespace, bare) = name.split_once('/').map_or((None, name), |(namespace, name)| (Some(namespace), name));
        let written = format!("{kind} {name}");
        if bare.is_empty() || namespace.is_some_and(str::is_empty) || bare.contains('/') {
            return Err(empty(&written));
        }
        if namespace.is_some_and(|first| !Kind::called(first).is_empty()) {
            return Err(Misnamed { message: format!("{written:?} names the type twice"), hint: format!("write {name} alone, or {kind} {bare}") });
        }
        Ok(Self { written, kinds: kinds.to_vec(), namespace: namespace.map(str::to_owned), name: Some(bare.to_owned()) })
    }

    /// Whether it may be of this kind.
    pub fn may_be(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// The kinds whose objects are meant, all of them, when no object is called so: `check vs` is about all VirtualServices.
    pub fn all_of(&self) -> Vec<Kind> {
        match (&self.name, &self.namespace) {
            (Some(name), None) if self.kinds.is_empty() => Kind::called(name),
            (None, _) => self.kinds.clone(),
            _ => Vec::new(),
        }
    }
}

/// The ways to name an object, for hints.
pub const FORMS: &str = "write TYPE/NAME, TYPE NAME, NAME or NAMESPACE/NAME, for instance deploy/cart";

/// The kinds of a word, or of several separated by commas; none when a single word is no kind's.
fn kinds(word: &str) -> Result<Vec<Kind>, Misnamed> {
    if !word.contains(',') {
        return Ok(Kind::called(word));
    }
    let mut all = Vec::new();
    for one in word.split(',') {
        let found = Kind::called(one);
        if found.is_empty() {
            return Err(unknown_kind(one));
        }
        all.extend(found);
    }
    Ok(all)
}

/// `word` is where a kind has to stand and is none.
pub fn unknown_kind(word: &str) -> Misnamed {
    let hint = did_you_mean_kind(word)
        .unwrap_or_else(|| "kinds go by kubectl's names for them: deploy, svc, virtualservice, gateway.networking.istio.io".to_owned());
    Misnamed { message: format!("{word:?} is no kind that this tool reads"), hint }
}

/// The kinds written most like a word.
pub fn did_you_mean_kind(word: &str) -> Option<String> {
    let lower: Vec<String> = Kind::ALL.iter().map(|kind| kind.name().to_ascii_lowercase()).collect();
    let plural = Kind::ALL.iter().map(|kind| kind.plural());
    did_you_mean(word, lower.iter().map(String::as_str).chain(plural))
}

fn refuse_file(word: &str) -> Result<(), Misnamed> {
    let is_file = [".yaml", ".yml", ".json"].iter().any(|end| word.to_ascii_lowercase().ends_with(end));
    let is_path = word.starts_with(['.', '/', '~']) || word.contains("://");
    if is_file || is_path {
        return Err(Misnamed { message: format!("{word:?} names no object; it looks like a file"), hint: format!("did you mean -f {word}?") });
    }
    Ok(())
}

fn empty(word: &str) -> Misnamed {
    let why = if word.is_empty() { "an empty argument names no object: is a variable unset?".to_owned() } else { format!("{word:?} lacks a name") };
    Misnamed { message: why, hint: FORMS.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Vec<(Vec<Kind>, Option<String>, Option<String>)>, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let parsed = Named::parse(&words).map_err(|e| format!("{} {}", e.message, e.hint))?;
        Ok(parsed.into_iter().map(|n| (n.kinds, n.namespace, n.name)).collect())
    }

    fn named(kinds: &[Kind], namespace: Option<&str>, name: &str) -> (Vec<Kind>, Option<String>, Option<String>) {
        (kinds.to_vec(), namespace.map(str::to_owned), Some(name.to_owned()))
    }

    #[test]
    fn all_forms_are_read() {
        let deployment = [Kind::Deployment];
        assert_eq!(parse(&["deploy/cart"]), Ok(vec![named(&deployment, None, "cart")]));
        assert_eq!(parse(&["deploy", "cart", "front"]), Ok(vec![named(&deployment, None, "cart"), named(&deployment, None, "front")]));
        assert_eq!(parse(&["Deployment", "shop/cart"]), Ok(vec![named(&deployment, Some("shop"), "cart")]));
        assert_eq!(parse(&["shop/deployment.apps/cart"]), Ok(vec![named(&deployment, Some("shop"), "cart")]));
        assert_eq!(parse(&["vs/a", "dr/b"]), Ok(vec![named(&[Kind::VirtualService], None, "a"), named(&[Kind::DestinationRule], None, "b")]));
        assert_eq!(parse(&["vs,dr", "a"]), Ok(vec![named(&[Kind::VirtualService, Kind::DestinationRule], None, "a")]));
        assert_eq!(parse(&["vs,dr"]), Ok(vec![(vec![Kind::VirtualService, Kind::DestinationRule], None, None)]));
        assert_eq!(parse(&["cart", "front"]), Ok(vec![named(&[], None, "cart"), named(&[], None, "front")]));
        assert_eq!(parse(&["shop/cart"]), Ok(vec![named(&[], Some("shop"), "cart")]));
        assert_eq!(parse(&["vs"]).unwrap(), [named(&[], None, "vs")]);
    }

    #[test]
    fn what_names_nothing_says_what_to_write() {
        for (words, expected) in [
            (&["dir/a.yaml"][..], "did you mean -f dir/a.yaml?"),
            (&["./manifests"], "did you mean -f ./manifests?"),
            (&[""], "is a variable unset?"),
            (&["deploy/"], "lacks a name"),
            (&["/cart"], "did you mean -f"),
            (&["shop/deploymnt/cart"], "did you mean deployment"),
            (&["vs,drr", "x"], "\"drr\" is no kind"),
            (&["deploy", "svc/cart"], "names the type twice"),
            (&["a/b/c/d"], "names no object"),
        ] {
            let error = parse(words).unwrap_err();
            assert!(error.contains(expected), "{words:?}: {error}");
        }
    }
}
