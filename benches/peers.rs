//! The service beside what it could have been: PostgreSQL with full-text search, asked the way the reference asks it,
//! and plain tantivy, with the same dialogs, rights and searches, in one run.
//!
//! `cargo bench --bench peers [-- NAME]` prints for each search whose name contains NAME how many dialogs each finds on
//! the first page of 100, the median and the slowest of up to 200 runs, and how many times the median is that of
//! dialogdex. Without PostgreSQL in `/usr/lib/postgresql` it is compared with tantivy alone.
//!
//! What to know when reading the table:
//!
//! - All three have the searchable parts of each dialog, each stemmed by the language of its text, and read the search
//!   as Norwegian. dialogdex finds the word as written too; PostgreSQL has a stemmer of its own release, and both
//!   PostgreSQL and dialogdex leave out stop words. So the hits differ a little, and with them a page that is not full.
//! - dialogdex returns all that a list shows of a dialog. PostgreSQL returns ids alone and tantivy addresses of
//!   documents, for which the rest would have to be read.
//! - For up to 100 parties the reference goes party by party and for more service by service, at most 20 of them; it
//!   refuses what these users ask for here, all their services. Here the one plan has all of them, and for more than
//!   100 parties PostgreSQL is given both plans and is measured with the faster one.
//! - Services are looked up as keys of JSON, where the reference has `= any` of few: it would be slower with many.
//! - A search of PostgreSQL is cut off after 20 seconds, as in the reference.
//! - For tantivy the rights are compiled to a query once for each user and not for each search.

mod corpus;
mod latencies;
mod peer_postgres;
mod peer_rows;
mod peer_tantivy;
mod words;

use corpus::{Corpus, newest};
use dialog_index::domain::{EndUserId, LanguageCode, Timestamp};
use dialog_index::query::{Filter, PageSize, SearchQuery, TextQuery, TextSearch};
use dialog_index::{AuthorizedScope, Dialogs, Rights};
use dialogdex::auth::register::Register;
use latencies::Limits;
use peer_postgres::{MAX_SECONDS, Parameters, Plan, Postgres, TimedOut};
use peer_tantivy::PlainTantivy;
use std::fmt;
use std::hint::black_box;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tantivy::query::Query;
use words::Words;

const AUTHENTICATION_LEVEL: u8 = 4;
const PAGE: usize = 100;
/// More parties than this are searched service by service in the reference.
const MAX_PARTIES_BY_PARTY: usize = 100;
const LIMITS: Limits = Limits { warm_ups: 3, samples: 200, time: Duration::from_secs(8) };

struct User {
    name: &'static str,
    scope: AuthorizedScope,
    parties: usize,
    in_postgres: Parameters,
    in_tantivy: Box<dyn Query>,
}

/// `None` where a run was cut off.
struct Measured(Option<Times>);

struct Times {
    found: usize,
    median: Duration,
    max: Duration,
}

fn main() {
    let corpus = Corpus::prepared();
    let dialogs = corpus.open();
    let tantivy = PlainTantivy::prepared(&corpus);
    let postgres = Postgres::prepared(&corpus);
    if postgres.is_none() {
        eprintln!("PostgreSQL is not installed, so dialogdex is compared with tantivy alone.");
    }
    let words = Words::measure(&dialogs);
    let users = users(&corpus, &dialogs, &tantivy);
    let part = std::env::args().skip(1).find(|word| !word.starts_with("--")).unwrap_or_default();
    let group = format!("peers-{}", corpus.dialogs);
    print_table(&group, &part, &dialogs, postgres.as_ref(), &tantivy, &words, &users).expect("the table is written");
}

fn print_table(
    group: &str,
    part: &str,
    dialogs: &Dialogs,
    postgres: Option<&Postgres>,
    tantivy: &PlainTantivy,
    words: &Words,
    users: &[User],
) -> io::Result<()> {
    let mut out = io::stdout();
    let (one, other, third) = ("dialogdex", "PostgreSQL", "plain tantivy");
    writeln!(out, "{:<56} {one:^25} | {other:^46} | {third:^35}", "")?;
    let (times, ratio) = (format!("{:>5} {:>9} {:>9}", "found", "p50", "max"), format!("{:>9}", "ratio"));
    writeln!(out, "{:<56} {times} | {times} {ratio} {:<10} | {times} {ratio}", "ms", "plan")?;
    for (name, text) in searches(words) {
        for user in users {
            let name = format!("{group}/{name}/{}", user.name);
            if !name.contains(part) {
                continue;
            }
            let query = query(text);
            let ours = measure(|| Ok(dialogs.search(&user.scope, &query).expect("the search succeeds").items.len()));
            let theirs = postgres.map(|postgres| measure_postgres(postgres, user, text));
            let plain = measure(|| Ok(tantivy.search(&*user.in_tantivy, text, PAGE)));
            write!(out, "{name:<56} {ours} | ")?;
            match theirs {
                Some((plan, theirs)) => write!(out, "{theirs} {} {:<10}", theirs.ratio(&ours), plan)?,
                None => write!(out, "{:<46}", "not installed")?,
            }
            writeln!(out, " | {plain} {}", plain.ratio(&ours))?;
        }
    }
    Ok(())
}

fn searches(words: &Words) -> [(&'static str, Option<&str>); 6] {
    [
        ("newest", None),
        ("word_30pct", Some(&words.in_30_percent)),
        ("any_of_three_common_words", Some(&words.three_common)),
        ("phrase_of_two_common_words", Some(&words.phrase)),
        ("word_3pct", Some(&words.in_3_percent)),
        ("word_rare", Some(&words.rare)),
    ]
}

fn query(text: Option<&str>) -> SearchQuery {
    let text = text.map(|text| TextSearch { query: TextQuery::parse(text), language: Some(LanguageCode::NB) });
    let filter = Filter { visible_at: Some(Timestamp::now()), text, ..Filter::default() };
    newest(filter, PageSize::new(PAGE as i64).expect("a page size"))
}

fn users(corpus: &Corpus, dialogs: &Dialogs, tantivy: &PlainTantivy) -> Vec<User> {
    let register = Register::open(dialogs).expect("the register of the corpus");
    let users = corpus.users();
    let user = |(name, id): (&'static str, &EndUserId)| {
        let rights: Arc<Rights> = register.rights_of(id, AUTHENTICATION_LEVEL);
        User {
            name,
            parties: rights.parties.len(),
            in_postgres: Parameters::of(&rights),
            in_tantivy: tantivy.rights(&rights),
            scope: AuthorizedScope::of_end_user(rights),
        }
    };
    [
        ("parties=1", &users.one_party),
        ("whale", &users.whale),
        ("parties=100", &users.accountant_100),
        ("parties=2000", &users.accountant_2000),
        ("parties=10000", &users.vendor_10000),
    ]
    .map(user)
    .into()
}

fn measure_postgres(postgres: &Postgres, user: &User, text: Option<&str>) -> (&'static str, Measured) {
    let measure = |plan| measure(|| postgres.search(plan, &user.in_postgres, text, PAGE));
    // An accountant is a party too.
    if user.parties <= MAX_PARTIES_BY_PARTY + 1 {
        return ("by party", measure(Plan::ByParty));
    }
    let (by_party, by_service) = (measure(Plan::ByParty), measure(Plan::ByService));
    match (&by_party.0, &by_service.0) {
        (Some(one), Some(other)) if one.median < other.median => ("by party", by_party),
        (Some(_), None) => ("by party", by_party),
        _ => ("by service", by_service),
    }
}

fn measure(run: impl Fn() -> Result<usize, TimedOut>) -> Measured {
    Measured(sample(run).ok())
}

fn sample(run: impl Fn() -> Result<usize, TimedOut>) -> Result<Times, TimedOut> {
    let (found, times) = latencies::sample(&LIMITS, || Ok(black_box(run()?)))?;
    let [median, max] = [0.5, 1.0].map(|share| latencies::at(&times, share));
    Ok(Times { found, median, max })
}

impl Measured {
    /// How many times the median of another.
    fn ratio(&self, other: &Self) -> String {
        let seconds = |measured: &Self| measured.0.as_ref().map(|times| times.median.as_secs_f64());
        let Some(other) = seconds(other) else { return format!("{:>9}", "") };
        match seconds(self) {
            Some(own) => format!("{:>9.1}", own / other),
            None => format!("{:>9}", format!("> {:.0}", f64::from(MAX_SECONDS) / other)),
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(Times { found, median, max }) => {
                let [median, max] = [median, max].map(|time| time.as_secs_f64() * 1e3);
                write!(f, "{found:>5} {median:>9.3} {max:>9.3}")
            }
            None => write!(f, "{:>25}", format!("> {MAX_SECONDS} s")),
        }
    }
}
