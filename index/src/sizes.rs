//! What the data occupies on disk, part by part.

/// Sizes of one data folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    pub dialogs: u64,
    /// The tables of the store: keys, values and what holds them together. The file also keeps pages for later use,
    /// which are in none of them.
    pub store: Vec<PartSize>,
    /// The parts of the index. Files of merges that are not over are in none of them.
    pub index: Vec<PartSize>,
}

/// What one part occupies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSize {
    /// The name of a table, or a kind of data and the name of a field.
    pub name: String,
    pub bytes: u64,
}
