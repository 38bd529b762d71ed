//! Searches: names to numbers, numbers to hits, hits to items.

use super::{Dialogs, SearchPage};
use crate::domain::{DialogStatus, ListItem, SystemLabel};
use crate::query::{CountRequest, Counts, DeletedFilter, Facet, FacetField, Filter, SearchQuery};
use crate::search::{FacetCounts, IndexView, Selection};
use crate::store::{Dictionaries, Kind};
use crate::{AuthorizedScope, ReadError, StoreError};
use std::cmp::Reverse;

impl Dialogs {
    /// One page of the dialogs that the scope permits and the query asks for, and counts over all of them if asked.
    pub fn search(&self, scope: &AuthorizedScope, query: &SearchQuery) -> Result<SearchPage, ReadError> {
        let (store, index) = (&self.inner.store, &self.inner.index);
        // The index first: what it holds, the store does then too.
        let view = index.view();
        let reading = store.read()?;
        let names = store.dictionaries();
        let selection = self.inner.resolver.selection(names, &reading, scope, &query.filter)?;
        let hits = view.search(&selection, &query.order, &query.position, query.limit)?;
        let request = query.counts.as_ref();
        let counts = request.map(|request| counts(names, &view, scope, &selection, request)).transpose()?;
        let items = reading.items(&hits.numbers)?.into_iter().flatten().collect();
        let items = still_allowed(scope, &query.filter, items);
        Ok(SearchPage { items, has_next: hits.has_next, last: hits.last, counts })
    }

    /// Counts over all dialogs that the scope permits and the filter asks for.
    pub fn count(&self, scope: &AuthorizedScope, filter: &Filter, request: &CountRequest) -> Result<Counts, ReadError> {
        let (store, index) = (&self.inner.store, &self.inner.index);
        let view = index.view();
        let names = store.dictionaries();
        let selection = self.inner.resolver.selection(names, &store.read()?, scope, filter)?;
        counts(names, &view, scope, &selection, request)
    }
}

/// The store may be newer than what was searched. What has meanwhile left the caller's sight is not shown.
fn still_allowed(scope: &AuthorizedScope, filter: &Filter, items: Vec<ListItem>) -> Vec<ListItem> {
    let is_shown = |item: &ListItem| {
        let is_visible = filter.visible_at.is_none_or(|at| {
            item.visible_from.is_none_or(|from| from <= at) && item.expires_at.is_none_or(|expires| expires > at)
        });
        let is_wanted = match filter.deleted {
            DeletedFilter::Exclude => item.deleted_at.is_none(),
            DeletedFilter::Include => true,
            DeletedFilter::Only => item.deleted_at.is_some(),
        };
        is_visible && is_wanted
    };
    let permitted = scope.permits_each(&items);
    let allowed = items.into_iter().zip(permitted).filter(|(item, permitted)| *permitted && is_shown(item));
    allowed.map(|(item, _)| item).collect()
}

fn counts(
    names: &Dictionaries,
    view: &IndexView,
    scope: &AuthorizedScope,
    selection: &Selection,
    request: &CountRequest,
) -> Result<Counts, ReadError> {
    // A service owner's labels are its own.
    let is_counted = |field: &FacetField| *field != FacetField::ServiceOwnerLabel || scope.owner().is_some();
    let fields: Vec<FacetField> = request.facets.iter().copied().filter(is_counted).collect();
    let counted = view.count(selection, &fields)?;
    let facet = |field: &FacetField| match counted.facets.iter().find(|facet| facet.field == *field) {
        Some(facet) => named(names, facet, usize::from(request.limit)),
        None => Ok(Facet { field: *field, values: Vec::new(), other_count: 0 }),
    };
    let facets = request.facets.iter().map(facet).collect::<Result<Vec<Facet>, StoreError>>()?;
    Ok(Counts { total: counted.total, facets })
}

/// The most frequent values by name, and how many there are of the others.
fn named(names: &Dictionaries, facet: &FacetCounts, limit: usize) -> Result<Facet, StoreError> {
    let mut counts: Vec<(i64, u64)> = facet.by_number.iter().map(|(number, count)| (*number, *count)).collect();
    counts.sort_unstable_by_key(|(_, count)| Reverse(*count));
    // Equal counts are ordered by name, so all that are as frequent as the last one shown are named.
    let least = counts.get(limit.saturating_sub(1)).map_or(0, |(_, count)| *count);
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let named = counts.into_iter().take_while(|(_, count)| *count >= least);
    let named = named.map(|(number, count)| Ok((name(names, facet.field, number)?, count)));
    let mut values = named.collect::<Result<Vec<(String, u64)>, StoreError>>()?;
    values
        .sort_by(|(name, count), (other_name, other_count)| other_count.cmp(count).then_with(|| name.cmp(other_name)));
    values.truncate(limit);
    let shown: u64 = values.iter().map(|(_, count)| count).sum();
    Ok(Facet { field: facet.field, values, other_count: total - shown })
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
