//! A search that can be run: every value is within its bounds.

use crate::domain::{
    DialogId, DialogStatus, LanguageCode, Org, Party, ServiceOwnerLabel, ServiceResource, SystemLabel, Timestamp,
};

pub use crate::text::TextQuery;

/// One page of the dialogs that pass the filter, and counts over all of them if asked for.
#[derive(Clone, Debug)]
pub struct SearchQuery {
    pub filter: Filter,
    pub order: Order,
    pub position: Position,
    pub limit: PageSize,
    pub counts: Option<CountRequest>,
}

/// Different fields are AND-ed, values of one list OR-ed unless said otherwise. An empty list is no filter. A
/// dialog without a value never passes a comparison on it.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub parties: Vec<Party>,
    /// Compared without case.
    pub service_resources: Vec<ServiceResource>,
    pub orgs: Vec<Org>,
    pub statuses: Vec<DialogStatus>,
    pub extended_statuses: Vec<String>,
    pub external_reference: Option<String>,
    pub process: Option<String>,
    pub created: TimeRange,
    pub updated: TimeRange,
    pub content_updated: TimeRange,
    pub due: TimeRange,
    pub visible_from: TimeRange,
    /// Hides dialogs that are not yet visible or have expired at this time; for end users the time of the request.
    pub visible_at: Option<Timestamp>,
    pub deleted: DeletedFilter,
    /// The dialog must carry all of them.
    pub system_labels: Vec<SystemLabel>,
    /// The dialog must carry at least one of them.
    pub any_system_label: Vec<SystemLabel>,
    pub is_content_seen: Option<bool>,
    pub exclude_api_only: bool,
    /// The dialog must carry all of them.
    pub service_owner_labels: Vec<LabelPattern>,
    pub text: Option<TextSearch>,
}

/// Free text and the language it is read in. Without a language, plain, Norwegian and English readings are all
/// tried; with one, that one and the plain reading.
#[derive(Clone, Debug)]
pub struct TextSearch {
    pub query: TextQuery,
    pub language: Option<LanguageCode>,
}

/// Both ends are inclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    pub after: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeletedFilter {
    #[default]
    Exclude,
    Include,
    Only,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelPattern {
    Exact(ServiceOwnerLabel),
    /// Trimmed and lower case; every character is literal.
    Prefix(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortKey {
    ContentUpdatedAt,
    UpdatedAt,
    CreatedAt,
    /// The only key without a value in some dialogs: those come last ascending and first descending.
    DueAt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Ascending,
    Descending,
}

/// Sort keys in order of weight; the id decides last.
///
/// Invariant: at least one key, none twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    keys: Vec<(SortKey, Direction)>,
    id: Direction,
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    First,
    /// Strictly after the row with these values.
    After(Cursor),
}

/// The sort values of one row. `None` is "no due date".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// In the order of the query's keys.
    pub values: Vec<Option<Timestamp>>,
    pub id: DialogId,
}

/// How many dialogs a page holds.
///
/// Invariant: 1 to [`PageSize::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageSize(u16);

/// Which counts to make. The total is always among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountRequest {
    pub facets: Vec<FacetField>,
    /// How many values of each facet to name, 1 to [`CountRequest::MAX_LIMIT`].
    pub limit: u16,
}

/// The fields that can be counted. A facet ignores the filter of its own field and obeys all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FacetField {
    Status,
    SystemLabel,
    Org,
    ServiceResource,
    Party,
    ExtendedStatus,
    IsContentSeen,
    /// Only for service owners.
    ServiceOwnerLabel,
    Process,
    ContentUpdatedYear,
}

/// Exact counts of what the scope and the filter let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: u64,
    /// In the order asked for.
    pub facets: Vec<Facet>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    pub field: FacetField,
    /// By count descending, then by value.
    pub values: Vec<(String, u64)>,
    /// The sum of the counts of the values that `limit` cut off.
    pub other_count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be between 1 and {}", PageSize::MAX)]
pub struct InvalidPageSize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrder {
    #[error("names a sort key twice")]
    RepeatedKey,
}

impl Order {
    /// Without keys, contentUpdatedAt descending is used.
    pub fn new(mut keys: Vec<(SortKey, Direction)>, id: Direction) -> Result<Self, InvalidOrder> {
        let repeated =
            |(at, (key, _)): (usize, &(SortKey, Direction))| keys[..at].iter().any(|(other, _)| other == key);
        if keys.iter().enumerate().any(repeated) {
            return Err(InvalidOrder::RepeatedKey);
        }
        if keys.is_empty() {
            keys.push((SortKey::ContentUpdatedAt, Direction::Descending));
        }
        Ok(Self { keys, id })
    }

    pub fn keys(&self) -> &[(SortKey, Direction)] {
        &self.keys
    }

    pub fn id(&self) -> Direction {
        self.id
    }
}

impl Default for Order {
    fn default() -> Self {
        Self { keys: vec![(SortKey::ContentUpdatedAt, Direction::Descending)], id: Direction::Descending }
    }
}

impl PageSize {
    pub const MAX: u16 = 1000;
    pub const DEFAULT: Self = Self(100);

    pub fn new(size: i64) -> Result<Self, InvalidPageSize> {
        match u16::try_from(size) {
            Ok(size @ 1..=Self::MAX) => Ok(Self(size)),
            _ => Err(InvalidPageSize),
        }
    }

    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl CountRequest {
    pub const MAX_LIMIT: u16 = 1000;
    pub const DEFAULT_LIMIT: u16 = 20;
}

impl TimeRange {
    pub fn contains(&self, time: Option<Timestamp>) -> bool {
        match time {
            None => self.is_open(),
            Some(time) => {
                self.after.is_none_or(|after| time >= after) && self.before.is_none_or(|before| time <= before)
            }
        }
    }

    pub fn is_open(&self) -> bool {
        self.after.is_none() && self.before.is_none()
    }
}
