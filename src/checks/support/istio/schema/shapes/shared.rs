//! Fields that several groups share.

use crate::checks::support::istio::schema::shapes::Shape::{self, Fields, Text};

pub(in crate::checks) static TARGET_REF: Shape = Fields(&[("group", &Text), ("kind", &Text), ("name", &Text), ("namespace", &Text)]);
