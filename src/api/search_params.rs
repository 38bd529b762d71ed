//! From the parameters of a list to a search that can be run. All mistakes of a request are reported together.

mod contexts;
mod continuation_token;
mod described;
mod facet;
mod faults;
mod label_pattern;
mod order;
mod parameters;
mod time;

use crate::api::problem::Errors;
use crate::api::uri::is_well_formed_uri;
use crate::app::Limits;
use continuation_token::ContinuationToken;
pub(crate) use continuation_token::token_text;
pub(crate) use described::{
    EndUserFilterParams, EndUserSearch, FacetParams, PageParams, ServiceOwnerFilterParams, ServiceOwnerSearch,
};
use dialog_index::domain::{DialogStatus, LanguageCode, Org, Party, ServiceResource, SystemLabel, Timestamp};
use dialog_index::query::{
    CountRequest, DeletedFilter, FacetField, Filter, LabelPattern, Order, PageSize, Position, SearchQuery, TextQuery,
    TextSearch, TimeRange,
};
pub(crate) use facet::facet_name;
use facet::parse_facet;
pub(in crate::api) use faults::{Faults, KeyStyle};
use label_pattern::parse_label_pattern;
pub(crate) use order::order_text;
use order::parse_order;
pub(crate) use parameters::Given;
pub(in crate::api) use parameters::Parameters;
use std::str::FromStr;
use time::{MissingOffset, parse_time};

/// The shortest search text, in UTF-16 units as the contract counts.
const MIN_SEARCH_LENGTH: usize = 3;
/// The longest process URI, in characters.
const MAX_PROCESS_LENGTH: usize = 1023;
/// The most labels that one search can ask for. The contract has no limit, but a dialog has at most 20 labels.
const MAX_LABEL_PATTERNS: usize = 100;

/// Whose list it is: what may be asked, and what is asked without being said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListOf {
    /// The dialogs of an end user: live, visible and not expired.
    EndUser,
    /// The dialogs of a service owner.
    ServiceOwner,
    /// Those dialogs of a service owner that one end user may see.
    ServiceOwnerForUser,
}

/// A page to be searched.
#[derive(Clone, Debug)]
pub(crate) struct SearchParams {
    pub(crate) query: SearchQuery,
    /// As it was sent: an empty page gives it back.
    pub(crate) continuation_token: Option<String>,
    /// Whether the caller wants to be told how the page was found.
    pub(crate) explain: bool,
}

/// Counts to be made, without a page.
#[derive(Clone, Debug)]
pub(crate) struct CountParams {
    pub(crate) filter: Filter,
    pub(crate) request: CountRequest,
}

impl SearchParams {
    /// `now` is the time of the request.
    pub(crate) fn read(given: Given<'_>, list: ListOf, limits: &Limits, now: Timestamp) -> Result<Self, Errors> {
        let mut reader = ParamsReader::new(given, list);
        let filter = reader.filter(limits, now);
        let counts = reader.counts();
        let order = reader.order();
        let limit = reader.page_size();
        let (position, continuation_token) = reader.position(&order);
        let explain = reader.explain();
        let query = SearchQuery { filter, order, position, limit, counts };
        reader.faults.into_result(Self { query, continuation_token, explain })
    }
}

impl CountParams {
    /// As [`SearchParams::read`]. The total is counted even if no facet is asked for.
    pub(crate) fn read(query: &str, list: ListOf, limits: &Limits, now: Timestamp) -> Result<Self, Errors> {
        let mut reader = ParamsReader::new(Given::Query(query), list);
        let filter = reader.filter(limits, now);
        let request = CountRequest { facets: reader.facets(), limit: reader.facet_limit() };
        reader.faults.into_result(Self { filter, request })
    }
}

/// The parties that a request of an end user names; none if it names none.
pub(crate) fn read_parties(query: &str, limits: &Limits) -> Result<Vec<Party>, Errors> {
    let mut reader = ParamsReader::new(Given::Query(query), ListOf::EndUser);
    let parties = reader.parties(limits.end_user_parties);
    reader.faults.into_result(parties)
}

struct ParamsReader {
    list: ListOf,
    given: Parameters,
    faults: Faults,
}

impl ParamsReader {
    fn new(given: Given<'_>, list: ListOf) -> Self {
        let style = if list == ListOf::EndUser { KeyStyle::EndUser } else { KeyStyle::ServiceOwner };
        let mut faults = Faults::new(style);
        Self { list, given: Parameters::of(given, &mut faults), faults }
    }

    fn filter(&mut self, limits: &Limits, now: Timestamp) -> Filter {
        let for_owner = self.list != ListOf::EndUser;
        let (parties, service_resources, extended_statuses) = match self.list {
            ListOf::EndUser | ListOf::ServiceOwnerForUser => {
                (limits.end_user_parties, limits.end_user_service_resources, limits.end_user_extended_statuses)
            }
            ListOf::ServiceOwner => (
                limits.service_owner_parties,
                limits.service_owner_service_resources,
                limits.service_owner_extended_statuses,
            ),
        };
        self.check_bounded();
        Filter {
            parties: self.parties(parties),
            service_resources: self.texts("serviceResource", service_resources, service_resource),
            orgs: if for_owner { Vec::new() } else { self.texts("org", limits.end_user_orgs, Org::new) },
            statuses: self.names("status", &DialogStatus::ALL, if for_owner { owners_status } else { users_status }),
            extended_statuses: self.texts("extendedStatus", extended_statuses, str::to_owned),
            external_reference: self.text("externalReference"),
            process: self.process(),
            created: self.time_range("createdAfter", "createdBefore"),
            updated: self.time_range("updatedAfter", "updatedBefore"),
            content_updated: self.time_range("contentUpdatedAfter", "contentUpdatedBefore"),
            due: self.time_range("dueAfter", "dueBefore"),
            visible_from: if for_owner {
                self.time_range("visibleAfter", "visibleBefore")
            } else {
                TimeRange::default()
            },
            visible_at: (!for_owner).then_some(now),
            deleted: if for_owner { self.deleted() } else { DeletedFilter::Exclude },
            system_labels: self.names("systemLabel", &SystemLabel::ALL, |it| (it.name(), it as u8)),
            any_system_label: Vec::new(),
            is_content_seen: self.boolean("isContentSeen"),
            exclude_api_only: self.boolean("excludeApiOnly").unwrap_or(false),
            service_owner_labels: if for_owner { self.label_patterns() } else { Vec::new() },
            text: self.text_search(),
        }
    }

    /// A user's list names a party or a service, or says in so many words that it wants them all.
    fn check_bounded(&mut self) {
        let all_parties = self.list != ListOf::ServiceOwner && self.boolean("allParties").unwrap_or(false);
        let named = self.given.list("party").is_some() || self.given.list("serviceResource").is_some();
        if self.list != ListOf::ServiceOwner && !all_parties && !named {
            self.faults.refused_request("Either ServiceResource or Party must be specified.");
        }
    }

    /// The values of a list of at most `limit`; longer ones are refused as a whole.
    fn texts<T>(&mut self, name: &str, limit: usize, read: fn(&str) -> T) -> Vec<T> {
        match self.given.list(name) {
            Some(parameter) if parameter.values.len() > limit => {
                self.faults.refused(&format!("{name}.Count"), format_args!("must be less than or equal to {limit}"));
                Vec::new()
            }
            Some(parameter) => parameter.values.iter().map(|value| read(value)).collect(),
            None => Vec::new(),
        }
    }

    fn parties(&mut self, limit: usize) -> Vec<Party> {
        let mut parties = Vec::new();
        for (index, party) in self.texts("party", limit, Party::parse).into_iter().enumerate() {
            match party {
                Ok(party) => parties.push(party),
                Err(error) => self.faults.refused(&format!("party[{index}]"), error),
            }
        }
        parties
    }

    /// The values of an enum, by name without case or by number, each once.
    fn names<T: Copy + PartialEq>(&mut self, name: &str, all: &[T], describe: fn(T) -> (&'static str, u8)) -> Vec<T> {
        let Some(parameter) = self.given.list(name) else { return Vec::new() };
        let mut values = Vec::new();
        for text in &parameter.values {
            let known = all.iter().find(|value| {
                let (name, number) = describe(**value);
                name.eq_ignore_ascii_case(text) || text.parse() == Ok(number)
            });
            match known {
                Some(value) if values.contains(value) => {}
                Some(value) => values.push(*value),
                None => self.faults.malformed(&parameter.name, text, name),
            }
        }
        values
    }

    /// A text; an empty one is one too.
    fn text(&mut self, name: &str) -> Option<String> {
        self.given.one(name, &mut self.faults).map(|(_, value)| value.to_owned())
    }

    /// A value that is no text: an empty one is none.
    fn parsed<T>(&mut self, name: &str, what: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let (written, value) = self.given.one_unless_empty(name, &mut self.faults)?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.faults.malformed(written, value, what);
        }
        parsed
    }

    fn boolean(&mut self, name: &str) -> Option<bool> {
        self.parsed(name, "Boolean", |value| bool::from_str(&value.to_ascii_lowercase()).ok())
    }

    fn time_range(&mut self, after_name: &str, before_name: &str) -> TimeRange {
        let missing = if self.list == ListOf::EndUser { MissingOffset::Refused } else { MissingOffset::Utc };
        let mut time = |name| self.parsed(name, "DateTimeOffset", |value| parse_time(value, missing));
        let range = TimeRange { after: time(after_name), before: time(before_name) };
        if let (Some(after), Some(before)) = (range.after, range.before)
            && after > before
        {
            self.faults.refused(after_name, format_args!("must be less than or equal to '{before_name}'"));
        }
        range
    }

    fn process(&mut self) -> Option<String> {
        let process = self.text("process")?;
        let length = process.chars().count();
        if length > MAX_PROCESS_LENGTH {
            self.faults
                .refused("process", format_args!("must be at most {MAX_PROCESS_LENGTH} characters, not {length}"));
        }
        if !is_well_formed_uri(&process) {
            self.faults.refused("process", "is not a well-formed URI");
        }
        Some(process)
    }

    fn deleted(&mut self) -> DeletedFilter {
        let deleted = self.parsed("deleted", "DeletedFilter", |value| match value.to_ascii_lowercase().as_str() {
            "exclude" => Some(DeletedFilter::Exclude),
            "include" => Some(DeletedFilter::Include),
            "only" => Some(DeletedFilter::Only),
            _ => None,
        });
        deleted.unwrap_or_default()
    }

    fn label_patterns(&mut self) -> Vec<LabelPattern> {
        const NAME: &str = "serviceOwnerLabels";
        let mut patterns = Vec::new();
        for (index, pattern) in self.texts(NAME, MAX_LABEL_PATTERNS, parse_label_pattern).into_iter().enumerate() {
            match pattern {
                Ok(pattern) => patterns.extend(pattern),
                Err(reason) => self.faults.refused(&format!("{NAME}[{index}]"), reason),
            }
        }
        patterns
    }

    fn text_search(&mut self) -> Option<TextSearch> {
        let language = self.text("searchLanguageCode").and_then(|code| match LanguageCode::parse(&code) {
            Ok(language) => Some(language),
            Err(error) => {
                self.faults.refused("searchLanguageCode", error);
                None
            }
        });
        let text = self.text("search")?;
        let length = text.encode_utf16().count();
        if length < MIN_SEARCH_LENGTH {
            self.faults
                .refused("search", format_args!("must be at least {MIN_SEARCH_LENGTH} characters, not {length}"));
        }
        Some(TextSearch { query: TextQuery::parse(&text), language })
    }

    fn order(&mut self) -> Order {
        self.parsed("orderBy", "OrderBy", parse_order).unwrap_or_default()
    }

    fn page_size(&mut self) -> PageSize {
        match self.parsed("limit", "Int32", |value| value.trim().parse::<i32>().ok()) {
            None => PageSize::DEFAULT,
            Some(limit) => PageSize::new(i64::from(limit)).unwrap_or_else(|error| {
                self.faults.refused("limit", error);
                PageSize::DEFAULT
            }),
        }
    }

    /// Where the page starts, and the token that says so.
    fn position(&mut self, order: &Order) -> (Position, Option<String>) {
        const NAME: &str = "continuationToken";
        let token = self.parsed(NAME, "ContinuationToken", |value| {
            ContinuationToken::parse(value).ok().map(|token| (token, value.to_owned()))
        });
        match token.map(|(token, text)| (token.cursor(order), text)) {
            None => (Position::First, None),
            Some((Ok(cursor), text)) => (Position::After(cursor), Some(text)),
            Some((Err(foreign), text)) => {
                self.faults.refused_with(NAME, foreign);
                (Position::First, Some(text))
            }
        }
    }

    /// Anything but yes is no: the parameter is for administrators, and others cannot make a mistake in it.
    fn explain(&self) -> bool {
        self.given.list("explain").is_some_and(|it| it.values.iter().all(|value| value.eq_ignore_ascii_case("true")))
    }

    /// `None` unless a facet or the total is asked for.
    fn counts(&mut self) -> Option<CountRequest> {
        let total = self.boolean("totalCount").unwrap_or(false);
        let facets = self.facets();
        let limit = self.facet_limit();
        (total || !facets.is_empty()).then_some(CountRequest { facets, limit })
    }

    fn facets(&mut self) -> Vec<FacetField> {
        let Some(parameter) = self.given.list("facet") else { return Vec::new() };
        let mut facets = Vec::new();
        for text in &parameter.values {
            match parse_facet(text)
                .filter(|field| self.list != ListOf::EndUser || *field != FacetField::ServiceOwnerLabel)
            {
                Some(field) if facets.contains(&field) => {}
                Some(field) => facets.push(field),
                None => self.faults.malformed(&parameter.name, text, "facet"),
            }
        }
        facets
    }

    fn facet_limit(&mut self) -> u16 {
        match self.parsed("facetLimit", "Int32", |value| value.trim().parse::<i32>().ok()) {
            None => CountRequest::DEFAULT_LIMIT,
            Some(limit) => match u16::try_from(limit) {
                Ok(limit @ 1..=CountRequest::MAX_LIMIT) => limit,
                _ => {
                    let max = CountRequest::MAX_LIMIT;
                    self.faults.refused("facetLimit", format_args!("must be between 1 and {max}"));
                    CountRequest::DEFAULT_LIMIT
                }
            },
        }
    }
}

fn owners_status(status: DialogStatus) -> (&'static str, u8) {
    (status.name(), status as u8)
}

/// The contract counts one status otherwise towards end users.
fn users_status(status: DialogStatus) -> (&'static str, u8) {
    match status {
        DialogStatus::Awaiting => (status.name(), 4),
        other => owners_status(other),
    }
}

/// What is no service's name at all must find nothing, so it becomes a name that no service can have: a blank is in
/// no URI. Dropped it would be no filter.
fn service_resource(text: &str) -> ServiceResource {
    ServiceResource::parse(&text.to_lowercase())
        .or_else(|_| ServiceResource::parse(&format!("{} -", ServiceResource::PREFIX)))
        .expect("a prefix and an identifier are a service resource")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ALICE: &str = "party=urn:altinn:person:identifier-no:03886595947";

    fn limits() -> Limits {
        Limits {
            end_user_parties: 4,
            end_user_service_resources: 3,
            end_user_orgs: 2,
            end_user_extended_statuses: 2,
            service_owner_parties: 2,
            service_owner_service_resources: 2,
            service_owner_extended_statuses: 1,
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_micros(1_785_000_000_000_000)
    }

    #[track_caller]
    fn read(list: ListOf, query: &str) -> SearchParams {
        match SearchParams::read(Given::Query(query), list, &limits(), now()) {
            Ok(params) => params,
            Err(errors) => panic!("{query}: {errors:?}"),
        }
    }

    #[track_caller]
    fn end_user(query: &str) -> SearchParams {
        read(ListOf::EndUser, &format!("{ALICE}&{query}"))
    }

    /// The keys and messages of a refused request.
    #[track_caller]
    fn errors(list: ListOf, query: &str) -> serde_json::Value {
        match SearchParams::read(Given::Query(query), list, &limits(), now()) {
            Ok(_) => panic!("{query} is accepted"),
            Err(errors) => serde_json::to_value(errors).expect("errors are JSON"),
        }
    }

    /// Each query is refused by all lists, under a key of the contract's property or of the name as written.
    #[track_caller]
    fn check_refused(query: &str, end_user_key: &str, service_owner_key: &str) {
        for (list, key) in [
            (ListOf::EndUser, end_user_key),
            (ListOf::ServiceOwner, service_owner_key),
            (ListOf::ServiceOwnerForUser, service_owner_key),
        ] {
            let query = if query.starts_with("party") { query.to_owned() } else { format!("{ALICE}&{query}") };
            let errors = errors(list, &query);
            let keys: Vec<_> = errors.as_object().expect("an object").keys().collect();
            assert_eq!(keys, [key], "{list:?} {query}: {errors}");
        }
    }

    #[test]
    fn broken_rules_are_reported_under_the_property() {
        for (query, property, parameter) in [
            ("party=x", "Party[0]", "party[0]"),
            ("party=", "Party[0]", "party[0]"),
            (&format!("{ALICE}&Party=urn:altinn:systemuser:uuid:1"), "Party[1]", "party[1]"),
            (&[ALICE; 5].join("&"), "Party.Count", "party.Count"),
            (
                "serviceResource=a&serviceResource=b&serviceResource=&serviceResource=d",
                "ServiceResource.Count",
                "serviceResource.Count",
            ),
            ("extendedStatus=a&extendedStatus=b&extendedStatus=c", "ExtendedStatus.Count", "extendedStatus.Count"),
            ("process=a%20b", "Process", "process"),
            (&format!("process={}", "a".repeat(1024)), "Process", "process"),
            ("createdAfter=2026-01-02T00:00:00Z&createdBefore=2026-01-01T00:00:00Z", "CreatedAfter", "createdAfter"),
            ("updatedAfter=2026-01-02T00:00:00Z&updatedBefore=2026-01-01T00:00:00Z", "UpdatedAfter", "updatedAfter"),
            ("dueAfter=2026-01-02T00:00:00Z&dueBefore=2026-01-02T00:00:00%2B01:00", "DueAfter", "dueAfter"),
            (
                "contentUpdatedAfter=2026-01-02T00:00:00Z&contentUpdatedBefore=2026-01-01T00:00:00Z",
                "ContentUpdatedAfter",
                "contentUpdatedAfter",
            ),
            ("searchLanguageCode=no", "SearchLanguageCode", "searchLanguageCode"),
            ("searchLanguageCode=xx", "SearchLanguageCode", "searchLanguageCode"),
            ("searchLanguageCode=", "SearchLanguageCode", "searchLanguageCode"),
            ("search=ab", "Search", "search"),
            ("search=", "Search", "search"),
            ("limit=0", "Limit", "limit"),
            ("limit=1001", "Limit", "limit"),
            ("limit=-1", "Limit", "limit"),
            ("facetLimit=0", "FacetLimit", "facetLimit"),
            ("facetLimit=1001", "FacetLimit", "facetLimit"),
            ("facetLimit=70000", "FacetLimit", "facetLimit"),
            (
                "orderBy=createdAt&continuationToken=dueat_,id_0c089101-b7cf-7476-955c-f00a78d74a4e",
                "ContinuationToken",
                "continuationToken",
            ),
        ] {
            check_refused(query, property, parameter);
        }
    }

    #[test]
    fn unreadable_values_are_reported_under_the_name_as_written() {
        for (query, name) in [
            ("status=New", "status"),
            ("Status=Completed&status=99", "Status"),
            ("status=", "status"),
            ("status=-2", "status"),
            ("systemLabel=bin,archive", "systemLabel"),
            ("SYSTEMLABEL=0", "SYSTEMLABEL"),
            ("createdAfter=yesterday", "createdAfter"),
            ("CreatedBefore=2026-13-01T00:00:00Z", "CreatedBefore"),
            ("isContentSeen=1", "isContentSeen"),
            ("excludeApiOnly=yes", "excludeApiOnly"),
            ("limit=ten", "limit"),
            ("limit=99999999999", "limit"),
            ("orderBy=title", "orderBy"),
            ("orderBy=createdAt,createdAt_asc", "orderBy"),
            ("orderBy=createdAt_down", "orderBy"),
            ("continuationToken=x", "continuationToken"),
            ("continuationToken=id_1,id_1", "continuationToken"),
            ("facet=title", "facet"),
            ("facet=", "facet"),
            ("facetLimit=many", "facetLimit"),
            ("totalCount=maybe", "totalCount"),
            ("limit=1&Limit=1", "limit"),
            ("orderBy=createdAt&orderBy=dueAt", "orderBy"),
            ("externalReference=%ff", "externalReference"),
            ("search=abc%00", "search"),
            ("%ff=1", ""),
        ] {
            check_refused(query, name, name);
        }
    }

    #[test]
    fn all_mistakes_are_reported_together() {
        let refused = errors(ListOf::EndUser, "limit=0&search=a&createdAfter=x&Party=y");
        let keys: Vec<_> = refused.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["Limit", "Party[0]", "Search", "createdAfter"]);
    }

    #[test]
    fn messages_are_those_of_the_contract() {
        assert_eq!(
            errors(ListOf::EndUser, "createdAfter=2026-01-02T00:00:00Z&createdBefore=2026-01-01T00:00:00Z"),
            json!({
                "": ["Either ServiceResource or Party must be specified."],
                "CreatedAfter": ["'createdAfter' must be less than or equal to 'createdBefore'."],
            })
        );
        assert_eq!(
            errors(ListOf::ServiceOwner, "continuationToken=dueat_,id_0c089101-b7cf-7476-955c-f00a78d74a4e"),
            json!({ "continuationToken":
                ["ContinuationToken does not match OrderBy. Missing token keys: [contentupdatedat]."] })
        );
        assert_eq!(
            errors(ListOf::ServiceOwner, "limit=x"),
            json!({ "limit": ["Value [x] is not valid for a [Int32] property."] })
        );
    }

    #[test]
    fn answers_stay_small_whatever_is_wrong() {
        let query = vec!["status=x"; 10_000].join("&") + "&limit=" + &"9".repeat(10_000);
        let answer = errors(ListOf::ServiceOwner, &query).to_string();
        assert!(answer.len() < 20_000, "{}", answer.len());
    }

    #[test]
    fn a_users_list_says_how_far_it_goes() {
        for list in [ListOf::EndUser, ListOf::ServiceOwnerForUser] {
            for query in ["", "search=skatt", "allParties=false", "allParties=", "party=[]&serviceResource=[]"] {
                assert_eq!(
                    errors(list, query),
                    json!({ "": ["Either ServiceResource or Party must be specified."] }),
                    "{query}"
                );
            }
            read(list, "allParties=true");
            read(list, "ALLPARTIES=True&serviceResource=x");
            read(list, "serviceresource=urn:altinn:resource:x");
        }
        assert!(read(ListOf::ServiceOwner, "").query.filter.parties.is_empty());
    }

    #[test]
    fn every_filter_is_read() {
        let filter = end_user(
            "serviceResource=URN:altinn:resource:App&org=skd&status=completed&status=2&status=6&systemLabel=BIN&systemLabel=4\
             &extendedStatus=Paid&externalReference=ref&process=urn:p&isContentSeen=False&excludeApiOnly=TRUE\
             &createdAfter=2026-01-01T00:00:00Z&createdBefore=2026-01-01T00:00:00Z&updatedAfter=2026-01-02T00:00:00Z\
             &contentUpdatedBefore=2026-01-03T00:00:00Z&dueAfter=2026-01-04T00:00:00Z&searchLanguageCode=nb-NO\
             &search=skatt&unknown=1",
        )
        .query
        .filter;
        let time = |day| parse_time(&format!("2026-01-0{day}T00:00:00Z"), MissingOffset::Refused);
        assert_eq!(filter.parties.len(), 1);
        assert_eq!(filter.service_resources[0].as_str(), "urn:altinn:resource:app");
        assert_eq!(filter.orgs, [Org::new("skd")]);
        assert_eq!(filter.statuses, [DialogStatus::Completed, DialogStatus::InProgress]);
        assert_eq!(filter.system_labels, [SystemLabel::Bin, SystemLabel::MarkedAsUnopened]);
        assert_eq!(filter.extended_statuses, ["Paid"]);
        assert_eq!(filter.external_reference.as_deref(), Some("ref"));
        assert_eq!(filter.process.as_deref(), Some("urn:p"));
        assert_eq!(filter.is_content_seen, Some(false));
        assert!(filter.exclude_api_only);
        assert_eq!(filter.created, TimeRange { after: time(1), before: time(1) });
        assert_eq!(filter.updated, TimeRange { after: time(2), before: None });
        assert_eq!(filter.content_updated, TimeRange { after: None, before: time(3) });
        assert_eq!(filter.due, TimeRange { after: time(4), before: None });
        let text = filter.text.expect("a text search");
        assert_eq!(text.query, TextQuery::parse("skatt"));
        assert_eq!(text.language, Some(LanguageCode::NB));
    }

    #[test]
    fn one_status_has_two_numbers() {
        for (list, number, other) in
            [(ListOf::EndUser, 4, 8), (ListOf::ServiceOwner, 8, 4), (ListOf::ServiceOwnerForUser, 8, 4)]
        {
            let filter = read(list, &format!("{ALICE}&status={number}")).query.filter;
            assert_eq!(filter.statuses, [DialogStatus::Awaiting], "{list:?}");
            assert!(errors(list, &format!("{ALICE}&status={other}")).get("status").is_some(), "{list:?}");
        }
    }

    #[test]
    fn lists_of_users_are_live_and_those_of_owners_are_not() {
        let filter = end_user("deleted=only&visibleAfter=2026-01-01T00:00:00Z&serviceOwnerLabels=abc").query.filter;
        assert_eq!(filter.visible_at, Some(now()));
        assert_eq!(filter.deleted, DeletedFilter::Exclude);
        assert!(filter.visible_from.is_open() && filter.service_owner_labels.is_empty());

        for list in [ListOf::ServiceOwner, ListOf::ServiceOwnerForUser] {
            let query = format!("{ALICE}&org=skd&deleted=ONLY&visibleAfter=2026-01-01&visibleBefore=2026-01-02T10:00");
            let filter = read(list, &query).query.filter;
            assert_eq!(filter.visible_at, None);
            assert_eq!(filter.deleted, DeletedFilter::Only);
            assert!(filter.visible_from.after.is_some() && filter.visible_from.before.is_some());
            assert!(filter.orgs.is_empty(), "an owner's own dialogs have one owner");
        }
    }

    #[test]
    fn empty_values() {
        let params =
            end_user("limit=&isContentSeen=&createdAfter=&continuationToken=&orderBy=&externalReference=&process=");
        assert_eq!(params.query.limit, PageSize::DEFAULT);
        assert_eq!(params.query.filter.is_content_seen, None);
        assert!(params.query.filter.created.is_open());
        assert_eq!(params.query.position, Position::First);
        assert_eq!(params.query.filter.external_reference.as_deref(), Some(""));
        assert_eq!(params.query.filter.process.as_deref(), Some(""));
        assert_eq!(read(ListOf::ServiceOwner, "deleted=").query.filter.deleted, DeletedFilter::Exclude);
    }

    #[test]
    fn what_names_no_service_finds_nothing() {
        for text in ["", "x", "urn:altinn:resource:", "urn:altinn:resource:%20"] {
            let resources = end_user(&format!("serviceResource={text}")).query.filter.service_resources;
            assert_eq!(resources.len(), 1, "{text}");
            assert!(!crate::api::uri::is_well_formed_uri(resources[0].as_str()), "{text}");
        }
    }

    #[test]
    fn search_of_a_service_owner_needs_a_user() {
        assert!(read(ListOf::ServiceOwner, "search=skatt").query.filter.text.is_some());
        assert!(read(ListOf::ServiceOwnerForUser, &format!("{ALICE}&search=skatt")).query.filter.text.is_some());
    }

    #[test]
    fn service_owners_have_list_limits_of_their_own() {
        let query = [ALICE; 3].join("&");
        assert!(errors(ListOf::ServiceOwner, &query).get("party.Count").is_some());
        assert_eq!(read(ListOf::ServiceOwnerForUser, &query).query.filter.parties.len(), 3);
        let query = "org=a&org=b&org=c";
        assert!(errors(ListOf::EndUser, &format!("{ALICE}&{query}")).get("Org.Count").is_some());
        read(ListOf::ServiceOwner, query);
    }

    #[test]
    fn labels_of_service_owners() {
        let many = vec!["serviceOwnerLabels=ab*"; 101].join("&");
        assert!(errors(ListOf::ServiceOwner, &many).get("serviceOwnerLabels.Count").is_some());
        let refused = errors(ListOf::ServiceOwner, "serviceOwnerLabels=abc&serviceOwnerLabels=a*c");
        assert!(refused.get("serviceOwnerLabels[1]").is_some(), "{refused}");
    }

    #[test]
    fn paging() {
        let token = "contentupdatedat_2024-07-31T09:09:03.0257090Z,id_0c089101-b7cf-7476-955c-f00a78d74a4e";
        let params = end_user(&format!("limit=7&continuationToken={token}"));
        assert_eq!(params.query.limit.get(), 7);
        assert_eq!(params.continuation_token.as_deref(), Some(token));
        let Position::After(cursor) = &params.query.position else { panic!("a token names a row") };
        assert_eq!(token_text(&params.query.order, cursor), token);
        assert_eq!(order_text(&params.query.order), "contentupdatedat_desc,id_desc");
    }

    #[test]
    fn counts_are_made_when_asked_for() {
        let counts = |query| end_user(query).query.counts;
        assert_eq!(counts(""), None);
        assert_eq!(counts("totalCount=false&facetLimit=3"), None);
        assert_eq!(counts("totalCount=true"), Some(CountRequest { facets: vec![], limit: 20 }));
        assert_eq!(
            counts("facet=STATUS&facet=org&facet=status&facetLimit=3"),
            Some(CountRequest { facets: vec![FacetField::Status, FacetField::Org], limit: 3 })
        );
        assert!(errors(ListOf::EndUser, &format!("{ALICE}&facet=serviceOwnerLabel")).get("facet").is_some());
        assert!(read(ListOf::ServiceOwner, "facet=serviceOwnerLabel").query.counts.is_some());

        let params = CountParams::read("allParties=true&limit=x", ListOf::EndUser, &limits(), now());
        let request = params.expect("paging is not read").request;
        assert_eq!(request, CountRequest { facets: vec![], limit: 20 });
    }
}
