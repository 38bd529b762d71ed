//! Whom a user may represent.

use super::Register;
use super::catalogue::Catalogue;
use crate::auth::facts::last_word_first;
use dialog_index::domain::{EndUserId, Party, PartyKind};
use std::collections::HashMap;
use uuid::Uuid;

/// A party that a user holds something for, the user itself among them.
#[derive(Clone, Debug)]
pub struct AuthorizedParty {
    pub party: Party,
    pub uuid: Uuid,
    /// 0 for a user that the register does not know.
    pub id: u32,
    /// The surname of a person first.
    pub name: String,
    pub date_of_birth: Option<chrono::NaiveDate>,
    pub is_deleted: bool,
    pub is_current_end_user: bool,
    /// It is listed for its sub-units alone.
    pub has_only_access_to_sub_parties: bool,
    /// One level: these have none.
    pub sub_parties: Vec<Self>,
}

impl Register {
    /// See `Authority::parties_of`. Everyone but a system user is a party of its own, whether the register knows it or
    /// not.
    pub fn parties_of(&self, user: &EndUserId) -> Vec<AuthorizedParty> {
        let state = self.current.load();
        let catalogue = &state.catalogue;
        let own = user.as_party();
        let grants = state.grants.of_user(user);
        let held = grants.iter().flat_map(|grants| grants.by_party()).map(|grants| &grants[0].party);
        let others = held.filter(|party| own.as_ref() != Some(*party));
        let mut mains: HashMap<&Party, AuthorizedParty> = HashMap::new();
        for party in own.iter().chain(others) {
            let described = |is_held| describe(catalogue, party, own.as_ref() == Some(party), is_held);
            match catalogue.party(party).and_then(|entry| entry.parent.as_ref()) {
                None => mains.entry(party).or_insert_with(|| described(true)).has_only_access_to_sub_parties = false,
                Some(main) => {
                    let main = mains.entry(main).or_insert_with(|| describe(catalogue, main, false, false));
                    main.sub_parties.push(described(true));
                }
            }
        }
        let mut parties: Vec<_> = mains.into_values().collect();
        parties.iter_mut().for_each(|party| sort(&mut party.sub_parties));
        sort(&mut parties);
        parties
    }
}

fn sort(parties: &mut [AuthorizedParty]) {
    parties.sort_by_cached_key(|it| (!it.is_current_end_user, it.name.to_lowercase(), it.party.clone()));
}

fn describe(catalogue: &Catalogue, party: &Party, is_current_end_user: bool, is_held: bool) -> AuthorizedParty {
    let entry = catalogue.party(party);
    let name = entry.map(|entry| match party.kind() {
        PartyKind::Person => last_word_first(&entry.name),
        PartyKind::Organization | PartyKind::Email | PartyKind::SelfIdentified => entry.name.clone(),
    });
    AuthorizedParty {
        party: party.clone(),
        // The same one each time: clients tell parties apart by it.
        uuid: entry.map_or_else(|| Uuid::new_v5(&Uuid::NAMESPACE_URL, party.as_str().as_bytes()), |entry| entry.uuid),
        id: entry.and_then(|entry| entry.party_id).unwrap_or(0),
        name: name.unwrap_or_else(|| party.identifier().to_owned()),
        date_of_birth: entry.and_then(|entry| entry.date_of_birth),
        is_deleted: entry.is_some_and(|entry| entry.deleted),
        is_current_end_user,
        has_only_access_to_sub_parties: !is_held,
        sub_parties: Vec::new(),
    }
}
