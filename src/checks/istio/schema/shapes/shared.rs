//! Fields that several groups share.

use super::Shape::{self, Fields, Text};

pub(super) static TARGET_REF: Shape = Fields(&[("group", &Text), ("kind", &Text), ("name", &Text), ("namespace", &Text)]);
