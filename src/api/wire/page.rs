use super::prepared_item::PreparedItem;
use super::{Audience, Reader};
use crate::api::search_params::{SearchParams, facet_name, order_text, token_text};
use crate::auth::register::Services;
use dialog_index::query::{Counts, Facet};
use dialog_index::{KeptItem, SearchPage};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::sync::Arc;
use utoipa::ToSchema;

/// One page of a list.
#[derive(Clone, Debug, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DialogPage<'a, Item> {
    items: Vec<Item>,
    has_next_page: bool,
    /// Names the last row of the page, also of the last page; an empty page gives back the token of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    continuation_token: Option<String>,
    order_by: String,
    // What is left out is no null: without the type, the schema would say that.
    #[serde(flatten)]
    #[schema(value_type = DialogCounts<'a>)]
    counts: Option<DialogCounts<'a>>,
}

/// How many dialogs there are, exactly, as far as the caller may see them.
#[derive(Clone, Debug, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DialogCounts<'a> {
    /// In a page only where it was asked for.
    #[schema(required = false)]
    total_count: u64,
    /// By the name of the field. Each ignores the filter of its own field and obeys all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::HashMap<String, FacetValues>>)]
    facets: Option<Facets<'a>>,
}

/// The items of a page, ready to be shown to one reader.
#[derive(Debug)]
pub(crate) struct ListedItems<'a> {
    /// Each with the type of its service.
    items: Vec<(&'a PreparedItem, &'a str)>,
    reader: Reader<'a>,
}

/// How a page that lacks its items begins: [`DialogPage`] has them first.
const BEFORE_ITEMS: &[u8] = br#"{"items":["#;
/// Comma and type of service.
const BESIDE_ITEM: usize = 32;

#[derive(Clone, Copy, Debug)]
struct Facets<'a>(&'a [Facet]);

#[derive(serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FacetValues<'a> {
    /// By count descending, then by value.
    values: Vec<FacetValue<'a>>,
    /// What the values beyond the limit add up to.
    other_count: u64,
}

#[derive(serde::Serialize, ToSchema)]
struct FacetValue<'a> {
    value: &'a str,
    count: u64,
}

impl<'a, Item> DialogPage<'a, Item> {
    /// What stands around the items: see [`ListedItems::within`].
    pub(crate) fn without_items(page: &'a SearchPage, params: &SearchParams) -> Self {
        let order = &params.query.order;
        Self {
            items: Vec::new(),
            has_next_page: page.has_next,
            continuation_token: match &page.last {
                Some(last) => Some(token_text(order, last)),
                None => params.continuation_token.clone(),
            },
            order_by: order_text(order),
            counts: page.counts.as_ref().map(DialogCounts::in_page),
        }
    }
}

impl<'a> ListedItems<'a> {
    /// `reader_level` is the one that the reader has logged in at: it chooses the texts that are shown. Here, as in the
    /// contract, a service of unknown level asks for none.
    pub(crate) fn of(
        page: &'a SearchPage,
        audience: Audience,
        reader: Reader<'a>,
        services: &'a Services,
        reader_level: u8,
    ) -> Self {
        let item = |item: &'a Arc<KeptItem>| {
            let service = services.get(&item.service_resource);
            let needed = service.and_then(|service| service.minimum_authentication_level).unwrap_or(0);
            let prepared = PreparedItem::of(item, audience, reader.person_ids, || needed <= reader_level);
            (prepared, service.map_or("", |service| service.resource_type))
        };
        Self { items: page.items.iter().map(item).collect(), reader }
    }

    /// A page that was written without items, with them.
    pub(crate) fn within(&self, page: &[u8]) -> serde_json::Result<Vec<u8>> {
        let after_items = page.strip_prefix(BEFORE_ITEMS).expect("a page begins with its items");
        // It is large, and to grow it would copy it.
        let items = self.items.iter().map(|(item, _)| item.length() + BESIDE_ITEM).sum::<usize>();
        let mut body = Vec::with_capacity(page.len() + items);
        body.extend_from_slice(BEFORE_ITEMS);
        for (place, (item, service_resource_type)) in self.items.iter().enumerate() {
            if place > 0 {
                body.push(b',');
            }
            item.write(service_resource_type, &self.reader, &mut body)?;
        }
        body.extend_from_slice(after_items);
        Ok(body)
    }
}

impl<'a> DialogCounts<'a> {
    pub(crate) fn of(counts: &'a Counts) -> Self {
        Self { total_count: counts.total, facets: Some(Facets(&counts.facets)) }
    }

    /// A page tells the facets only when some were asked for.
    fn in_page(counts: &'a Counts) -> Self {
        Self { total_count: counts.total, facets: (!counts.facets.is_empty()).then_some(Facets(&counts.facets)) }
    }
}

impl Serialize for Facets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for facet in self.0 {
            let values = facet.values.iter().map(|(value, count)| FacetValue { value, count: *count }).collect();
            let values = FacetValues { values, other_count: facet.other_count };
            map.serialize_entry(facet_name(facet.field), &values)?;
        }
        map.end()
    }
}
