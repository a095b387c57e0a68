//! What a release is made of besides its archives (`krew.rs`): bills of materials, licences, a build that names no machine, an image, pinned workflows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

const EPOCH: &str = "1600000000";
const TARGET: &str = "x86_64-unknown-linux-musl";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What a script of `krew/` prints; cargo finds all crates here already.
fn script(name: &str, args: &[&str]) -> String {
    let output = Command::new(root().join("krew").join(name))
        .args(args)
        .env("SOURCE_DATE_EPOCH", EPOCH)
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO", env!("CARGO"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

static SBOM: LazyLock<String> = LazyLock::new(|| script("sbom.sh", &["v1.2.3", TARGET]));

/// Crates of the lock file, with their checksums.
fn locked() -> BTreeMap<String, String> {
    let package = Regex::new(r#"name = "(.+)"\nversion = "(.+)"\nsource = "(.+)"\nchecksum = "(.+)""#).unwrap();
    let lock = read("Cargo.lock");
    package.captures_iter(&lock).map(|found| (format!("pkg:cargo/{}@{}", &found[1], &found[2]), found[4].to_owned())).collect()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

#[test]
fn a_bill_of_materials_names_what_is_linked_and_nothing_else() {
    let sbom: Value = serde_json::from_str(&SBOM).unwrap();
    assert_eq!((text(&sbom, "bomFormat"), text(&sbom, "specVersion")), ("CycloneDX", "1.5"));
    assert_eq!(sbom["metadata"]["component"]["version"], "1.2.3");
    assert_eq!(sbom["metadata"]["timestamp"], "2020-09-13T12:26:40Z");
    let locked = locked();
    let components = sbom["components"].as_array().unwrap();
    let mut known = BTreeSet::from(["kubectl-mesh"]);
    for component in components {
        let purl = text(component, "purl");
        assert_eq!(component["hashes"][0]["content"].as_str(), locked.get(purl).map(String::as_str), "{purl}");
        let license = text(&component["licenses"][0], "expression");
        assert!(spdx::is_expression(license), "{purl}: {license:?}");
        assert!(known.insert(text(component, "bom-ref")), "{purl} twice");
    }
    let names: BTreeSet<&str> = components.iter().map(|component| text(component, "name")).collect();
    for linked in ["kube-client", "rustls", "ring", "serde_json", "tokio", "zstd-sys"] {
        assert!(names.contains(linked), "{linked}");
    }
    // Those of tests, of builds and of the compiler are in nobody's binary.
    for other in ["proptest", "cc", "syn", "serde_derive", "windows-sys", "security-framework"] {
        assert!(!names.contains(other), "{other}");
    }
    let dependencies = sbom["dependencies"].as_array().unwrap();
    assert_eq!(dependencies.len(), components.len() + 1);
    for dependency in dependencies {
        let to = dependency["dependsOn"].as_array().unwrap().iter().map(|to| to.as_str().unwrap());
        assert!(to.chain([text(dependency, "ref")]).all(|name| known.contains(name)), "{dependency}");
    }
}

#[test]
fn a_bill_made_twice_has_the_same_bytes_and_number() {
    assert!(script("sbom.sh", &["v1.2.3", TARGET]) == *SBOM);
    let other = script("sbom.sh", &["v1.2.4", TARGET]);
    let number = |sbom: &str| serde_json::from_str::<Value>(sbom).unwrap()["serialNumber"].as_str().unwrap().to_owned();
    assert_ne!(number(&SBOM), number(&other));
    assert!(Regex::new("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$").unwrap().is_match(&number(&SBOM)));
}

const BOM: &str = "bom-1.5.SNAPSHOT.schema.json";

/// CycloneDX's own schema, where `CYCLONEDX_SCHEMA` names the file (`.ci/run` gets it from a package of PyPI).
#[test]
fn a_bill_follows_the_schema_of_cyclonedx() {
    let Some(schema) = std::env::var_os("CYCLONEDX_SCHEMA").map(PathBuf::from) else {
        eprintln!("skipped: CYCLONEDX_SCHEMA names no schema");
        return;
    };
    let folder = schema.parent().unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    // By the addresses at which they look for each other.
    let at = |file: &str| format!("http://cyclonedx.org/schema/{file}");
    for file in [BOM, "spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"] {
        let value: Value = serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap();
        compiler.add_resource(&at(file), value).unwrap();
    }
    let index = compiler.compile(&at(BOM), &mut schemas).unwrap();
    let sbom: Value = serde_json::from_str(&SBOM).unwrap();
    if let Err(error) = schemas.validate(&sbom, index) {
        panic!("{error}");
    }
    let mut bad = sbom;
    bad["components"][0]["hashes"][0]["alg"] = "SHA-0".into();
    assert!(schemas.validate(&bad, index).is_err());
}

#[test]
fn the_licences_of_everything_that_is_linked_are_told() {
    let page = script("licenses.sh", &[]);
    let sbom: Value = serde_json::from_str(&SBOM).unwrap();
    let (list, texts) = page.split_once("\n\n====").unwrap();
    for component in sbom["components"].as_array().unwrap() {
        let line = format!("{} {} (", text(component, "name"), text(component, "version"));
        assert!(list.contains(&format!("\n- {line}")), "{line} is not listed");
        assert!(texts.contains(&line), "{line} has no text");
    }
    for other in ["\n- windows-sys ", "\n- security-framework "] {
        assert!(list.contains(other), "of every platform: {other}");
    }
    for words in [
        "Permission is hereby granted, free of charge",
        "TERMS AND CONDITIONS FOR USE, REPRODUCTION",
        "Redistribution and use in source and binary forms",
    ] {
        assert!(texts.contains(words), "{words}");
    }
    assert!(!page.contains(env!("CARGO_MANIFEST_DIR")), "no path of this machine");
}

/// Licences as crates write them.
mod spdx {
    /// Whether it is one, by its form.
    pub fn is_expression(text: &str) -> bool {
        super::Regex::new(r"^\(?[A-Za-z0-9.-]+( WITH [A-Za-z0-9.-]+)?( (OR|AND) [A-Za-z0-9.-]+( WITH [A-Za-z0-9.-]+)?\)?)*$").unwrap().is_match(text)
    }

    /// Whether one of the allowed licences, or all that it takes, is enough.
    pub fn is_allowed(text: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
        let text = text.replace('/', " OR ");
        let parts = |text: &str, word: &str| {
            let (mut depth, mut parts, mut part) = (0, Vec::new(), String::new());
            for token in text.replace('(', "( ").replace(')', " )").split(' ') {
                match token {
                    "(" => depth += 1,
                    ")" => depth -= 1,
                    _ => {}
                }
                if depth == 0 && token == word {
                    parts.push(std::mem::take(&mut part).trim().to_owned());
                } else {
                    part = format!("{part} {token}");
                }
            }
            parts.push(part.trim().to_owned());
            parts
        };
        let any = parts(&text, "OR");
        if any.len() > 1 {
            return any.iter().any(|part| is_allowed(part, allowed));
        }
        let all = parts(&text, "AND");
        if all.len() > 1 {
            return all.iter().all(|part| is_allowed(part, allowed));
        }
        match text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
            Some(inner) => is_allowed(inner.trim(), allowed),
            None => allowed(text.trim()),
        }
    }
}

/// What cargo-deny asks of licences, bans and sources, without its tool and its list of advisories: those it looks at in `ci.yml`.
#[test]
fn what_deny_toml_refuses_is_not_in_the_lock_file() {
    let deny = read("deny.toml");
    let of = |section: &str, key: &str| {
        let (_, from) = deny.split_once(&format!("[{section}]\n")).unwrap();
        let (_, list) = from.split_once(&format!("\n{key} = [\n")).unwrap();
        list.split_once("\n]").unwrap().0.to_owned()
    };
    let allowed: BTreeSet<String> = of("licenses", "allow").lines().map(|line| line.trim().trim_matches([',', '"']).to_owned()).collect();
    let exceptions = of("licenses", "exceptions");
    let mut seen = BTreeSet::new();
    for target in [TARGET, "aarch64-apple-darwin", "x86_64-pc-windows-msvc"] {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{l}", "--target", target]);
        let output = cargo.current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        seen.extend(String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim_end_matches(" (*)").to_owned()));
    }
    assert!(seen.len() > 200, "{}", seen.len());
    for line in seen.iter().filter(|line| !line.starts_with("kubectl-mesh ")) {
        let (name, license) = line.split_once('|').unwrap();
        let name = name.split(' ').next().unwrap();
        let excepted = exceptions.contains(&format!("crate = \"{name}\"")) && exceptions.contains(license.split(" OR ").next().unwrap());
        assert!(excepted || spdx::is_allowed(license, &|one| allowed.contains(one)), "{name} is under {license:?}");
    }
    let lock = read("Cargo.lock");
    for line in lock.lines().filter(|line| line.starts_with("source = ")) {
        assert_eq!(line, "source = \"registry+https://github.com/rust-lang/crates.io-index\"");
    }
    let banned = Regex::new(r#"crate = "([^"@]+)""#).unwrap();
    for found in banned.captures_iter(&of("bans", "deny")) {
        assert!(!lock.contains(&format!("name = \"{}\"\n", &found[1])), "{} is banned", &found[1]);
    }
    assert!(!spdx::is_allowed("(MIT OR GPL-3.0) AND LGPL-2.1", &|one| one == "MIT"), "the test can fail");
    assert!(spdx::is_allowed("(GPL-3.0 OR MIT) AND ISC", &|one| one == "MIT" || one == "ISC"));
}

#[test]
fn a_release_build_names_no_path_of_its_machine() {
    let home = tempfile::tempdir().unwrap();
    let cargo = home.path().join("cargo");
    fs::write(&cargo, "#!/bin/sh\necho \"$PWD|$RUSTFLAGS|${CARGO_INCREMENTAL-unset}|$*\"\n").unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap());
    let build = |flags: &str| {
        let mut command = Command::new(root().join("krew/build.sh"));
        command.arg(TARGET).env("PATH", &path).env("CARGO_HOME", "/crates").env("RUSTFLAGS", flags).env("CARGO_INCREMENTAL", "1");
        String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
    };
    let here = root().display();
    let remap = format!("--remap-path-prefix={here}=. --remap-path-prefix=/crates=cargo");
    let call = format!("build --locked --release --bin kubectl-mesh --target {TARGET}");
    assert_eq!(build(""), format!("{here}|{remap}|unset|{call}"));
    assert_eq!(build("-Ctarget-feature=+crt-static"), format!("{here}|-Ctarget-feature=+crt-static {remap}|unset|{call}"));
}

#[test]
fn the_image_holds_the_binary_alone_and_is_nobody_s_root() {
    let recipe = read("krew/Containerfile");
    let lines: Vec<&str> = recipe.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let expected =
        ["FROM scratch", "COPY --chmod=0755 kubectl-mesh /kubectl-mesh", "WORKDIR /work", "USER 65532:65532", "ENTRYPOINT [\"/kubectl-mesh\"]"];
    assert_eq!(lines, expected);
}

#[test]
fn workflows_pin_what_they_use_and_may_nothing_by_default() {
    let folder = root().join(".github/workflows");
    let called = Regex::new(r"(?m)(?:^|\s)(krew/[a-z]+\.sh)").unwrap();
    let pinned = Regex::new(r"^\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$").unwrap();
    let mut seen = 0;
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&path).unwrap();
        let workflow: Value = serde_saphyr::from_str(&text).unwrap();
        assert!(workflow["permissions"].as_object().is_some_and(serde_json::Map::is_empty), "{}", path.display());
        for line in text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")) {
            seen += 1;
            assert!(line.starts_with("./") || pinned.is_match(line), "{}: {line}", path.display());
        }
        // Scripts of workflows are those that tests run: what they call is here.
        for script in called.captures_iter(&text) {
            assert!(root().join(&script[1]).exists(), "{}", &script[1]);
        }
    }
    assert!(seen > 8, "{seen}");
}

/// The oldest Rust that builds it is the one that everything is built with: there is no second compiler to try.
#[test]
fn the_toolchain_is_the_oldest_that_is_promised() {
    let version = |file: &str, key: &str| {
        let found = Regex::new(&format!(r#"(?m)^{key} = "([0-9.]+)""#)).unwrap();
        found.captures(&read(file)).unwrap_or_else(|| panic!("{file} has no {key}"))[1].to_owned()
    };
    let (promised, used) = (version("Cargo.toml", "rust-version"), version("rust-toolchain.toml", "channel"));
    assert!(used == promised || used.starts_with(&format!("{promised}.")), "{used} is not {promised}");
}
