//! Searches: names to numbers, numbers to hits, hits to items.

use super::late_reading::LateReading;
use super::{Dialogs, KeptItem, SearchPage};
use crate::domain::{DialogStatus, ListItem, SystemLabel};
use crate::query::{
    CountRequest, Counts, DeletedFilter, Facet, FacetField, Filter, LabelPattern, PageSize, SearchQuery,
};
use crate::search::{FacetCounts, IndexView, Permitted, SelectionCounts, Subject};
use crate::store::{Dictionaries, Kind};
use crate::{AuthorizedScope, Driver, Explanation, IndexGauges, ReadError, StoreError};
use std::cmp::Reverse;
use std::sync::Arc;

/// What is thought to take less is done at once, in nanoseconds.
const AT_ONCE: f64 = 100_000.0;

impl Dialogs {
    /// One page of the dialogs that the scope permits and the query asks for, and counts over all of them if asked.
    pub fn search(&self, scope: &AuthorizedScope, query: &SearchQuery) -> Result<SearchPage, ReadError> {
        Ok(self.explain_search(scope, query, None)?.0)
    }

    /// As [`Dialogs::search`], with what was done for the page. With `only`, that way is gone if the search can go it,
    /// whatever the others would cost.
    pub fn explain_search(
        &self,
        scope: &AuthorizedScope,
        query: &SearchQuery,
        only: Option<Driver>,
    ) -> Result<(SearchPage, Explanation), ReadError> {
        let (store, index) = (&self.inner.store, &self.inner.index);
        // The index first: what it holds, the store and what is kept of it do then too.
        let view = index.view();
        let reading = LateReading::of(store);
        let names = store.dictionaries();
        let selection = self.inner.resolver.selection(names, &reading, scope, &query.filter)?;
        let SearchQuery { order, position, limit, counts: request, .. } = query;
        let (hits, counts, explanation) = match request {
            None => {
                let (hits, explanation) = view.search(&selection, order, position, *limit, only)?;
                (hits, None, explanation)
            }
            Some(request) => {
                let fields = counted_fields(scope, request);
                let (hits, counted, explanation) =
                    view.search_and_count(&selection, order, position, *limit, &fields, only)?;
                (hits, Some(counts(names, &counted, request)?), explanation)
            }
        };
        trace(&explanation);
        let items = self.inner.kept_items.items(&hits.numbers, &reading)?;
        let items = still_allowed_items(names, &view, &selection.permitted, &query.filter, &hits.numbers, items);
        Ok((SearchPage { items, has_next: hits.has_next, last: hits.last, counts }, explanation))
    }

    /// As [`Dialogs::explain_search`], for threads that may not be blocked: if all that is needed is in memory, and takes
    /// a fraction of a millisecond. Otherwise `None`, and nothing was done.
    pub fn search_at_once(
        &self,
        scope: &AuthorizedScope,
        query: &SearchQuery,
    ) -> Result<Option<(SearchPage, Explanation)>, ReadError> {
        if !is_of_columns(query) || query.limit > PageSize::DEFAULT {
            return Ok(None);
        }
        let SearchQuery { filter, order, position, limit, .. } = query;
        // As in a search that may wait, the index comes first.
        let view = self.inner.index.view();
        let names = self.inner.store.dictionaries();
        let Some(selection) = self.inner.resolver.known_selection(names, scope, filter) else { return Ok(None) };
        let found = view.search_within(AT_ONCE, &selection, order, position, *limit)?;
        let Some((hits, explanation)) = found else { return Ok(None) };
        let Some(items) = self.inner.kept_items.kept(&hits.numbers) else { return Ok(None) };
        trace(&explanation);
        let items = still_allowed_items(names, &view, &selection.permitted, filter, &hits.numbers, items);
        Ok(Some((SearchPage { items, has_next: hits.has_next, last: hits.last, counts: None }, explanation)))
    }

    /// Counts over all dialogs that the scope permits and the filter asks for.
    pub fn count(&self, scope: &AuthorizedScope, filter: &Filter, request: &CountRequest) -> Result<Counts, ReadError> {
        Ok(self.explain_count(scope, filter, request, None)?.0)
    }

    /// As [`Dialogs::count`], with what was done for the counts. With `only`, that way is gone if it can be.
    pub fn explain_count(
        &self,
        scope: &AuthorizedScope,
        filter: &Filter,
        request: &CountRequest,
        only: Option<Driver>,
    ) -> Result<(Counts, Explanation), ReadError> {
        let (store, index) = (&self.inner.store, &self.inner.index);
        let view = index.view();
        let names = store.dictionaries();
        let selection = self.inner.resolver.selection(names, &LateReading::of(store), scope, filter)?;
        let (counted, explanation) = view.count(&selection, &counted_fields(scope, request), only)?;
        trace(&explanation);
        Ok((counts(names, &counted, request)?, explanation))
    }

    /// How large the index is.
    pub fn index_gauges(&self) -> IndexGauges {
        self.inner.index.gauges()
    }
}

/// Whether columns, which are in memory, and names that are looked up one by one are all that a search reads of the
/// index. Words are read from files, which may have to be fetched.
fn is_of_columns(query: &SearchQuery) -> bool {
    let Filter { text, external_reference, service_owner_labels, .. } = &query.filter;
    query.counts.is_none()
        && text.is_none()
        && external_reference.is_none()
        && service_owner_labels.iter().all(|label| matches!(label, LabelPattern::Exact(_)))
}

/// Estimates and times are in nanoseconds.
fn trace(explanation: &Explanation) {
    let Explanation { driver, estimates, segments, tail, matched, planning, waiting, searching } = explanation;
    let of = |driver: Driver| estimates.iter().find(|it| it.driver == driver).map(|it| it.nanoseconds.round());
    tracing::trace!(
        driver = driver.name(),
        estimated_scan = of(Driver::Scan),
        estimated_parties = of(Driver::Parties),
        estimated_filter = of(Driver::Filter),
        estimated_text = of(Driver::Text),
        segments,
        tail,
        matched,
        planning = planning.as_nanos(),
        waiting = waiting.as_nanos(),
        searching = searching.as_nanos(),
        "searched"
    );
}

/// The items of hits, as far as there are any that the caller may see.
fn still_allowed_items(
    names: &Dictionaries,
    view: &IndexView,
    permitted: &Permitted,
    filter: &Filter,
    numbers: &[u64],
    items: Vec<Option<Arc<KeptItem>>>,
) -> Vec<Arc<KeptItem>> {
    let items = numbers.iter().zip(items).filter_map(|(number, item)| {
        item.filter(|item| {
            let is_as_searched = item.as_of() <= view.sequence();
            is_as_searched || still_allowed(names, permitted, filter, *number, item)
        })
    });
    items.collect()
}

/// The item may be newer than what was searched. What has meanwhile left the caller's sight is not shown.
fn still_allowed(names: &Dictionaries, permitted: &Permitted, filter: &Filter, number: u64, item: &ListItem) -> bool {
    let is_visible = filter.visible_at.is_none_or(|at| {
        item.visible_from.is_none_or(|from| from <= at) && item.expires_at.is_none_or(|expires| expires > at)
    });
    let is_wanted = match filter.deleted {
        DeletedFilter::Exclude => item.deleted_at.is_none(),
        DeletedFilter::Include => true,
        DeletedFilter::Only => item.deleted_at.is_some(),
    };
    let is_permitted = || NumberedItem::of(names, number, item).is_some_and(|numbered| permitted.permits(&numbered));
    is_visible && is_wanted && is_permitted()
}

/// What decides whether an item may be seen.
struct NumberedItem {
    number: u64,
    party: u32,
    resource: u32,
    org: u32,
    labels: Vec<u32>,
}

impl NumberedItem {
    /// `None` if the store does not know its names.
    fn of(names: &Dictionaries, number: u64, item: &ListItem) -> Option<Self> {
        let labels = item.service_owner_labels.iter();
        Some(Self {
            number,
            party: names.number_of(Kind::Party, item.party.as_str())?,
            resource: names.number_of(Kind::Resource, item.service_resource.to_lower().as_str())?,
            org: names.number_of(Kind::Org, item.org.as_str())?,
            labels: labels.filter_map(|label| names.number_of(Kind::ServiceOwnerLabel, label.as_str())).collect(),
        })
    }
}

impl Subject for &NumberedItem {
    fn number(self) -> u64 {
        self.number
    }

    fn party(self) -> u32 {
        self.party
    }

    fn resource(self) -> u32 {
        self.resource
    }

    fn org(self) -> u32 {
        self.org
    }

    fn service_owner_labels(self) -> impl Iterator<Item = u32> {
        self.labels.iter().copied()
    }
}

/// The fields of which something is counted.
fn counted_fields(scope: &AuthorizedScope, request: &CountRequest) -> Vec<FacetField> {
    // A service owner's labels are its own.
    let is_counted = |field: &FacetField| *field != FacetField::ServiceOwnerLabel || scope.owner().is_some();
    request.facets.iter().copied().filter(is_counted).collect()
}

fn counts(names: &Dictionaries, counted: &SelectionCounts, request: &CountRequest) -> Result<Counts, StoreError> {
    let facet = |field: &FacetField| match counted.facets.iter().find(|facet| facet.field == *field) {
        Some(facet) => named(names, facet, usize::from(request.limit)),
        None => Ok(Facet { field: *field, values: Vec::new(), other_count: 0 }),
    };
    let facets = request.facets.iter().map(facet).collect::<Result<Vec<Facet>, StoreError>>()?;
    Ok(Counts { total: counted.total, facets })
}

/// The most frequent values by name, and how many there are of the others.
fn named(names: &Dictionaries, facet: &FacetCounts, limit: usize) -> Result<Facet, StoreError> {
    let counts = || facet.by_number.iter().map(|(_, count)| count);
    // Equal counts are ordered by name, so all that are as frequent as the last one shown are named.
    let least = nth_largest(counts().collect(), limit.saturating_sub(1)).unwrap_or(0);
    let total: u64 = counts().sum();
    let named = facet.by_number.iter().filter(|(_, count)| *count >= least);
    let named = named.map(|(number, count)| Ok((name(names, facet.field, number)?, count)));
    let mut values = named.collect::<Result<Vec<(String, u64)>, StoreError>>()?;
    values
        .sort_by(|(name, count), (other_name, other_count)| other_count.cmp(count).then_with(|| name.cmp(other_name)));
    values.truncate(limit);
    let shown: u64 = values.iter().map(|(_, count)| count).sum();
    Ok(Facet { field: facet.field, values, other_count: total - shown })
}

/// `None` if there are no more than `n`. Facets of parties can have a hundred thousand values, too many to be sorted.
fn nth_largest(mut counts: Vec<u64>, n: usize) -> Option<u64> {
    if n >= counts.len() {
        return None;
    }
    let (_, nth, _) = counts.select_nth_unstable_by_key(n, |count| Reverse(*count));
    Some(*nth)
}

/// What a counted number stands for, in the contract's words.
fn name(names: &Dictionaries, field: FacetField, number: i64) -> Result<String, StoreError> {
    let of_dictionary = |kind: Kind| {
        let name = u32::try_from(number).ok().and_then(|number| names.name_of(kind, number));
        name.map(|name| name.as_ref().to_owned())
    };
    let place = usize::try_from(number).ok();
    let name = match field {
        FacetField::Status => place.and_then(|place| DialogStatus::ALL.get(place)).map(|it| it.name().to_owned()),
        FacetField::SystemLabel => place.and_then(|place| SystemLabel::ALL.get(place)).map(|it| it.name().to_owned()),
        FacetField::IsContentSeen => Some((number != 0).to_string()),
        FacetField::ContentUpdatedYear => Some(number.to_string()),
        FacetField::Org => of_dictionary(Kind::Org),
        FacetField::ServiceResource => of_dictionary(Kind::Resource),
        FacetField::Party => of_dictionary(Kind::Party),
        FacetField::ExtendedStatus => of_dictionary(Kind::ExtendedStatus),
        FacetField::ServiceOwnerLabel => of_dictionary(Kind::ServiceOwnerLabel),
        FacetField::Process => of_dictionary(Kind::Process),
    };
    name.ok_or(StoreError::Damaged { what: "name that is counted", source: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogs::NewDialog;
    use crate::dialogs::fixture::{ALICE, TestDialogs, new_dialog, owner};
    use crate::domain::{Dialog, DialogId, Org, Party, ServiceOwnerLabel, ServiceResource, Timestamp};
    use crate::query::{LabelPattern, Order, PageSize, Position, TextSearch};
    use crate::text::TextQuery;
    use crate::{DelegatedDialog, Delegation, Rights};
    use std::collections::HashSet;
    use std::sync::Arc;
    use uuid::Uuid;

    const ACME: &str = "urn:altinn:organization:identifier-no:974761076";
    const SERVICE: &str = "urn:altinn:resource:skd-skattemelding";

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn party(urn: &str) -> Party {
        Party::parse(urn).expect("a valid party")
    }

    fn service(urn: &str) -> ServiceResource {
        ServiceResource::parse(urn).expect("a valid resource")
    }

    fn label(text: &str) -> ServiceOwnerLabel {
        ServiceOwnerLabel::parse(text).expect("a valid label")
    }

    fn ids(dialogs: &Dialogs, scope: &AuthorizedScope, filter: Filter) -> Vec<u128> {
        let query = SearchQuery {
            filter,
            order: Order::default(),
            position: Position::First,
            limit: PageSize::DEFAULT,
            counts: None,
        };
        let page = dialogs.search(scope, &query).expect("searched");
        let mut ids: Vec<u128> = page.items.iter().map(|item| item.id.0.as_u128()).collect();
        ids.sort_unstable();
        ids
    }

    fn create(dialogs: &Dialogs, id: u128, change: impl FnOnce(&mut NewDialog)) {
        let mut dialog = new_dialog(id);
        change(&mut dialog);
        dialogs.create(dialog, at(1_780_000_000_000_000)).expect("created");
    }

    #[test]
    fn rights_that_are_kept_resolved_learn_of_new_names() {
        let TestDialogs { dialogs, folder: _folder } = TestDialogs::new();
        let services = Arc::new(HashSet::from([service(SERVICE), service("urn:altinn:resource:late")]));
        let delegation =
            |dialog| Delegation { party: party(ALICE), resource: service("urn:altinn:resource:other"), dialog };
        let scope = AuthorizedScope::of_end_user(Arc::new(Rights {
            parties: vec![(party(ALICE), services.clone()), (party(ACME), services)],
            delegations: vec![
                delegation(DelegatedDialog::Id(DialogId(Uuid::from_u128(5)))),
                delegation(DelegatedDialog::Label(label("letter"))),
            ],
            ..Rights::default()
        }));
        let found = || ids(&dialogs, &scope, Filter::default());
        assert_eq!(found(), [0; 0]);
        create(&dialogs, 1, |_| ());
        assert_eq!(found(), [1]);
        create(&dialogs, 2, |dialog| dialog.party = party(ACME));
        assert_eq!(found(), [1, 2], "a party that had no dialog");
        create(&dialogs, 3, |dialog| dialog.service_resource = service("urn:altinn:resource:Late"));
        assert_eq!(found(), [1, 2, 3], "a service that had no dialog");
        create(&dialogs, 4, |dialog| dialog.service_resource = service("urn:altinn:resource:other"));
        assert_eq!(found(), [1, 2, 3], "a service that is delegated for other dialogs only");
        create(&dialogs, 5, |dialog| dialog.service_resource = service("urn:altinn:resource:other"));
        assert_eq!(found(), [1, 2, 3, 5], "a dialog delegated by its id");
        create(&dialogs, 6, |dialog| {
            dialog.service_resource = service("urn:altinn:resource:other");
            dialog.service_owner_labels = vec![label("letter")];
        });
        assert_eq!(found(), [1, 2, 3, 5, 6], "a dialog delegated by a label");
    }

    #[test]
    fn only_what_is_at_hand_is_done_at_once() {
        let TestDialogs { dialogs, folder: _folder } = TestDialogs::new();
        create(&dialogs, 1, |_| ());
        let services = Arc::new(HashSet::from([service(SERVICE)]));
        let rights = || Rights { parties: vec![(party(ALICE), services.clone())], ..Rights::default() };
        let scope = AuthorizedScope::of_end_user(Arc::new(rights()));
        let query = |filter| SearchQuery {
            filter,
            order: Order::default(),
            position: Position::First,
            limit: PageSize::DEFAULT,
            counts: None,
        };
        let plain = query(Filter::default());
        let at_once = |scope: &AuthorizedScope, query: &SearchQuery| {
            let page = dialogs.search_at_once(scope, query).expect("searched");
            page.map(|(page, _)| page.items.len())
        };
        assert_eq!(at_once(&scope, &plain), None, "neither rights nor items are at hand");
        dialogs.search(&scope, &plain).expect("searched");
        assert_eq!(at_once(&scope, &plain), Some(1));
        assert_eq!(at_once(&AuthorizedScope::of_end_user(Arc::new(rights())), &plain), None, "other rights");
        create(&dialogs, 2, |_| ());
        assert_eq!(at_once(&scope, &plain), None, "an item was never read");
        dialogs.search(&scope, &plain).expect("searched");
        assert_eq!(at_once(&scope, &plain), Some(2));
        let filtered = Filter { statuses: vec![DialogStatus::Draft], ..Filter::default() };
        assert_eq!(at_once(&scope, &query(filtered)), Some(0));
        let text = TextSearch { query: TextQuery::parse("melding"), language: None };
        let counts = CountRequest { facets: Vec::new(), limit: CountRequest::DEFAULT_LIMIT };
        for longer in [
            query(Filter { text: Some(text), ..Filter::default() }),
            query(Filter { external_reference: Some("none".to_owned()), ..Filter::default() }),
            query(Filter { service_owner_labels: vec![LabelPattern::Prefix("a".to_owned())], ..Filter::default() }),
            SearchQuery { limit: PageSize::new(101).expect("a size"), ..plain.clone() },
            SearchQuery { counts: Some(counts), ..plain.clone() },
        ] {
            assert_eq!(at_once(&scope, &longer), None, "{longer:?}");
        }
    }

    #[test]
    fn names_that_nothing_has_find_nothing() {
        let TestDialogs { dialogs, folder: _folder } = TestDialogs::new();
        create(&dialogs, 1, |dialog| dialog.service_owner_labels = vec![label("abc")]);
        let owner = owner();
        assert_eq!(ids(&dialogs, &owner, Filter::default()), [1]);
        let filters = [
            Filter { parties: vec![party(ACME)], ..Filter::default() },
            Filter { service_resources: vec![service("urn:altinn:resource:none")], ..Filter::default() },
            Filter { orgs: vec![Org::new("none")], ..Filter::default() },
            Filter { extended_statuses: vec!["none".to_owned()], ..Filter::default() },
            Filter { process: Some("urn:none".to_owned()), ..Filter::default() },
            Filter { external_reference: Some("none".to_owned()), ..Filter::default() },
            Filter { service_owner_labels: vec![LabelPattern::Exact(label("none"))], ..Filter::default() },
            Filter { service_owner_labels: vec![LabelPattern::Prefix("abcd".to_owned())], ..Filter::default() },
        ];
        for filter in filters {
            assert_eq!(ids(&dialogs, &owner, filter.clone()), [0; 0], "{filter:?}");
        }
        assert_eq!(ids(&dialogs, &AuthorizedScope::owned_by(Org::new("none")), Filter::default()), [0; 0]);
    }

    #[test]
    fn items_that_have_left_the_callers_sight_are_dropped() {
        let TestDialogs { dialogs, folder: _folder } = TestDialogs::new();
        create(&dialogs, 1, |_| ());
        create(&dialogs, 2, |dialog| dialog.org = Org::new("ttd"));
        let names = dialogs.inner.store.dictionaries();
        let permitted = Permitted::OwnedBy(names.number_of(Kind::Org, "skd"));
        let item = |change: fn(&mut Dialog)| {
            let (mut dialog, _) = new_dialog(1).complete(at(0));
            change(&mut dialog);
            ListItem::of(&dialog, &[])
        };
        let check = |filter: &Filter, item: ListItem, expected: bool| {
            assert_eq!(still_allowed(names, &permitted, filter, 1, &item), expected, "{item:?}");
        };
        let now = Filter { visible_at: Some(at(10)), ..Filter::default() };
        check(&now, item(|_| ()), true);
        check(&now, item(|dialog| dialog.org = Org::new("ttd")), false);
        check(&now, item(|dialog| dialog.deleted_at = Some(at(0))), false);
        check(&now, item(|dialog| dialog.visible_from = Some(at(10))), true);
        check(&now, item(|dialog| dialog.visible_from = Some(at(11))), false);
        check(&now, item(|dialog| dialog.expires_at = Some(at(11))), true);
        check(&now, item(|dialog| dialog.expires_at = Some(at(10))), false);
        let any_time = Filter { deleted: DeletedFilter::Only, ..Filter::default() };
        check(&any_time, item(|dialog| dialog.expires_at = Some(at(10))), false);
        check(&any_time, item(|dialog| dialog.deleted_at = Some(at(0))), true);
    }

    #[test]
    fn equal_counts_are_cut_by_name() {
        let TestDialogs { dialogs, folder: _folder } = TestDialogs::new();
        for (id, process) in (1..).zip(["urn:c", "urn:b", "urn:b", "urn:a", "urn:d"]) {
            create(&dialogs, id, |dialog| dialog.process = Some(process.to_owned()));
        }
        let facet = |limit| {
            let request = CountRequest { facets: vec![FacetField::Process], limit };
            let counts = dialogs.count(&owner(), &Filter::default(), &request).expect("counted");
            assert_eq!(counts.total, 5);
            let facet = counts.facets.into_iter().next().expect("the facet");
            let values: Vec<String> = facet.values.into_iter().map(|(name, count)| format!("{name} {count}")).collect();
            (values.join(", "), facet.other_count)
        };
        assert_eq!(facet(1), ("urn:b 2".to_owned(), 3));
        assert_eq!(facet(2), ("urn:b 2, urn:a 1".to_owned(), 2));
        assert_eq!(facet(9), ("urn:b 2, urn:a 1, urn:c 1, urn:d 1".to_owned(), 0));
    }
}
