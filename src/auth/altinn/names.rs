//! What people, organisations and system users are called.

use super::stale_cache::{Kept, StaleCache};
use super::upstream::{Failure, Upstream};
use crate::auth::authority::Unavailable;
use crate::auth::facts::Names;
use dialog_index::domain::{ActorId, EndUserId, Party, PartyKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const WHAT: &str = "the register of parties";
const PATH: &str = "/register/api/v1/dialogporten/parties/query";
/// How many are asked for at once, of one body.
const AT_ONCE: usize = 16;
/// The pauses after which a system user without a name is asked for again, by the usual pause: new ones are late there.
const PAUSES: [f64; 3] = [0.5, 1.0, 2.0];

pub(super) type NameCache = StaleCache<ActorId, Name>;

/// `None`: there is no name.
#[derive(Debug)]
pub(super) struct Name(Option<String>);

impl Name {
    pub(super) fn of(name: &str) -> Self {
        Self(Some(name.trim()).filter(|name| !name.is_empty()).map(str::to_owned))
    }
}

impl Kept for Name {
    fn weight(&self) -> usize {
        self.0.as_ref().map_or(0, String::len) / 50
    }

    /// Who has no name yet may have one when somebody asks again.
    fn is_kept(&self) -> bool {
        self.0.is_some()
    }
}

#[derive(Serialize)]
struct Query<'a> {
    data: [&'a str; 1],
}

#[derive(Deserialize)]
struct Found {
    data: Vec<FoundParty>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FoundParty {
    display_name: Option<String>,
}

/// The names of those whose name does not follow from their id.
pub(super) async fn names_of(
    cache: &Arc<NameCache>,
    upstream: &Arc<Upstream>,
    pause: Duration,
    actors: &BTreeSet<ActorId>,
) -> Result<Names, Unavailable> {
    let mut waiting = actors.iter().filter(|actor| is_in_register(actor)).cloned();
    let mut asked = JoinSet::new();
    let mut names = Vec::new();
    loop {
        for actor in waiting.by_ref().take(AT_ONCE - asked.len()) {
            let (cache, upstream) = (Arc::clone(cache), Arc::clone(upstream));
            asked.spawn(async move {
                let name = cache.get(actor.clone(), || ask(upstream, actor.clone(), pause)).await;
                name.map(|name| (actor, name))
            });
        }
        match asked.join_next().await {
            None => return Ok(names.into_iter().collect()),
            Some(answered) => {
                let (actor, name) = answered.unwrap_or(Err(Unavailable::because(Failure::Died)))?;
                names.extend(name.0.clone().map(|name| (actor, name)));
            }
        }
    }
}

/// The others are called by their address or user name.
fn is_in_register(actor: &ActorId) -> bool {
    match Party::parse(actor.as_str()) {
        Ok(party) => matches!(party.kind(), PartyKind::Person | PartyKind::Organization),
        Err(_) => is_system_user(actor),
    }
}

fn is_system_user(actor: &ActorId) -> bool {
    EndUserId::parse(actor.as_str()).is_ok_and(|user| user.is_system_user())
}

async fn ask(upstream: Arc<Upstream>, actor: ActorId, pause: Duration) -> Result<Name, Failure> {
    let mut name = ask_once(&upstream, &actor).await?;
    if is_system_user(&actor) {
        for pauses in PAUSES {
            if name.is_kept() {
                break;
            }
            tokio::time::sleep(pause.mul_f64(pauses)).await;
            name = ask_once(&upstream, &actor).await?;
        }
    }
    Ok(name)
}

async fn ask_once(upstream: &Upstream, actor: &ActorId) -> Result<Name, Failure> {
    let found: Found = upstream.post(WHAT, PATH, &Query { data: [actor.as_str()] }).await?;
    let name = found.data.into_iter().next().and_then(|party| party.display_name);
    Ok(Name::of(name.as_deref().unwrap_or_default()))
}
