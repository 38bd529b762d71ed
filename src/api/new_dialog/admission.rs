//! What is asked of a dialog whose fields are right: whose it is, what its author may write, and the time.

use super::dialog::CheckedDialog;
use super::hierarchy::hierarchy_faults;
use super::{Author, Refused};
use crate::api::problem::{Errors, Problem, counter, key_in_use};
use crate::auth::Facts;
use crate::auth::register::RegisteredResource;
use dialog_index::domain::{ActivityType, DialogId, Org, ServiceResource, Timestamp, Transmission};
use dialog_index::{Change, NewDialog, ServiceKind, WriteError};
use std::collections::{BTreeSet, HashSet};

/// The contract's order of checks. What makes a dialog unprocessable is collected and outweighs what ends the
/// judgement after it. `holder` knows whose an idempotent key is already.
pub(super) fn admit<E: From<Refused>>(
    checked: CheckedDialog,
    unknown_actors: Vec<String>,
    author: &Author,
    facts: &Facts,
    now: Timestamp,
    holder: impl FnOnce(&Org, &str) -> Result<Option<DialogId>, E>,
) -> Result<NewDialog, E> {
    let mut unprocessable = Errors::default();
    let service = facts.resource(&checked.service_resource);
    if service.is_none() {
        let resource = checked.service_resource.as_str();
        unprocessable.add("ServiceResource", format!("The service resource '{resource}' is not in the register."));
        if author.is_admin {
            unprocessable.add("Org", format!("No service owner is known for the service resource '{resource}'."));
        }
    }
    let attributes = authorization_attributes(&checked);
    if let Some(refused) = forbidden_resources(&checked.service_resource, attributes, author, facts) {
        return Err(first_of(unprocessable, refused).into());
    }
    // Before the times, which may have passed since the key was used first.
    if let (Some(service), Some(key)) = (&service, &checked.idempotent_key)
        && let Some(dialog) = holder(&service.owner, key)?
    {
        let in_use = Errors::one("IdempotentKey", key_in_use(key, dialog));
        return Err(first_of(unprocessable, Refused::Conflict(in_use)).into());
    }
    if !author.is_admin && !author.is_silent {
        let times =
            [("DueAt", checked.due_at), ("ExpiresAt", checked.expires_at), ("VisibleFrom", checked.visible_from)];
        for (key, time) in times {
            if let Some(time) = time.filter(|time| *time <= now) {
                unprocessable.add(key, must_be_ahead(key, time));
            }
        }
    }
    if let Some(refused) = forbidden_activities(checked.activities.iter().map(|it| it.activity_type), author) {
        return Err(first_of(unprocessable, refused).into());
    }
    for fault in hierarchy_faults(&checked.transmissions) {
        unprocessable.add("Transmissions", fault);
    }
    if let Some(refused) = repeated_keys(&[], &checked.transmissions) {
        return Err(first_of(unprocessable, refused).into());
    }
    add_unknown_actors(&mut unprocessable, unknown_actors);
    match service {
        Some(service) if unprocessable.is_empty() => Ok(new_dialog(checked, &service)),
        // Without a service something is unprocessable.
        _ => Err(Refused::Unprocessable(unprocessable).into()),
    }
}

/// What was collected before the judgement ended outweighs that which ended it.
pub(super) fn first_of(unprocessable: Errors, refused: Refused) -> Refused {
    if unprocessable.is_empty() { refused } else { Refused::Unprocessable(unprocessable) }
}

/// What the parts of a dialog name besides its service.
fn authorization_attributes(checked: &CheckedDialog) -> impl Iterator<Item = &String> {
    (checked.gui_actions.iter().map(|action| &action.authorization_attribute))
        .chain(checked.api_actions.iter().map(|action| &action.authorization_attribute))
        .chain(checked.transmissions.iter().map(|transmission| &transmission.authorization_attribute))
        .flatten()
}

/// The services that a dialog speaks of, its own and those among the attributes, must be the author's own, and
/// letters need a scope of their own. Administrators write of any.
pub(super) fn forbidden_resources<'a>(
    service_resource: &ServiceResource,
    attributes: impl Iterator<Item = &'a String>,
    author: &Author,
    facts: &Facts,
) -> Option<Refused> {
    if author.is_admin {
        return None;
    }
    let named: BTreeSet<String> = attributes
        .map(|attribute| attribute.to_lowercase())
        .chain([service_resource.to_lower().as_str().to_owned()])
        .filter(|name| name.starts_with(ServiceResource::PREFIX))
        .collect();
    let is_owned = |name: &String| {
        ServiceResource::parse(name)
            .ok()
            .and_then(|resource| facts.resource(&resource))
            .is_some_and(|registered| registered.owner_number == author.organization_number)
    };
    let foreign: Vec<String> = named.into_iter().filter(|name| !is_owned(name)).collect();
    if !foreign.is_empty() {
        let reason = format!("Not allowed to reference the following unowned resources: {}.", foreign.join(", "));
        return Some(Refused::Forbidden(vec![reason]));
    }
    let is_letter =
        facts.resource(service_resource).is_some_and(|service| service.kind() == ServiceKind::Correspondence);
    (is_letter && !author.writes_correspondence).then(|| {
        let reason = "User cannot create or modify dialogs of the service resource type correspondenceservice.";
        Refused::Forbidden(vec![reason.to_owned()])
    })
}

pub(super) fn forbidden_activities(types: impl Iterator<Item = ActivityType>, author: &Author) -> Option<Refused> {
    let of_letters = |activity_type: &ActivityType| {
        matches!(activity_type, ActivityType::CorrespondenceOpened | ActivityType::CorrespondenceConfirmed)
    };
    let forbidden: BTreeSet<&str> = types.filter(of_letters).map(ActivityType::name).collect();
    (!author.writes_correspondence && !forbidden.is_empty()).then(|| {
        let names: Vec<_> = forbidden.into_iter().collect();
        Refused::Forbidden(vec![format!("Not allowed to create activities of the types {}.", names.join(", "))])
    })
}

pub(super) fn add_unknown_actors(unprocessable: &mut Errors, fields: Vec<String>) {
    for field in fields {
        unprocessable.add("ActorId", format!("The register has no name for the actor of '{field}'."));
    }
}

/// Attachments of new transmissions have not expired.
pub(super) fn add_expired(unprocessable: &mut Errors, new: &[Transmission], now: Timestamp) {
    let attachments = new.iter().flat_map(|transmission| &transmission.attachments);
    for expires_at in attachments.filter_map(|it| it.expires_at).filter(|it| *it <= now) {
        unprocessable.add("Transmissions.Attachments.ExpiresAt", must_be_ahead("ExpiresAt", expires_at));
    }
}

/// Each side of a dialog has so many transmissions and no more.
pub(super) fn add_exceeded(unprocessable: &mut Errors, change: &Change<'_, '_>, new: &[Transmission]) {
    for from_party in change.exceeded_counts(new) {
        unprocessable.add(counter(from_party), WriteError::TooManyTransmissions { from_party }.to_string());
    }
}

pub(super) fn must_be_ahead(name: &str, time: Timestamp) -> String {
    format!("'{name}' must be in the future, but is {time}.")
}

pub(super) fn none_of(unprocessable: Errors) -> Result<(), Problem> {
    if unprocessable.is_empty() { Ok(()) } else { Err(Refused::Unprocessable(unprocessable).into()) }
}

/// Keys of new transmissions that stored ones or others of the new ones have.
pub(super) fn repeated_keys(stored: &[Transmission], new: &[Transmission]) -> Option<Refused> {
    let mut seen: HashSet<&str> = stored.iter().filter_map(|it| it.idempotent_key.as_deref()).collect();
    let keys = new.iter().filter_map(|it| it.idempotent_key.as_deref());
    let repeated: BTreeSet<&str> = keys.filter(|key| !seen.insert(*key)).collect();
    (!repeated.is_empty()).then(|| {
        let keys: Vec<_> = repeated.into_iter().map(|key| format!("'{key}'")).collect();
        let message = format!("Transmissions of one dialog cannot share an idempotent key: {}.", keys.join(", "));
        Refused::Conflict(Errors::one("IdempotentKey", message))
    })
}

fn new_dialog(checked: CheckedDialog, service: &RegisteredResource) -> NewDialog {
    NewDialog {
        id: checked.id,
        org: service.owner.clone(),
        service_kind: service.kind(),
        service_resource: checked.service_resource,
        party: checked.party,
        idempotent_key: checked.idempotent_key,
        progress: checked.progress,
        extended_status: checked.extended_status,
        external_reference: checked.external_reference,
        visible_from: checked.visible_from,
        due_at: checked.due_at,
        expires_at: checked.expires_at,
        process: checked.process,
        preceding_process: checked.preceding_process,
        status: checked.status,
        is_api_only: checked.is_api_only,
        created_at: checked.created_at,
        updated_at: checked.updated_at,
        system_label: checked.system_label,
        service_owner_labels: checked.service_owner_labels,
        content: checked.content,
        search_tags: checked.search_tags,
        attachments: checked.attachments,
        gui_actions: checked.gui_actions,
        api_actions: checked.api_actions,
        transmissions: checked.transmissions,
        activities: checked.activities,
    }
}
