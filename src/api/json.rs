//! Bodies of requests, read as the contract reads JSON: names of members in any case, unknown members ignored,
//! numbers also as texts. What is wrong is told with the path to it.

mod body;
mod reading;
mod tree;
mod values;

pub(crate) use body::{JsonBody, JsonPatchBody, check_media_type};
pub(crate) use reading::{Unreadable, read_tree};
pub(crate) use tree::Tree;
pub(crate) use values::{Guid, Time, not_null};
