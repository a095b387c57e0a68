//! Files that this program writes: whole or not at all, and never through a link that somebody else may have put there.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Puts what `write` writes in the place of `path`: into a new file of an unpredictable name in the same directory, onto the disk, then renamed.
///
/// Without `permissions` only the owner may read it. Unless it may `replace`, a file that is there already is an error.
pub(super) fn put<E: From<io::Error>>(
    path: &Path,
    permissions: Option<Permissions>,
    replace: bool,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(".kubectl-mesh-").tempfile_in(directory)?;
    let mut out = BufWriter::new(beside.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    if let Some(permissions) = permissions {
        beside.as_file().set_permissions(permissions)?;
    }
    beside.as_file().sync_all()?;
    let put = if replace { beside.persist(path) } else { beside.persist_noclobber(path) };
    put.map_err(|error| error.error)?;
    // The name is on the disk once its directory is; where a directory cannot be opened, the system sees to it.
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// The permissions of a file that is meant to be shared, such as one of a repository.
pub(super) fn shared() -> Option<Permissions> {
    mode(0o644)
}

/// The permissions of a program that everybody may run.
pub(super) fn executable() -> Option<Permissions> {
    mode(0o755)
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "modes are Unix's"))]
fn mode(bits: u32) -> Option<Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(bits));
    #[cfg(not(unix))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let text = |text: &'static str| move |out: &mut dyn Write| out.write_all(text.as_bytes());
        put(&path, None, false, text("one")).unwrap();
        assert!(put(&path, None, false, text("two")).is_err(), "it is there already");
        put(&path, None, true, text("two")).unwrap();
        assert!(put(&path, None, true, |out| out.write_all(b"half").and(Err(io::Error::other("disk full")))).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it_and_a_link_is_replaced_not_followed() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (path, victim) = (dir.path().join("a"), dir.path().join("victim"));
        std::fs::write(&victim, "mine").unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        put(&path, None, true, |out| out.write_all(b"x")).unwrap();
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
