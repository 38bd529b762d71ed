//! PostgreSQL with full-text search, asked the way the reference asks it.

mod load;
mod server;

use crate::corpus::Corpus;
use dialog_index::Rights;
use dialog_index::domain::ServiceResource;
use postgres::error::SqlState;
use postgres::types::Json;
use postgres::{Client, Statement};
use serde_json::{Map, Value, json};
use server::{Programs, Server};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::sync::Arc;
use std::time::Instant;

/// What the reference gives a search.
pub(crate) const MAX_SECONDS: u32 = 20;

pub(crate) struct Postgres {
    client: RefCell<Client>,
    /// Without and with text.
    by_party: [Statement; 2],
    by_service: [Statement; 2],
    /// Stopped last, when nobody is connected any more.
    _server: Server,
}

/// Rights as parameters: each party with the number of its set of services, and these sets.
pub(crate) struct Parameters {
    groups_by_party: Json<Value>,
    services_by_group: Json<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plan {
    ByParty,
    ByService,
}

/// The search was cut off.
#[derive(Debug)]
pub(crate) struct TimedOut;

impl Postgres {
    /// Found, or made. `None` if PostgreSQL is not installed.
    pub(crate) fn prepared(corpus: &Corpus) -> Option<Self> {
        let programs = Programs::find()?;
        let folder = corpus.folder_of(&format!("peers-postgres-{}", programs.version));
        let marker = folder.join("complete");
        let is_complete = marker.exists();
        if !is_complete {
            server::stop_if_running(&programs, &folder);
            if folder.exists() {
                fs::remove_dir_all(&folder).expect("what was cut off is removed");
            }
            server::init(&programs, &folder);
        }
        let server = Server::start(programs, &folder);
        let mut client = server.connect();
        if !is_complete {
            let begun = Instant::now();
            eprintln!("preparing a database of PostgreSQL in {}", folder.display());
            load::load(&mut client, corpus).expect("the database is loaded");
            fs::write(marker, "").expect("the marker is written");
            eprintln!("prepared in {:.0} s", begun.elapsed().as_secs_f64());
        }
        // As for a client that does not prepare its statements: a plan made for these parameters.
        let settings = format!("set statement_timeout = '{MAX_SECONDS}s'; set plan_cache_mode = force_custom_plan");
        client.batch_execute(&settings).expect("the settings are valid");
        let mut prepare = |statement: String| client.prepare(&statement).expect("the statement is valid");
        let by_party = [prepare(by_party(false)), prepare(by_party(true))];
        let by_service = [prepare(by_service(false)), prepare(by_service(true))];
        Some(Self { client: RefCell::new(client), by_party, by_service, _server: server })
    }

    /// How many are on the first page.
    pub(crate) fn search(
        &self,
        plan: Plan,
        rights: &Parameters,
        text: Option<&str>,
        limit: usize,
    ) -> Result<usize, TimedOut> {
        let statements = match plan {
            Plan::ByParty => &self.by_party,
            Plan::ByService => &self.by_service,
        };
        let statement = &statements[usize::from(text.is_some())];
        let limit = limit as i64;
        let text = text.map(websearch);
        let client = &mut *self.client.borrow_mut();
        let found = match &text {
            None => client.query(statement, &[&rights.groups_by_party, &rights.services_by_group, &limit]),
            Some(text) => client.query(statement, &[&rights.groups_by_party, &rights.services_by_group, &limit, text]),
        };
        match found {
            Ok(rows) => Ok(rows.len()),
            Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => Err(TimedOut),
            Err(error) => panic!("PostgreSQL refuses the search: {error:?}"),
        }
    }
}

impl Parameters {
    pub(crate) fn of(rights: &Rights) -> Self {
        let mut numbers: HashMap<*const HashSet<ServiceResource>, usize> = HashMap::new();
        let mut services_by_group = Map::new();
        let mut groups_by_party = Map::new();
        for (party, services) in &rights.parties {
            let next = numbers.len();
            let number = *numbers.entry(Arc::as_ptr(services)).or_insert(next);
            if number == next {
                let services = services.iter().map(|service| (service.as_str().to_owned(), json!(1)));
                services_by_group.insert(number.to_string(), services.collect::<Map<_, _>>().into());
            }
            groups_by_party.insert(party.as_str().to_owned(), number.to_string().into());
        }
        Self { groups_by_party: Json(groups_by_party.into()), services_by_group: Json(services_by_group.into()) }
    }
}

/// The contract's reading of a blank.
fn websearch(text: &str) -> String {
    if text.starts_with('"') { text.to_owned() } else { text.replace(' ', " or ") }
}

const VISIBLE: &str = "not d.deleted and (d.visible_from is null or d.visible_from <= now()) \
     and (d.expires_at is null or d.expires_at > now())";
const NEWEST: &str = "order by newest.content_updated_at desc, newest.id desc limit $3";

/// Each party's newest, merged. With text, all that the inverted index has for each party.
fn by_party(with_text: bool) -> String {
    let (from, words) = match with_text {
        false => ("dialog d", ""),
        true => (
            "dialog_search s join dialog d on d.id = s.dialog_id",
            "and s.party = p.party and s.words @@ websearch_to_tsquery('norwegian', $4::text)",
        ),
    };
    format!(
        "with groups as materialized (select key as number, value as services from jsonb_each($2))
        select newest.id::text from jsonb_each_text($1) as p(party, number) join groups using (number)
        cross join lateral (
            select d.id, d.content_updated_at from {from}
            where d.party = p.party {words} and groups.services ? d.service_resource and {VISIBLE}
            order by d.content_updated_at desc, d.id desc limit $3
        ) as newest {NEWEST}"
    )
}

/// Each service's newest, merged. With text, the text of each dialog on the way is tested.
fn by_service(with_text: bool) -> String {
    let words = match with_text {
        false => "",
        true => {
            "and (select s.words from dialog_search s where s.dialog_id = d.id) \
             @@ websearch_to_tsquery('norwegian', $4::text)"
        }
    };
    format!(
        "with services as materialized (
            select service, array_agg(number) as numbers
            from jsonb_each($2) as groups(number, services), jsonb_object_keys(services) as service group by service
        )
        select newest.id::text from services
        cross join lateral (
            select d.id, d.content_updated_at from dialog d
            where d.service_resource = services.service and ($1::jsonb ->> d.party) = any(services.numbers) and {VISIBLE} {words}
            order by d.content_updated_at desc, d.id desc limit $3
        ) as newest {NEWEST}"
    )
}
