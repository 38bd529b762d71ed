use crate::auth::register;
use dialog_index::domain::PartyKind;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Whom a user may represent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parties<'a> {
    authorized_parties: Vec<AuthorizedParty<'a>>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuthorizedParty<'a> {
    party: &'a str,
    party_uuid: Uuid,
    party_id: u32,
    name: &'a str,
    /// Of persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    date_of_birth: Option<chrono::NaiveDate>,
    /// Person, Organization or SelfIdentified.
    party_type: &'static str,
    is_deleted: bool,
    /// Always false: roles are not told, as in the reference.
    has_key_role: bool,
    is_current_end_user: bool,
    /// Always false.
    is_main_administrator: bool,
    /// Always false.
    is_access_manager: bool,
    has_only_access_to_sub_parties: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    sub_parties: Option<Vec<Self>>,
}

impl<'a> Parties<'a> {
    pub(crate) fn of(parties: &'a [register::AuthorizedParty]) -> Self {
        Self { authorized_parties: parties.iter().map(AuthorizedParty::of).collect() }
    }
}

impl<'a> AuthorizedParty<'a> {
    fn of(party: &'a register::AuthorizedParty) -> Self {
        let sub_parties = &party.sub_parties;
        Self {
            party: party.party.as_str(),
            party_uuid: party.uuid,
            party_id: party.id,
            name: &party.name,
            date_of_birth: party.date_of_birth,
            party_type: match party.party.kind() {
                PartyKind::Person => "Person",
                PartyKind::Organization => "Organization",
                PartyKind::SelfIdentified | PartyKind::Email => "SelfIdentified",
            },
            is_deleted: party.is_deleted,
            has_key_role: false,
            is_current_end_user: party.is_current_end_user,
            is_main_administrator: false,
            is_access_manager: false,
            has_only_access_to_sub_parties: party.has_only_access_to_sub_parties,
            sub_parties: (!sub_parties.is_empty()).then(|| sub_parties.iter().map(Self::of).collect()),
        }
    }
}
