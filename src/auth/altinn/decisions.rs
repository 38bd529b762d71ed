//! What a user may do with one dialog: one question to Altinn's decision point, of many parts.

use super::stale_cache::{Kept, StaleCache};
use super::upstream::{Failure, Upstream};
use crate::auth::authority::User;
use crate::auth::register::instance_reference;
use crate::auth::register::{Question, Subject};
use dialog_index::domain::PartyKind;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;

const WHAT: &str = "Altinn's decision point";
const PATH: &str = "/authorization/api/v1/authorize";

const ACTION: &str = "urn:oasis:names:tc:xacml:1.0:action:action-id";
const RESOURCE: &str = "urn:altinn:resource";
const APP: &str = "urn:altinn:app";
const ORG: &str = "urn:altinn:org";
const INSTANCE: &str = "urn:altinn:resource:instance-id";
const SUB_RESOURCE: &str = "urn:altinn:subresource";
const USER_ID: &str = "urn:altinn:userid";
const PARTY_ID: &str = "urn:altinn:partyid";
const PERSON: &str = "urn:altinn:person:identifier-no";
const SYSTEM_USER: &str = "urn:altinn:systemuser:uuid";
/// The ids of apps among services: `app_{org}_{app}`.
const APP_PREFIX: &str = "app_";

/// By the digest of the whole request. The user's token is not forwarded, so an answer depends on nothing else.
pub(super) type DecisionCache = StaleCache<[u8; 32], Permitted>;

/// Those of the questions that are permitted.
#[derive(Debug)]
pub(super) struct Permitted(pub(super) BTreeSet<Question>);

impl Kept for Permitted {
    fn weight(&self) -> usize {
        self.0.len() * 2
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Envelope {
    request: Request,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    access_subject: [Category; 1],
    action: Vec<Category>,
    resource: Vec<Category>,
    multi_requests: MultiRequests,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Category {
    id: String,
    attribute: Vec<Attribute>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_id: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MultiRequests {
    request_reference: Vec<Reference>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Reference {
    reference_id: [String; 3],
}

#[derive(Deserialize)]
struct Answers {
    #[serde(alias = "Response")]
    response: Vec<AnswerPart>,
}

#[derive(Deserialize)]
struct AnswerPart {
    #[serde(alias = "Decision")]
    decision: String,
}

impl Envelope {
    /// The request, and its questions in the order of its parts. `None` if Altinn knows no name for the user, who
    /// then may do nothing.
    pub(super) fn of(
        user: &User,
        dialog: Subject<'_>,
        questions: &BTreeSet<Question>,
    ) -> Option<(Self, Vec<Question>)> {
        // Sorted by action, then attribute.
        let questions: Vec<Question> = questions.iter().cloned().collect();
        let actions = distinct(questions.iter().map(|question| question.action.as_str()));
        let attributes = distinct(questions.iter().map(|question| question.attribute.as_str()));
        let number = |list: &[&str], text: &str| list.iter().position(|it| *it == text).map_or(0, |place| place + 1);
        let category = |id: String, attribute: Vec<Attribute>| Category { id, attribute };
        let actions_of =
            actions.iter().zip(1..).map(|(action, n)| category(format!("a{n}"), vec![attribute(ACTION, action)]));
        let resources_of =
            attributes.iter().zip(1..).map(|(it, n)| category(format!("r{n}"), resource(user, dialog, it)));
        let references = questions.iter().map(|question| Reference {
            reference_id: [
                "s1".to_owned(),
                format!("r{}", number(&attributes, &question.attribute)),
                format!("a{}", number(&actions, &question.action)),
            ],
        });
        let request = Request {
            access_subject: [category("s1".to_owned(), vec![subject(user)?])],
            action: actions_of.collect(),
            resource: resources_of.collect(),
            multi_requests: MultiRequests { request_reference: references.collect() },
        };
        Some((Self { request }, questions))
    }

    pub(super) fn key(&self) -> [u8; 32] {
        Sha256::digest(serde_json::to_vec(self).expect("it has texts for keys and writes to memory")).into()
    }

    pub(super) async fn ask(self, questions: Vec<Question>, upstream: Arc<Upstream>) -> Result<Permitted, Failure> {
        let answers: Answers = upstream.post(WHAT, PATH, &self).await?;
        Ok(Permitted(permitted(questions, &answers.response)))
    }
}

/// By position, as the contract has it. Only a plain yes is one, and what is not answered is none.
fn permitted(questions: Vec<Question>, answers: &[AnswerPart]) -> BTreeSet<Question> {
    let indeterminate = answers.iter().filter(|answer| answer.decision == "Indeterminate").count();
    if indeterminate > 0 {
        tracing::warn!(indeterminate, "Altinn could not decide all that was asked about a dialog");
    }
    let answered = questions.into_iter().zip(answers);
    answered.filter(|(_, answer)| answer.decision == "Permit").map(|(question, _)| question).collect()
}

/// Exactly one: Altinn refuses several.
fn subject(user: &User) -> Option<Attribute> {
    if let Some(user_id) = user.altinn.user_id {
        return Some(attribute(USER_ID, &user_id.to_string()));
    }
    let (prefix, value) = user.id.as_str().rsplit_once(':')?;
    [PERSON, SYSTEM_USER].contains(&prefix).then(|| attribute(prefix, value))
}

fn resource(user: &User, dialog: Subject<'_>, asked: &str) -> Vec<Attribute> {
    let named = split(asked, SUB_RESOURCE);
    let is_other_policy = named.iter().any(|it| [RESOURCE, APP, ORG].contains(&it.attribute_id.as_str()));
    let mut attributes = Vec::new();
    if !is_other_policy {
        attributes.extend(split(dialog.resource.as_str(), RESOURCE));
    }
    attributes.push(party(user, dialog));
    if !is_other_policy {
        let reference =
            instance_reference::preferred(dialog.labels).unwrap_or_else(|| instance_reference::of_dialog(dialog.id));
        attributes.push(attribute(INSTANCE, &reference));
    }
    attributes.extend(named);
    attributes
}

/// Altinn's decision point knows those who log in with an e-mail address by a number alone.
fn party(user: &User, dialog: Subject<'_>) -> Attribute {
    let is_own = user.id.as_party().as_ref() == Some(dialog.party);
    if let Some(party_id) = user.altinn.party_id
        && is_own
        && matches!(dialog.party.kind(), PartyKind::Email | PartyKind::SelfIdentified)
    {
        return attribute(PARTY_ID, &party_id.to_string());
    }
    let (prefix, value) = dialog.party.as_str().rsplit_once(':').unwrap_or_default();
    attribute(prefix, value)
}

/// Namespace and value, parted at the last colon; apps have two attributes.
fn split(text: &str, default_namespace: &str) -> Vec<Attribute> {
    let (namespace, value) = match text.rsplit_once(':') {
        Some((namespace, value)) if !value.is_empty() => (namespace, value),
        _ => (default_namespace, text),
    };
    match value.strip_prefix(APP_PREFIX).map(|app| app.split_once('_')) {
        None => vec![attribute(namespace, value)],
        Some(None) => vec![attribute(APP, value)],
        Some(Some((org, app))) => vec![attribute(APP, app), attribute(ORG, org)],
    }
}

fn attribute(id: &str, value: &str) -> Attribute {
    Attribute { attribute_id: id.to_owned(), value: value.to_owned() }
}

/// In the order of their first places.
fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = std::collections::HashSet::new();
    texts.filter(|text| seen.insert(*text)).collect()
}
