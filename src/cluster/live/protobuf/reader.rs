//! The wire format: tagged fields of four shapes, read in place.

use std::fmt;

use crate::model::Str;

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Malformed(pub(super) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A field's value.
#[derive(Clone, Copy)]
pub(super) enum Wire<'a> {
    /// A number.
    Int(u64),
    /// A text, bytes or a message.
    Bytes(&'a [u8]),
    /// A fixed-width number, of which the model has none.
    Fixed,
}

/// Something that can be read from its encoded fields.
pub(in super::super) trait Message: Sized {
    /// Reads it; unknown fields are skipped, missing ones are empty.
    fn decode(bytes: &[u8]) -> Result<Self, Malformed>;
}

impl<'a> Wire<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8], Malformed> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed("a number stands where a text or a message belongs")),
        }
    }

    pub(super) fn text(self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }

    pub(super) fn str(self) -> Result<Str, Malformed> {
        self.text().map(Str::intern)
    }

    pub(super) fn int(self) -> Result<i64, Malformed> {
        match self {
            // Negative numbers are written as their 64-bit two's complement.
            Self::Int(n) => Ok(n as i64),
            _ => Err(Malformed("a text or a message stands where a number belongs")),
        }
    }

    pub(super) fn int32(self) -> Result<i32, Malformed> {
        i32::try_from(self.int()?).map_err(|_| Malformed("a number is too large"))
    }

    pub(super) fn bool(self) -> Result<bool, Malformed> {
        self.int().map(|n| n != 0)
    }

    pub(super) fn message<M: Message>(self) -> Result<M, Malformed> {
        M::decode(self.bytes()?)
    }
}

/// Calls `take` with each field of a message.
pub(super) fn each<'a>(mut bytes: &'a [u8], mut take: impl FnMut(u64, Wire<'a>) -> Result<(), Malformed>) -> Result<(), Malformed> {
    const SHORT: Malformed = Malformed("it ends in the middle of a field");
    while !bytes.is_empty() {
        let (tag, rest) = varint(bytes).ok_or(SHORT)?;
        let (wire, rest) = match tag & 7 {
            0 => varint(rest).map(|(n, rest)| (Wire::Int(n), rest)).ok_or(SHORT)?,
            1 => (Wire::Fixed, rest.get(8..).ok_or(SHORT)?),
            2 => {
                let (length, rest) = varint(rest).ok_or(SHORT)?;
                let (value, rest) = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length)).ok_or(SHORT)?;
                (Wire::Bytes(value), rest)
            }
            5 => (Wire::Fixed, rest.get(4..).ok_or(SHORT)?),
            _ => return Err(Malformed("a field has a item_kind that does not exist")),
        };
        take(tag >> 3, wire)?;
        bytes = rest;
    }
    Ok(())
}

/// The content of the field `number` that `bytes` begins with, when all of it is there, and what follows it.
pub(super) fn field(bytes: &[u8], number: u64) -> Option<(&[u8], &[u8])> {
    let (rest, length) = opened(bytes, number)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// What follows the tag and length of the field `number` that `bytes` begins with, and that length.
pub(super) fn opened(bytes: &[u8], number: u64) -> Option<(&[u8], u64)> {
    let (tag, rest) = varint(bytes)?;
    let (length, rest) = varint(rest)?;
    (tag == number << 3 | 2).then_some((rest, length))
}

/// A number of up to ten bytes, seven bits each, the lowest first.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (i, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}
