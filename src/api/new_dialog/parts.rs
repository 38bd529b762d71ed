//! Transmissions and activities that are given on their own, for a dialog that is stored.

use super::admission::{
    add_exceeded, add_expired, add_unknown_actors, forbidden_activities, forbidden_resources, none_of,
};
use super::attachments::AttachedTo;
use super::body::{CreateDialogActivity, CreateDialogTransmission, UpdateTransmissionRequest};
use super::hierarchy::{faults_of_added, faults_of_changed};
use super::merge::merge_attachments;
use super::rules::{Field, Rules, is_past};
use super::{Author, Refused};
use crate::api::json::Time;
use crate::api::problem::{Errors, Problem};
use crate::auth::Facts;
use dialog_index::domain::{Activity, ActivityId, DialogId, Timestamp, Transmission, TransmissionId};
use dialog_index::{Change, ServiceKind};
use uuid::Uuid;

/// A part whose fields are right, and who gives it.
#[derive(Debug)]
pub(crate) struct Given<T> {
    part: T,
    unknown_actors: Vec<String>,
    author: Author,
}

/// What takes the place of a stored transmission.
#[derive(Debug)]
pub(crate) struct TransmissionUpdate {
    transmission: Transmission,
    /// That of the stored one stays without it.
    created_at: Option<Timestamp>,
}

impl CreateDialogTransmission {
    /// The transmission to add to a stored dialog, if its fields obey the rules.
    pub(crate) fn judge(self, author: Author, facts: &Facts, now: Timestamp) -> Result<Given<Transmission>, Refused> {
        judge(author, facts, now, |rules| {
            let list = Field::root("transmissions");
            let field = list.element(0);
            rules.related_to_another(&field, &self);
            rules.transmission_with_content(&field, self, AttachedTo::AddedTransmission)
        })
    }
}

impl UpdateTransmissionRequest {
    pub(crate) fn judge(
        self,
        dialog: DialogId,
        id: TransmissionId,
        author: Author,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<Given<TransmissionUpdate>, Refused> {
        judge(author, facts, now, |rules| {
            rules.not_nil("dialogId", dialog.0);
            rules.not_nil("transmissionId", id.0);
            if !self.is_silent_update {
                rules.refuse(&Field::root("isSilentUpdate"), "must be true");
            }
            let created_at = self.created_at.map(|time| time.0);
            let given = CreateDialogTransmission {
                id: None,
                idempotent_key: self.idempotent_key,
                created_at: None,
                authorization_attribute: self.authorization_attribute,
                extended_type: self.extended_type,
                external_reference: self.external_reference,
                related_transmission_id: self.related_transmission_id,
                transmission_type: self.transmission_type,
                sender: self.sender,
                content: self.content,
                attachments: self.attachments,
                navigational_actions: self.navigational_actions,
            };
            let read = rules.transmission_with_content(&Field::BODY, given, AttachedTo::ReplacedTransmission)?;
            Some(TransmissionUpdate { transmission: Transmission { id, ..read }, created_at })
        })
    }
}

impl CreateDialogActivity {
    /// The activity to add to a stored dialog, if its fields obey the rules.
    pub(crate) fn judge(
        self,
        dialog: DialogId,
        author: Author,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<Given<Activity>, Refused> {
        judge(author, facts, now, |rules| {
            rules.not_nil("dialogId", dialog.0);
            rules.activity(&Field::root("activity"), self)
        })
    }
}

/// The time that a stored activity is given, which cannot be ahead.
pub(crate) fn judge_activity_time(
    Time(time): Time,
    dialog: DialogId,
    activity: ActivityId,
    now: Timestamp,
) -> Result<Timestamp, Refused> {
    let mut errors = Errors::default();
    for (name, id) in [("dialogId", dialog.0), ("activityId", activity.0)] {
        if id.is_nil() {
            errors.add(name, format!("'{name}' must not be empty."));
        }
    }
    if !is_past(time, now) {
        errors.add("newCreatedAt", format!("'newCreatedAt' must be in the past, but is {time}."));
    }
    if errors.is_empty() { Ok(time) } else { Err(Refused::Invalid(errors)) }
}

impl Given<Transmission> {
    pub(crate) fn id(&self) -> TransmissionId {
        self.part.id
    }

    /// Adds it to the dialog, which the caller may change. A service that is not the caller's outweighs the rest.
    pub(crate) fn add(self, change: &mut Change<'_, '_>, facts: &Facts, now: Timestamp) -> Result<(), Problem> {
        let Self { part: transmission, unknown_actors, author } = self;
        if let Some(key) = &transmission.idempotent_key
            && change.has_transmission_key(key, None)?
        {
            return Err(key_in_use(key));
        }
        let mut unprocessable = Errors::default();
        for fault in faults_of_added(change, &transmission)? {
            unprocessable.add("Transmissions", fault);
        }
        add_exceeded(&mut unprocessable, change, std::slice::from_ref(&transmission));
        add_expired(&mut unprocessable, std::slice::from_ref(&transmission), now);
        add_unknown_actors(&mut unprocessable, unknown_actors);
        let attributes = transmission.authorization_attribute.iter();
        forbidden_resources(&change.stored().service_resource, attributes, &author, facts).map_or(Ok(()), Err)?;
        none_of(unprocessable)?;
        Ok(change.add_transmissions(vec![transmission])?)
    }
}

impl Given<TransmissionUpdate> {
    /// The services that the dialog's transmissions speak of, this one as well, must be the caller's.
    pub(crate) fn check_resources(&self, change: &Change<'_, '_>, facts: &Facts) -> Result<(), Problem> {
        let stored = change.transmissions()?.iter();
        let attributes = stored.chain([&self.part.transmission]).filter_map(|it| it.authorization_attribute.as_ref());
        let service_resource = &change.stored().service_resource;
        Ok(forbidden_resources(service_resource, attributes, &self.author, facts).map_or(Ok(()), Err)?)
    }

    /// Puts it in the place of the stored one with its id.
    pub(crate) fn replace(self, change: &mut Change<'_, '_>) -> Result<(), Problem> {
        let TransmissionUpdate { mut transmission, created_at } = self.part;
        let id = transmission.id;
        let transmissions = change.transmissions()?;
        let place = transmissions.iter().position(|it| it.id == id);
        let Some((place, stored)) = place.and_then(|place| Some((place, transmissions.get(place)?))) else {
            return Err(Problem::not_found("DialogTransmission", id));
        };
        if let Some(key) = transmission.idempotent_key.as_ref().filter(|key| !key.trim().is_empty())
            && change.has_transmission_key(key, Some(id))?
        {
            return Err(key_in_use(key));
        }
        transmission.created_at = created_at.unwrap_or(stored.created_at);
        transmission.attachments = merge_attachments(&stored.attachments, transmission.attachments);
        let mut unprocessable = Errors::default();
        let mut changed = transmissions.to_vec();
        changed[place] = transmission.clone();
        for fault in faults_of_changed(&changed) {
            unprocessable.add("Transmissions", fault);
        }
        add_unknown_actors(&mut unprocessable, self.unknown_actors);
        none_of(unprocessable)?;
        change.replace_transmission(transmission);
        Ok(())
    }
}

impl Given<Activity> {
    pub(crate) fn id(&self) -> Uuid {
        self.part.id.0
    }

    /// Adds it to the dialog, which the caller may change. A service that is not the caller's outweighs the rest.
    pub(crate) fn add(self, change: &mut Change<'_, '_>, kind: ServiceKind, facts: &Facts) -> Result<(), Problem> {
        let Self { part: activity, unknown_actors, author } = self;
        forbidden_activities([activity.activity_type].into_iter(), &author).map_or(Ok(()), Err)?;
        let mut unprocessable = Errors::default();
        if let Some(id) = activity.transmission_id
            && change.relation_of(id)?.is_none()
        {
            let message = format!("The dialog has no transmission {id}, of which the activity could speak.");
            unprocessable.add("Activity.TransmissionId", message);
        }
        add_unknown_actors(&mut unprocessable, unknown_actors);
        let service_resource = &change.stored().service_resource;
        forbidden_resources(service_resource, std::iter::empty(), &author, facts).map_or(Ok(()), Err)?;
        none_of(unprocessable)?;
        Ok(change.add_activities(vec![activity], kind)?)
    }
}

impl Rules<'_> {
    /// On their own, transmissions have content even where their dialog is for APIs only.
    fn transmission_with_content(
        &mut self,
        field: &Field<'_>,
        given: CreateDialogTransmission,
        to: AttachedTo,
    ) -> Option<Transmission> {
        if given.content.is_none() {
            self.refuse(&field.member("content"), "must not be empty");
        }
        self.transmission(field, given, true, to)
    }

    fn not_nil(&mut self, name: &'static str, id: Uuid) {
        if id.is_nil() {
            self.refuse(&Field::root(name), "must not be empty");
        }
    }
}

fn judge<T>(
    author: Author,
    facts: &Facts,
    now: Timestamp,
    read: impl FnOnce(&mut Rules<'_>) -> Option<T>,
) -> Result<Given<T>, Refused> {
    let mut rules = Rules::new(&author, facts, now);
    let part = read(&mut rules);
    let (part, unknown_actors) = rules.finish(part).map_err(Refused::Invalid)?;
    Ok(Given { part, unknown_actors, author })
}

fn key_in_use(key: &str) -> Problem {
    let message = format!("Another transmission of the dialog has the idempotent key '{key}'.");
    Refused::Conflict(Errors::one("IdempotentKey", message)).into()
}
