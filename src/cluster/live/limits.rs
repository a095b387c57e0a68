//! How much of what a server says is read. Whoever says more is not believed: the list or object is a gap, and the command goes on without it.

/// The largest answers that are read, unpacked, in bytes; and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One object, or what a server says of itself.
    pub answer: usize,
    /// A page of a list: five hundred objects of the largest size that a cluster can store do not come near.
    pub page: usize,
    /// A list that has to be asked for in one piece, because its pages expire faster than they come.
    pub whole: usize,
    /// All pages of one list together.
    pub list: usize,
    /// Pages of one list; a token that comes back ends it sooner.
    pub pages: usize,
    /// A line of a watch: one object, with room for what a cluster can store.
    pub event: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { answer: 64 << 20, page: 256 << 20, whole: 1 << 30, list: 8 << 30, pages: 5000, event: 16 << 20 }
    }
}

/// Which of them an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Most {
    Answer,
    Page,
    Whole,
    Event,
    /// One of its own, in bytes.
    Bytes(usize),
}

impl Limits {
    pub(super) fn bytes(&self, most: Most) -> usize {
        match most {
            Most::Answer => self.answer,
            Most::Page => self.page,
            Most::Whole => self.whole,
            Most::Event => self.event,
            Most::Bytes(bytes) => bytes,
        }
    }
}

/// A number of bytes as people write it.
pub(super) fn size(bytes: usize) -> String {
    match bytes {
        _ if bytes >= 1 << 30 && bytes.is_multiple_of(1 << 30) => format!("{} GiB", bytes >> 30),
        _ if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        _ => format!("{} KiB", bytes >> 10),
    }
}
