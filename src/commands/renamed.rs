//! A build under another name says that name: texts are written for `kubectl mesh`, and what is written passes through here.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::PLUGIN;

const WRITTEN: &str = "kubectl mesh";

/// The text with the plugin's own name in it.
pub fn renamed(text: &str) -> Cow<'_, str> {
    under(PLUGIN, text)
}

fn under<'t>(name: &str, text: &'t str) -> Cow<'t, str> {
    if name == "mesh" { Cow::Borrowed(text) } else { Cow::Owned(text.replace(WRITTEN, &format!("kubectl {name}"))) }
}

/// A stream that says the plugin's own name.
pub(super) fn stream(inner: impl Write + 'static) -> Box<dyn Write> {
    if PLUGIN == "mesh" { Box::new(inner) } else { Box::new(Renamed { inner, name: PLUGIN, line: Vec::new() }) }
}

/// Passes on whole lines, since a name may come in two pieces.
struct Renamed<W> {
    inner: W,
    name: &'static str,
    line: Vec<u8>,
}

impl<W: Write> Renamed<W> {
    fn pass(&mut self, until: usize) -> io::Result<()> {
        let rest = self.line.split_off(until);
        let line = std::mem::replace(&mut self.line, rest);
        // What is no text, such as a snapshot, holds no names.
        match std::str::from_utf8(&line) {
            Ok(text) => self.inner.write_all(under(self.name, text).as_bytes()),
            Err(_) => self.inner.write_all(&line),
        }
    }
}

impl<W: Write> Write for Renamed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') {
            self.pass(end + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass(self.line.len())?;
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_passes_as_it_is() {
        let mut stream = Renamed { inner: Vec::new(), name: "servicemesh", line: Vec::new() };
        stream.write_all(b"\xfd\n\x00kubectl mesh").unwrap();
        stream.flush().unwrap();
        assert_eq!(stream.inner, b"\xfd\n\x00kubectl servicemesh");
        let mut stream = Renamed { inner: Vec::new(), name: "servicemesh", line: Vec::new() };
        stream.write_all(b"\x28\xb5\x2f\xfd\xff\n\xfe").unwrap();
        stream.flush().unwrap();
        assert_eq!(stream.inner, b"\x28\xb5\x2f\xfd\xff\n\xfe");
    }

    #[test]
    fn another_name_is_said_wherever_ours_is_written() {
        let mut stream = Renamed { inner: Vec::new(), name: "servicemesh", line: Vec::new() };
        stream.write_all(b"next: kubectl me").unwrap();
        stream.write_all(b"sh explain X\nkubectl mesh").unwrap();
        stream.flush().unwrap();
        assert_eq!(String::from_utf8(stream.inner).unwrap(), "next: kubectl servicemesh explain X\nkubectl servicemesh");
        assert!(matches!(renamed("kubectl mesh"), Cow::Borrowed("kubectl mesh")));
    }
}
