//! A plugin under another name says that name: texts are written for `kubectl mesh`, and what is written passes through here.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::plugin::plugin;

const WRITTEN: &str = "kubectl mesh";

/// The text with the plugin's own name in it.
pub fn renamed(text: &str) -> Cow<'_, str> {
    if plugin().as_written() { Cow::Borrowed(text) } else { Cow::Owned(under(&plugin().command(), text)) }
}

fn under(command: &str, text: &str) -> String {
    text.replace(WRITTEN, command)
}

/// A stream that says the plugin's own name.
pub(super) fn stream(inner: impl Write + 'static) -> Box<dyn Write> {
    if plugin().as_written() { Box::new(inner) } else { Box::new(Renamed { inner, command: plugin().command(), line: Vec::new() }) }
}

/// Passes on whole lines, since a name may come in two pieces.
struct Renamed<W> {
    inner: W,
    command: String,
    line: Vec<u8>,
}

impl<W: Write> Renamed<W> {
    fn pass(&mut self, until: usize) -> io::Result<()> {
        let rest = self.line.split_off(until);
        let line = std::mem::replace(&mut self.line, rest);
        self.inner.write_all(under(&self.command, &String::from_utf8_lossy(&line)).as_bytes())
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
    fn another_name_is_said_wherever_ours_is_written() {
        let mut stream = Renamed { inner: Vec::new(), command: "kubectl service-mesh".to_owned(), line: Vec::new() };
        stream.write_all(b"next: kubectl me").unwrap();
        stream.write_all(b"sh explain X\nkubectl mesh").unwrap();
        stream.flush().unwrap();
        assert_eq!(String::from_utf8(stream.inner).unwrap(), "next: kubectl service-mesh explain X\nkubectl service-mesh");
        assert!(matches!(renamed("kubectl mesh"), Cow::Borrowed("kubectl mesh")));
    }
}
