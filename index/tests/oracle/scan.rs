//! The model: what a search means, said as plainly as possible over a list of dialogs.

use crate::random::FACETS;
use dialog_index::domain::{ContentValue, Dialog, DialogStatus, Localizations, MediaType, Org, SystemLabel, Timestamp};
use dialog_index::query::{
    Counts, DeletedFilter, Direction, Facet, FacetField, Filter, LabelPattern, Order, SortKey, TextQuery, TextSearch,
    TimeRange,
};
use dialog_index::{AuthorizedScope, DelegatedDialog, Rights};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One search, with its text also in the model's own form.
#[derive(Clone, Debug)]
pub(crate) struct SearchCase {
    pub(crate) who: Who,
    pub(crate) filter: Filter,
    pub(crate) text: Option<Text>,
    pub(crate) order: Order,
}

/// A scope, by who asks.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    Owner(Org),
    EndUser(Arc<Rights>),
    EndUserWithin(Arc<Rights>, Org),
}

/// Alternatives, each of which wants all of its phrases and none of its excluded ones.
#[derive(Clone, Debug)]
pub(crate) struct Text(pub(crate) Vec<Vec<Phrase>>);

/// Words one after another.
#[derive(Clone, Debug)]
pub(crate) struct Phrase {
    pub(crate) excluded: bool,
    pub(crate) words: Vec<&'static str>,
}

impl SearchCase {
    pub(crate) fn of_word(who: Who, word: &'static str) -> Self {
        let query = TextQuery::parse(word);
        let filter = Filter { text: Some(TextSearch { query, language: None }), ..Filter::default() };
        let text = Text(vec![vec![Phrase { excluded: false, words: vec![word] }]]);
        Self { who, filter, text: Some(text), order: Order::default() }
    }
}

impl Who {
    pub(crate) fn scope(&self) -> AuthorizedScope {
        match self {
            Self::Owner(owner) => AuthorizedScope::owned_by(owner.clone()),
            Self::EndUser(rights) => AuthorizedScope::of_end_user(rights.clone()),
            Self::EndUserWithin(rights, owner) => AuthorizedScope::of_end_user_within(rights.clone(), owner.clone()),
        }
    }

    fn may_see(&self, dialog: &Dialog) -> bool {
        match self {
            Self::Owner(owner) => dialog.org == *owner,
            Self::EndUser(rights) => has_right(rights, dialog),
            Self::EndUserWithin(rights, owner) => dialog.org == *owner && has_right(rights, dialog),
        }
    }

    fn reads_whole_text(&self, dialog: &Dialog) -> bool {
        match self {
            Self::Owner(_) | Self::EndUserWithin(..) => true,
            Self::EndUser(rights) => rights.readable.contains(&dialog.service_resource.to_lower()),
        }
    }
}

pub(crate) fn search<'a>(dialogs: &'a [Dialog], case: &SearchCase) -> Vec<&'a Dialog> {
    let mut found: Vec<&Dialog> = dialogs.iter().filter(|dialog| passes(case, dialog, None)).collect();
    found.sort_by(|one, other| compare(&case.order, one, other));
    found
}

pub(crate) fn counts(dialogs: &[Dialog], case: &SearchCase, limit: usize) -> Counts {
    let total = dialogs.iter().filter(|dialog| passes(case, dialog, None)).count() as u64;
    let facet = |field: FacetField| {
        let mut by_value: BTreeMap<String, u64> = BTreeMap::new();
        for dialog in dialogs.iter().filter(|dialog| passes(case, dialog, Some(field))) {
            for value in values(field, &case.who, dialog) {
                *by_value.entry(value).or_default() += 1;
            }
        }
        let mut values: Vec<(String, u64)> = by_value.into_iter().collect();
        values.sort_by(|(value, count), (other_value, other_count)| {
            other_count.cmp(count).then_with(|| value.cmp(other_value))
        });
        let rest = values.split_off(limit.min(values.len()));
        Facet { field, values, other_count: rest.iter().map(|(_, count)| count).sum() }
    };
    Counts { total, facets: FACETS.into_iter().map(facet).collect() }
}

fn has_right(rights: &Rights, dialog: &Dialog) -> bool {
    let resource = dialog.service_resource.to_lower();
    let by_party = rights.parties.iter().any(|(party, set)| *party == dialog.party && set.contains(&resource));
    by_party
        || rights.delegations.iter().any(|delegation| {
            let is_named = match &delegation.dialog {
                DelegatedDialog::Id(id) => *id == dialog.id,
                DelegatedDialog::Label(label) => dialog.service_owner_context.labels.contains(label),
            };
            is_named && delegation.party == dialog.party && delegation.resource == resource
        })
}

/// Whether a dialog is a hit when the filter of one field is ignored.
fn passes(case: &SearchCase, dialog: &Dialog, ignored: Option<FacetField>) -> bool {
    let filter = &case.filter;
    let own = |field: FacetField, passes: bool| ignored == Some(field) || passes;
    let labels = &dialog.service_owner_context.labels;
    let has_label = |pattern: &LabelPattern| match pattern {
        LabelPattern::Exact(wanted) => labels.contains(wanted),
        LabelPattern::Prefix(prefix) => labels.iter().any(|label| label.as_str().starts_with(prefix.as_str())),
    };
    let system_labels = dialog.end_user_context.system_labels;
    case.who.may_see(dialog)
        && own(FacetField::Party, any_of(&filter.parties, Some(&dialog.party)))
        && own(FacetField::ServiceResource, {
            let wanted: Vec<_> = filter.service_resources.iter().map(|resource| resource.to_lower()).collect();
            any_of(&wanted, Some(&dialog.service_resource.to_lower()))
        })
        && own(FacetField::Org, any_of(&filter.orgs, Some(&dialog.org)))
        && own(FacetField::Status, any_of(&filter.statuses, Some(&dialog.status)))
        && own(FacetField::ExtendedStatus, any_of(&filter.extended_statuses, dialog.extended_status.as_ref()))
        && own(FacetField::Process, filter.process.is_none() || filter.process == dialog.process)
        && own(FacetField::SystemLabel, {
            let has = |label: &SystemLabel| system_labels.contains(*label);
            let any = &filter.any_system_label;
            filter.system_labels.iter().all(has) && (any.is_empty() || any.iter().any(has))
        })
        && own(FacetField::ServiceOwnerLabel, filter.service_owner_labels.iter().all(has_label))
        && own(FacetField::IsContentSeen, filter.is_content_seen.is_none_or(|seen| dialog.is_content_seen() == seen))
        && own(FacetField::ContentUpdatedYear, within(filter.content_updated, Some(dialog.content_updated_at)))
        && (filter.external_reference.is_none() || filter.external_reference == dialog.external_reference)
        && within(filter.created, Some(dialog.created_at))
        && within(filter.updated, Some(dialog.updated_at))
        && within(filter.due, dialog.due_at)
        && within(filter.visible_from, dialog.visible_from)
        && filter.visible_at.is_none_or(|at| {
            dialog.visible_from.is_none_or(|from| from <= at) && dialog.expires_at.is_none_or(|expires| expires > at)
        })
        && match filter.deleted {
            DeletedFilter::Exclude => dialog.deleted_at.is_none(),
            DeletedFilter::Include => true,
            DeletedFilter::Only => dialog.deleted_at.is_some(),
        }
        && !(filter.exclude_api_only && dialog.is_api_only)
        && case.text.as_ref().is_none_or(|text| text.matches(&words(&case.who, dialog)))
}

fn any_of<T: PartialEq>(wanted: &[T], value: Option<&T>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
}

fn within(range: TimeRange, time: Option<Timestamp>) -> bool {
    let after = range.after.is_none_or(|after| time.is_some_and(|time| after <= time));
    let before = range.before.is_none_or(|before| time.is_some_and(|time| time <= before));
    after && before
}

fn compare(order: &Order, one: &Dialog, other: &Dialog) -> Ordering {
    for (key, direction) in order.keys() {
        let by_key = match key {
            SortKey::ContentUpdatedAt => one.content_updated_at.cmp(&other.content_updated_at),
            SortKey::UpdatedAt => one.updated_at.cmp(&other.updated_at),
            SortKey::CreatedAt => one.created_at.cmp(&other.created_at),
            SortKey::DueAt => match (one.due_at, other.due_at) {
                (Some(one), Some(other)) => one.cmp(&other),
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
            },
        };
        if by_key.is_ne() {
            return directed(*direction, by_key);
        }
    }
    directed(order.id(), one.id.0.as_bytes().cmp(other.id.0.as_bytes()))
}

fn directed(direction: Direction, ordering: Ordering) -> Ordering {
    match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    }
}

fn values(field: FacetField, who: &Who, dialog: &Dialog) -> Vec<String> {
    match field {
        FacetField::Status => vec![status_name(dialog.status).to_owned()],
        FacetField::SystemLabel => {
            dialog.end_user_context.system_labels.iter().map(|label| format!("{label:?}")).collect()
        }
        FacetField::Org => vec![dialog.org.to_string()],
        FacetField::ServiceResource => vec![dialog.service_resource.as_str().to_lowercase()],
        FacetField::Party => vec![dialog.party.as_str().to_owned()],
        FacetField::ExtendedStatus => dialog.extended_status.iter().cloned().collect(),
        FacetField::IsContentSeen => vec![dialog.is_content_seen().to_string()],
        FacetField::ServiceOwnerLabel => match who {
            Who::EndUser(_) => Vec::new(),
            Who::Owner(_) | Who::EndUserWithin(..) => {
                dialog.service_owner_context.labels.iter().map(|label| label.as_str().to_owned()).collect()
            }
        },
        FacetField::Process => dialog.process.iter().cloned().collect(),
        FacetField::ContentUpdatedYear => vec![dialog.content_updated_at.to_string()[..4].to_owned()],
    }
}

fn status_name(status: DialogStatus) -> &'static str {
    match status {
        DialogStatus::InProgress => "InProgress",
        DialogStatus::Draft => "Draft",
        DialogStatus::RequiresAttention => "RequiresAttention",
        DialogStatus::Completed => "Completed",
        DialogStatus::NotApplicable => "NotApplicable",
        DialogStatus::Awaiting => "Awaiting",
    }
}

impl Text {
    fn matches(&self, words: &[String]) -> bool {
        let has = |phrase: &Phrase| words.windows(phrase.words.len()).any(|run| run == phrase.words);
        // What could only be answered by a scan is not answered.
        let is_answerable = self.0.iter().all(|wanted| wanted.iter().any(|phrase| !phrase.excluded));
        is_answerable && self.0.iter().any(|wanted| wanted.iter().all(|phrase| has(phrase) != phrase.excluded))
    }
}

/// The words that may be searched, in order.
fn words(who: &Who, dialog: &Dialog) -> Vec<String> {
    let texts = if who.reads_whole_text(dialog) { whole_text(dialog) } else { open_text(dialog) };
    texts.iter().flat_map(|text| text.split_whitespace()).map(str::to_lowercase).collect()
}

fn whole_text(dialog: &Dialog) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(content) = &dialog.content {
        texts.extend(plain(Some(&content.title)));
        texts.extend(plain(content.sender_name.as_ref()));
        texts.extend(plain(content.summary.as_ref()));
        texts.extend(plain(content.additional_info.as_ref()));
        texts.extend(plain(content.extended_status.as_ref()));
        texts.extend(plain(content.non_sensitive_title.as_ref()));
        texts.extend(plain(content.non_sensitive_summary.as_ref()));
    }
    texts.extend(dialog.search_tags.iter().cloned());
    let mut transmissions: Vec<_> = dialog.transmissions.iter().collect();
    transmissions.sort_by_key(|it| (it.created_at.as_micros().div_euclid(1_000_000), it.id));
    for content in transmissions.iter().filter_map(|transmission| transmission.content.as_ref()) {
        texts.extend(plain(Some(&content.title)));
        texts.extend(plain(content.summary.as_ref()));
    }
    texts.extend(dialog.attachments.iter().flat_map(|attachment| all(&attachment.display_name)));
    let mut activities: Vec<_> = dialog.activities.iter().collect();
    activities.sort_by_key(|activity| (activity.created_at, activity.id));
    texts.extend(activities.iter().flat_map(|activity| all(&activity.description)));
    texts
}

/// What lists show to those who may not read everything.
fn open_text(dialog: &Dialog) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(content) = &dialog.content {
        texts.extend(plain(content.non_sensitive_title.as_ref().or(Some(&content.title))));
        texts.extend(plain(content.sender_name.as_ref()));
        texts.extend(plain(content.non_sensitive_summary.as_ref().or(content.summary.as_ref())));
        texts.extend(plain(content.extended_status.as_ref()));
    }
    texts.extend(dialog.latest_activity().iter().flat_map(|activity| all(&activity.description)));
    texts
}

fn plain(value: Option<&ContentValue>) -> Vec<String> {
    let value = value.filter(|value| value.media_type == MediaType::PlainText);
    value.map(|value| all(&value.value)).unwrap_or_default()
}

fn all(texts: &Localizations) -> Vec<String> {
    texts.iter().map(|text| text.value.clone()).collect()
}
