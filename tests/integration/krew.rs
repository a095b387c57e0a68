//! The release archives and the krew manifest, made by the scripts in `krew/` and judged by krew's own rules.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output};

use regex::Regex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const PLUGIN: &str = "mesh";
const VERSION: &str = "v1.2.3-rc.1";
const EPOCH: u64 = 1_600_000_000;
const PLATFORMS: [(&str, &str); 5] = [("darwin", "amd64"), ("darwin", "arm64"), ("linux", "amd64"), ("linux", "arm64"), ("windows", "amd64")];

/// The archives of all platforms and the manifest that is filled from them.
struct Release {
    directory: TempDir,
    manifest: String,
}

impl Release {
    fn make() -> Self {
        Self::called("mesh")
    }

    fn called(plugin: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (os, arch) in PLATFORMS {
            pack(plugin, os, arch, directory.path());
        }
        let filled = script(plugin, "fill.sh", &[VERSION, directory.path().to_str().unwrap()]);
        assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
        Self { directory, manifest: String::from_utf8(filled.stdout).unwrap() }
    }

    fn archive(&self, uri: &str) -> PathBuf {
        self.directory.path().join(uri.rsplit('/').next().unwrap())
    }

    fn manifest(&self) -> Value {
        serde_saphyr::from_str(&self.manifest).unwrap()
    }
}

fn script(plugin: &str, name: &str, args: &[&str]) -> Output {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("krew").join(name);
    Command::new(path).args(args).env("SOURCE_DATE_EPOCH", EPOCH.to_string()).env("KUBECTL_PLUGIN_NAME", plugin).output().unwrap()
}

/// Packs a stand-in binary, each platform's with content of its own.
fn pack(plugin: &str, os: &str, arch: &str, out: &Path) {
    let binaries = tempfile::tempdir().unwrap();
    let exe = if os == "windows" { ".exe" } else { "" };
    fs::write(binaries.path().join(format!("kubectl-mesh{exe}")), format!("the plugin for {os} on {arch}")).unwrap();
    let licenses = binaries.path().join("licenses");
    fs::write(&licenses, "what others ask for").unwrap();
    let [binaries, licenses, out] = [binaries.path(), &licenses, out].map(|path| path.to_str().unwrap());
    let packed = script(plugin, "package.sh", &[VERSION, os, arch, binaries, licenses, out]);
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn platforms(manifest: &Value) -> &[Value] {
    manifest["spec"]["platforms"].as_array().map_or(&[], Vec::as_slice)
}

/// What krew asks of a manifest before it looks at an archive.
fn validate(name: &str, manifest: &Value) -> Result<(), String> {
    let ensure = |holds: bool, otherwise: &str| if holds { Ok(()) } else { Err(otherwise.to_owned()) };
    let matches = |pattern: &str, text: &str| Regex::new(pattern).unwrap().is_match(text);
    let reserved = Regex::new("^(?i:con|prn|aux|nul|com[1-9]|lpt[1-9])$").unwrap();
    let spec = &manifest["spec"];
    let short = text(spec, "shortDescription");

    ensure(text(manifest, "apiVersion") == "krew.googlecontainertools.github.com/v1alpha2", "apiVersion")?;
    ensure(text(manifest, "kind") == "Plugin", "kind")?;
    // krew takes more; the index wants kebab-case.
    ensure(matches(r"^[a-z0-9]+(-[a-z0-9]+)*$", name) && !reserved.is_match(name), "name")?;
    ensure(text(&manifest["metadata"], "name") == name, "name differs from the file's")?;
    ensure(!short.is_empty() && !short.contains(['\r', '\n']), "shortDescription")?;
    ensure(text(spec, "version").strip_prefix('v').is_some_and(|v| semver::Version::parse(v).is_ok()), "version")?;
    ensure(!platforms(manifest).is_empty(), "platforms")?;

    let mut taken = BTreeSet::new();
    for platform in platforms(manifest) {
        ensure(!text(platform, "uri").is_empty(), "uri")?;
        ensure(matches("^[a-f0-9]{64}$", text(platform, "sha256")), "sha256")?;
        let labels = platform["selector"]["matchLabels"].as_object().filter(|labels| !labels.is_empty()).ok_or("selector")?;
        ensure(labels.keys().all(|key| key == "os" || key == "arch"), "selector key")?;
        ensure(taken.insert(platform["selector"].to_string()), "two platforms overlap")?;
        ensure(inside(text(platform, "bin")), "bin")?;
    }
    Ok(())
}

fn inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// What krew would have in the installation directory: all files of the archive, since the manifest picks none.
fn installed(platform: &Value, archive: &Path) -> BTreeSet<String> {
    assert!(platform.get("files").is_none(), "everything in the archive is wanted");
    let unpacked = tempfile::tempdir().unwrap();
    open(archive).unpack(unpacked.path()).unwrap();
    fs::read_dir(unpacked.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn open(archive: &Path) -> tar::Archive<impl Read> {
    tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(archive).unwrap()))
}

#[test]
fn the_filled_manifest_passes_krews_rules() {
    let manifest = Release::make().manifest();
    assert_eq!(validate(PLUGIN, &manifest), Ok(()));
    assert_eq!(text(&manifest["spec"], "version"), VERSION);
}

/// What the reviewers of the index ask for beside krew's own rules.
#[test]
fn the_manifest_is_what_reviewers_of_the_index_want() {
    let release = Release::make();
    let manifest = release.manifest();
    let description = text(&manifest["spec"], "description");
    assert!(!description.trim().is_empty() && !description.contains("kubectl "), "a description without examples: {description}");
    assert!(description.lines().all(|line| line.chars().count() <= 85), "{description}");
    let short = text(&manifest["spec"], "shortDescription");
    assert!(short.chars().count() <= 50 && !short.ends_with('.') && !short.to_lowercase().contains("kubectl"), "{short}");
    let caveats = text(&manifest["spec"], "caveats");
    assert!(caveats.lines().count() <= 2, "{caveats}");
    assert!(!release.manifest.contains('#') && !release.manifest.contains("${"), "{}", release.manifest);
}

#[test]
fn a_second_name_is_one_variable() {
    let release = Release::called("service-mesh");
    let manifest = release.manifest();
    assert_eq!(validate("service-mesh", &manifest), Ok(()));
    for platform in platforms(&manifest) {
        let uri = text(platform, "uri");
        let files = installed(platform, &release.archive(uri));
        // As krew links it and kubectl looks for it.
        assert!(text(platform, "bin").starts_with("kubectl-service_mesh") && files.contains(text(platform, "bin")), "{files:?}");
        assert!(files.iter().any(|file| file.starts_with("kubectl_complete-service_mesh")), "{files:?}");
        assert!(files.iter().all(|file| !file.contains("-mesh")), "{files:?}");
    }
    assert!(text(&manifest["spec"], "caveats").contains("kubectl service-mesh completion"), "{manifest}");
    assert_eq!(text(&manifest["spec"], "homepage"), "https://github.com/kubectl-mesh/kubectl-mesh", "the repository keeps its name");
}

#[test]
fn krews_rules_refuse_what_krew_refuses() {
    let good = Release::make().manifest();
    let refused = |pointer: &str, value: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
        validate(PLUGIN, &bad).unwrap_err()
    };
    assert_eq!(refused("/apiVersion", json!("v1")), "apiVersion");
    assert_eq!(refused("/kind", json!("Plug")), "kind");
    assert_eq!(refused("/metadata/name", json!("other")), "name differs from the file's");
    assert_eq!(refused("/spec/version", json!("1.2.3")), "version");
    assert_eq!(refused("/spec/version", json!("${VERSION}")), "version");
    assert_eq!(refused("/spec/shortDescription", json!("two\nlines")), "shortDescription");
    assert_eq!(refused("/spec/platforms", json!([])), "platforms");
    assert_eq!(refused("/spec/platforms/0/uri", json!("")), "uri");
    assert_eq!(refused("/spec/platforms/0/sha256", json!("A".repeat(64))), "sha256");
    assert_eq!(refused("/spec/platforms/0/bin", json!("../kubectl-mesh")), "bin");
    assert_eq!(refused("/spec/platforms/0/selector", json!({})), "selector");
    assert_eq!(refused("/spec/platforms/0/selector/matchLabels", json!({"os": "linux", "cpu": "amd64"})), "selector key");
    assert_eq!(refused("/spec/platforms/1/selector", good["spec"]["platforms"][0]["selector"].clone()), "two platforms overlap");
    assert_eq!(validate("NUL", &good).unwrap_err(), "name");
    assert_eq!(validate("a b", &good).unwrap_err(), "name");
}

#[test]
fn every_platform_installs_the_plugin_its_completion_helper_and_the_licences() {
    let release = Release::make();
    let manifest = release.manifest();
    let mut seen = BTreeSet::new();
    for platform in platforms(&manifest) {
        let labels = &platform["selector"]["matchLabels"];
        let (os, arch) = (text(labels, "os"), text(labels, "arch"));
        seen.insert((os.to_owned(), arch.to_owned()));

        let uri = text(platform, "uri");
        assert!(uri.ends_with(&format!("/{VERSION}/kubectl-{PLUGIN}_{VERSION}_{os}_{arch}.tar.gz")), "{uri}");
        let archive = release.archive(uri);
        let digest: String = Sha256::digest(fs::read(&archive).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text(platform, "sha256"), digest, "{uri}");

        let exe = if os == "windows" { ".exe" } else { "" };
        let script = if os == "windows" { ".cmd" } else { "" };
        let expected = BTreeSet::from([
            "LICENSE".to_owned(),
            "THIRD-PARTY-LICENSES".to_owned(),
            format!("kubectl-{PLUGIN}{exe}"),
            format!("kubectl_complete-{PLUGIN}{script}"),
        ]);
        let files = installed(platform, &archive);
        assert_eq!(files, expected, "{uri}");
        assert_eq!(text(platform, "bin"), format!("kubectl-{PLUGIN}{exe}"));
        assert!(files.contains(text(platform, "bin")), "{uri}");
    }
    assert_eq!(seen, PLATFORMS.iter().map(|(os, arch)| ((*os).to_owned(), (*arch).to_owned())).collect());
}

#[test]
fn a_release_made_twice_has_the_same_bytes() {
    let (first, second) = (Release::make(), Release::make());
    assert_eq!(first.manifest, second.manifest);
    for platform in platforms(&first.manifest()) {
        let uri = text(platform, "uri");
        assert_eq!(fs::read(first.archive(uri)).unwrap(), fs::read(second.archive(uri)).unwrap(), "{uri}");
    }
}

#[test]
fn an_archive_names_no_builder_and_no_time_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    pack("mesh", "linux", "arm64", directory.path());
    let archive = directory.path().join(format!("kubectl-{PLUGIN}_{VERSION}_linux_arm64.tar.gz"));
    let mut names = Vec::new();
    for entry in open(&archive).entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let name = entry.path().unwrap().display().to_string();
        assert_eq!(header.mtime().unwrap(), EPOCH, "{name}");
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0), "{name}");
        assert_eq!((header.username().unwrap(), header.groupname().unwrap()), (Some(""), Some("")), "{name}");
        assert_eq!(header.mode().unwrap() & 0o777, if name.contains("LICENSE") { 0o644 } else { 0o755 }, "{name}");
        names.push(name);
    }
    assert!(names.is_sorted() && names.len() == 4, "{names:?}");
    let gzip_time = &fs::read(&archive).unwrap()[4..8];
    assert_eq!(gzip_time, [0; 4]);
}

#[test]
fn a_missing_archive_or_a_version_that_krew_refuses_stops_the_release() {
    let release = Release::make();
    let directory = release.directory.path().to_str().unwrap();
    assert_eq!(script("mesh", "fill.sh", &["1.2.3", directory]).status.code(), Some(2));

    let gone = fs::read_dir(directory).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&gone).unwrap();
    let filled = script("mesh", "fill.sh", &[VERSION, directory]);
    assert!(!filled.status.success() && filled.stdout.is_empty());
    let name = gone.file_name().unwrap().to_str().unwrap();
    assert!(String::from_utf8_lossy(&filled.stderr).contains(name));
}

#[test]
fn the_plugin_is_called_mesh_unless_the_build_says_otherwise() {
    assert_eq!(kubectl_mesh::plugin::plugin().command(), "kubectl mesh");
    assert_eq!(Path::new(env!("CARGO_BIN_EXE_kubectl-mesh")).file_stem().unwrap().to_str(), Some("kubectl-mesh"));
}

/// krew itself, where `KREW_ASSETS` names a folder with its `krew` and `validate-krew-manifest` (`.ci/run` builds them): the manifest is taken, the archive
/// installed, and kubectl runs and completes what is in it.
#[test]
fn krew_installs_the_archive_and_kubectl_runs_it() {
    let Some(assets) = std::env::var_os("KREW_ASSETS").map(PathBuf::from) else {
        eprintln!("skipped: KREW_ASSETS names no krew");
        return;
    };
    let (os, arch) = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => ("linux", "amd64"),
        ("linux", "aarch64") => ("linux", "arm64"),
        (os, arch) => {
            eprintln!("skipped: no archive is packed here for {os} on {arch}");
            return;
        }
    };
    let release = Release::make();
    let work = tempfile::tempdir().unwrap();
    let licenses = work.path().join("licenses");
    fs::write(&licenses, "what others ask for").unwrap();
    let built = Path::new(env!("CARGO_BIN_EXE_kubectl-mesh")).parent().unwrap();
    let [built, licenses, out] = [built, &licenses, release.directory.path()].map(|path| path.to_str().unwrap());
    let packed = script(PLUGIN, "package.sh", &[VERSION, os, arch, built, licenses, out]);
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    let filled = script(PLUGIN, "fill.sh", &[VERSION, out]);
    let manifest = work.path().join("mesh.yaml");
    fs::write(&manifest, &filled.stdout).unwrap();

    let root = work.path().join("krew");
    let path = std::env::join_paths([root.join("bin")].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap()))).unwrap();
    let call = |program: &Path, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).env_clear().env("PATH", &path).env("HOME", work.path()).env("KREW_ROOT", &root).env("KREW_NO_UPGRADE_CHECK", "1");
        let output = command.env("NO_COLOR", "1").output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let validated = call(&assets.join("validate-krew-manifest"), &["-manifest", manifest.to_str().unwrap(), "-skip-install"]);
    assert_eq!(validated.0, Some(0), "{validated:?}");
    let archive = release.archive(&format!("/kubectl-{PLUGIN}_{VERSION}_{os}_{arch}.tar.gz"));
    let (manifest, archive) = (format!("--manifest={}", manifest.display()), format!("--archive={}", archive.display()));
    let installed = call(&assets.join("krew"), &["install", &manifest, &archive]);
    assert_eq!(installed.0, Some(0), "{installed:?}");
    assert!(installed.2.contains("To complete with TAB"), "{installed:?}");

    let kubectl = Path::new("kubectl");
    let (code, out, err) = call(kubectl, &["mesh", "check", "--demo"]);
    assert!(code == Some(1) && out.contains("rules over"), "{code:?} {out}{err}");
    let helper = root.join("bin");
    let (code, _, err) = call(kubectl, &["mesh", "completion", "kubectl", "--install", helper.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{err}");
    let (_, out, err) = call(kubectl, &["__complete", "mesh", "chec"]);
    assert!(out.contains("check"), "{out}{err}");
}
