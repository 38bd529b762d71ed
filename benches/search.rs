//! How long one search takes, by what it asks for and by whose it is: in process, one at a time, through
//! `Dialogs::search` (the newest 100, of all parties) and `Dialogs::count`, with the files in the page cache.
//!
//! - `cargo bench --bench search` has criterion's medians.
//! - `cargo bench --bench search -- table [NAME]` prints p50, p99 and the slowest of 1,000 runs of each search whose
//!   name contains NAME, after as many as let its way settle.
//! - `cargo bench --bench search -- ways [NAME]` goes every way that each of these searches can go, and prints what it was
//!   thought to cost beside the fastest of 21 runs, the chosen way first, when it has settled. The last column is how
//!   much longer the chosen way took than the fastest.
//!
//! The users are those of `corpus::generate::Users`; `whale` runs the organisation with the most dialogs, and
//! `delegated=1000` has one party and a thousand single dialogs of others. Words are chosen by their measured shares,
//! which are told on standard error.

mod corpus;
mod latencies;
mod ways;
mod words;

use corpus::{Corpus, newest_of_owner};
use criterion::Criterion;
use dialog_index::domain::{DialogId, DialogStatus, EndUserId, ListItem, SystemLabel, Timestamp};
use dialog_index::query::{
    CountRequest, Cursor, Direction, FacetField, Filter, Order, PageSize, Position, SearchQuery, SortKey, TimeRange,
};
use dialog_index::{AuthorizedScope, DelegatedDialog, Delegation, Dialogs, Driver, Explanation, Rights};
use dialogdex::auth::register::Register;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;
use words::{Words, text_search};

const AUTHENTICATION_LEVEL: u8 = 4;
const MICROS_PER_YEAR: i64 = 365 * 86_400_000_000;
const FACETS: [FacetField; 5] =
    [FacetField::Status, FacetField::SystemLabel, FacetField::Org, FacetField::ServiceResource, FacetField::Party];

#[derive(Clone)]
enum Ask {
    Page(SearchQuery),
    Count(Filter, CountRequest),
}

fn main() {
    let corpus = Corpus::prepared();
    let dialogs = corpus.open();
    let asks = asks(&Words::measure(&dialogs));
    let users = users(&corpus, &dialogs);
    let group = format!("search-{}", corpus.dialogs);
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let is_wanted = |names: &[String], name: &str| names.iter().all(|part| name.contains(part));
    if let [first, names @ ..] = &words[..]
        && first == "ways"
    {
        for (name, ask) in &asks {
            for (user, scope) in &users {
                let name = format!("{name}/{user}");
                if is_wanted(names, &name) {
                    ways::print(&name, |only| explain(&dialogs, scope, ask, only)).expect("the lines are written");
                }
            }
        }
        return;
    }
    let cells = asks.iter().flat_map(|(name, ask)| {
        let dialogs = &dialogs;
        users.iter().map(move |(user, scope)| {
            (format!("{name}/{user}"), Box::new(move || run(dialogs, scope, ask)) as Box<dyn Fn() -> u64>)
        })
    });
    if let [first, names @ ..] = &words[..]
        && first == "table"
    {
        let cells = cells.map(|(name, run)| (format!("{group}/{name}"), run));
        let asked = cells.filter(|(name, _)| is_wanted(names, name));
        return latencies::print_table(asked).expect("the table is written");
    }
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .without_plots()
        .configure_from_args();
    let mut group = criterion.benchmark_group(group);
    for (name, run) in cells {
        group.bench_function(name, |bencher| bencher.iter(&run));
    }
    group.finish();
    criterion.final_summary();
}

/// How many items or hits there are.
fn run(dialogs: &Dialogs, scope: &AuthorizedScope, ask: &Ask) -> u64 {
    match ask {
        Ask::Page(query) => {
            let page = black_box(dialogs.search(scope, query).expect("the search succeeds"));
            page.items.len() as u64
        }
        Ask::Count(filter, request) => {
            let counts = black_box(dialogs.count(scope, filter, request).expect("the dialogs are counted"));
            counts.total
        }
    }
}

fn explain(dialogs: &Dialogs, scope: &AuthorizedScope, ask: &Ask, only: Option<Driver>) -> Explanation {
    match ask {
        Ask::Page(query) => dialogs.explain_search(scope, query, only).expect("the search succeeds").1,
        Ask::Count(filter, request) => {
            dialogs.explain_count(scope, filter, request, only).expect("the dialogs are counted").1
        }
    }
}

fn asks(words: &Words) -> Vec<(&'static str, Ask)> {
    let now = Timestamp::now();
    let years_ago = |years: i64| Timestamp::from_micros(now.as_micros() - years * MICROS_PER_YEAR);
    let any = Filter { visible_at: Some(now), ..Filter::default() };
    let with_text = |text: &str| Filter { text: Some(text_search(text)), ..any.clone() };
    // One dialog in some thousands.
    let selective = Filter {
        statuses: vec![DialogStatus::Draft],
        system_labels: vec![SystemLabel::Archive],
        created: TimeRange { after: Some(years_ago(7)), before: Some(years_ago(6)) },
        ..any.clone()
    };
    let newest = |filter| corpus::newest(filter, PageSize::DEFAULT);
    let by_created = Order::new(vec![(SortKey::CreatedAt, Direction::Descending)], Direction::Descending);
    let by_created = SearchQuery { order: by_created.expect("one key"), ..newest(any.clone()) };
    // About five of six dialogs are newer.
    let deep = Cursor { values: vec![Some(years_ago(7))], id: DialogId(Uuid::max()) };
    let deep = SearchQuery { position: Position::After(deep), ..newest(any.clone()) };
    let facets = CountRequest { facets: FACETS.to_vec(), limit: CountRequest::DEFAULT_LIMIT };
    vec![
        ("newest", Ask::Page(newest(any.clone()))),
        ("word_30pct", Ask::Page(newest(with_text(&words.in_30_percent)))),
        ("any_of_three_common_words", Ask::Page(newest(with_text(&words.three_common)))),
        ("phrase_of_two_common_words", Ask::Page(newest(with_text(&words.phrase)))),
        ("word_3pct", Ask::Page(newest(with_text(&words.in_3_percent)))),
        ("word_rare", Ask::Page(newest(with_text(&words.rare)))),
        ("order_created_at", Ask::Page(by_created)),
        ("deep_cursor", Ask::Page(deep)),
        ("selective_filter", Ask::Page(newest(selective))),
        ("five_facets", Ask::Count(any.clone(), facets.clone())),
        ("five_facets_word_30pct", Ask::Count(with_text(&words.in_30_percent), facets)),
    ]
}

fn users(corpus: &Corpus, dialogs: &Dialogs) -> Vec<(&'static str, AuthorizedScope)> {
    let register = Register::open(dialogs).expect("the register of the corpus");
    let rights = |user: &EndUserId| register.rights_of(user, AUTHENTICATION_LEVEL);
    let users = corpus.users();
    let of_delegations = Rights { delegations: delegations(dialogs), ..Rights::clone(&rights(&users.one_party)) };
    [
        ("parties=1", rights(&users.one_party)),
        ("whale", rights(&users.whale)),
        ("parties=100", rights(&users.accountant_100)),
        ("parties=2000", rights(&users.accountant_2000)),
        ("parties=10000", rights(&users.vendor_10000)),
        ("parties=10000_almost_nothing", rights(&users.vendor_10000_of_rare)),
        ("parties=100000", rights(&users.vendor_100000)),
        ("delegated=1000", Arc::new(of_delegations)),
    ]
    .map(|(name, rights)| (name, AuthorizedScope::of_end_user(rights)))
    .into()
}

/// The newest thousand of one service owner's dialogs.
fn delegations(dialogs: &Dialogs) -> Vec<Delegation> {
    let delegation = |item: ListItem| Delegation {
        party: item.party,
        resource: item.service_resource,
        dialog: DelegatedDialog::Id(item.id),
    };
    newest_of_owner(dialogs).into_iter().map(delegation).collect()
}
