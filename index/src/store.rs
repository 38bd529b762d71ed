//! The redb store: the truth. Knows nothing of the index.
