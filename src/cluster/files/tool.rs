//! Other programs that render manifests: asked only where they need no network, for so long and for so much and no more.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long one may take.
const LONGEST: Duration = Duration::from_secs(10);
/// How much one may say.
const MOST: u64 = 64 << 20;

/// What is said of one that is not there.
pub(super) const NOT_INSTALLED: &str = "it is not installed";

/// What a program writes; why not, in its own words.
pub(super) fn run(mut command: Command) -> Result<String, String> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => NOT_INSTALLED.to_owned(),
        _ => error.to_string(),
    })?;
    let reader = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = pipe.map(|pipe| pipe.take(MOST).read_to_end(&mut bytes));
            drop(read);
            bytes
        })
    };
    let out = reader(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let err = reader(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => break status,
            None if begun.elapsed() > LONGEST => {
                child.kill().map_err(|error| error.to_string())?;
                child.wait().map_err(|error| error.to_string())?;
                return Err(format!("it took more than {} seconds", LONGEST.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let text = |bytes: std::thread::Result<Vec<u8>>| String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
    let (out, err) = (text(out.join()), text(err.join()));
    if status.success() {
        return Ok(out);
    }
    // Warnings and the log's own head say less than what follows them.
    let said = |line: &&str| !line.trim().is_empty() && !line.starts_with('#') && !line.ends_with("err=<");
    let words = err.lines().find(said).unwrap_or("it failed").trim().to_owned();
    Err(words.chars().take(300).collect())
}
