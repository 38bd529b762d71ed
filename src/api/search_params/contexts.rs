use super::time::{MissingOffset, parse_time};
use super::{Given, ListOf, ParamsReader, SearchParams};
use crate::api::problem::Errors;
use crate::app::Limits;
use dialog_index::domain::SystemLabel;
use dialog_index::query::{DeletedFilter, Filter, Order, SearchQuery, TimeRange};

impl SearchParams {
    /// What a service owner asks of the labels that end users put on its dialogs: those of some parties, deleted dialogs
    /// included, in one fixed order.
    pub(crate) fn of_end_user_contexts(query: &str, limits: &Limits) -> Result<Self, Errors> {
        let mut reader = ParamsReader::new(Given::Query(query), ListOf::ServiceOwner);
        if reader.given.list("party").is_none() {
            reader.faults.refused("party", "must not be empty");
        }
        let filter = Filter {
            parties: reader.parties(limits.service_owner_parties),
            any_system_label: reader.names("label", &SystemLabel::ALL, |it| (it.name(), it as u8)),
            content_updated: TimeRange {
                after: reader
                    .parsed("contentUpdatedAfter", "DateTimeOffset", |value| parse_time(value, MissingOffset::Utc)),
                before: None,
            },
            deleted: DeletedFilter::Include,
            ..Filter::default()
        };
        let order = Order::default();
        let limit = reader.page_size();
        let (position, continuation_token) = reader.position(&order);
        let query = SearchQuery { filter, order, position, limit, counts: None };
        reader.faults.into_result(Self { query, continuation_token, explain: false })
    }
}
