//! What each part of the index occupies.

use super::{DialogIndex, engine};
use crate::IndexError;
use crate::sizes::PartSize;
use std::collections::BTreeMap;
use tantivy::TantivyError;
use tantivy::space_usage::PerFieldSpaceUsage;

impl DialogIndex {
    /// Of what is committed. What the files have besides, such as their ends, is some hundred bytes a segment.
    pub(crate) fn sizes(&self) -> Result<Vec<PartSize>, IndexError> {
        let mut bytes: BTreeMap<String, u64> = BTreeMap::new();
        for segment in &self.published.get().snapshot.segments {
            let read = segment.reader.space_usage().map_err(TantivyError::from);
            let segment = read.map_err(engine("measure a segment"))?;
            let mut add = |name: String, more: u64| *bytes.entry(name).or_default() += more;
            let kinds: [(&str, &PerFieldSpaceUsage); 4] = [
                ("terms", segment.termdict()),
                ("postings", segment.postings()),
                ("positions", segment.positions()),
                ("column", segment.fast_fields()),
            ];
            for (kind, fields) in kinds {
                fields
                    .fields()
                    .for_each(|field| add(format!("{kind} {}", field.field_name()), field.total().get_bytes()));
            }
            add("store of documents".to_owned(), segment.store().total().get_bytes());
            add("deletes".to_owned(), segment.deletes().get_bytes());
        }
        bytes.retain(|_, bytes| *bytes > 0);
        Ok(bytes.into_iter().map(|(name, bytes)| PartSize { name, bytes }).collect())
    }
}
