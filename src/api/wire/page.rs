use crate::api::search_params::{SearchParams, facet_name, order_text, token_text};
use dialog_index::SearchPage;
use dialog_index::query::{Counts, Facet};
use serde::ser::{Serialize, SerializeMap, Serializer};
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
    #[serde(flatten)]
    counts: Option<DialogCounts<'a>>,
}

/// How many dialogs there are, exactly, as far as the caller may see them.
#[derive(Clone, Debug, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DialogCounts<'a> {
    total_count: u64,
    /// By the name of the field. Each ignores the filter of its own field and obeys all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::HashMap<String, FacetValues>>)]
    facets: Option<Facets<'a>>,
}

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
    /// `items` are those of the page, in its order.
    pub(crate) fn of(page: &'a SearchPage, params: &SearchParams, items: Vec<Item>) -> Self {
        let order = &params.query.order;
        Self {
            items,
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
