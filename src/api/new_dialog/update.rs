//! Changes of a stored dialog: its fields, and what is held against the dialog as it is stored.

use super::admission::{
    add_exceeded, add_expired, add_unknown_actors, first_of, forbidden_activities, forbidden_resources, must_be_ahead,
    none_of, repeated_keys,
};
use super::attachments::AttachedTo;
use super::body::UpdateDialog;
use super::dialog::Times;
use super::hierarchy::faults_of_changed;
use super::merge::merge;
use super::rules::{Field, Rules};
use super::{Author, Refused};
use crate::api::json::Time;
use crate::api::problem::{Errors, Problem};
use crate::auth::Facts;
use dialog_index::domain::{Activity, Dialog, Timestamp, Transmission};
use dialog_index::{Change, DialogUpdate, ServiceKind};
use std::collections::{HashMap, HashSet};
use std::fmt::Display;

/// What a dialog is to be, of fields that are right, and who says so.
#[derive(Debug)]
pub(crate) struct JudgedUpdate {
    /// As it is given, not yet merged with what is stored.
    update: DialogUpdate,
    new_transmissions: Vec<Transmission>,
    new_activities: Vec<Activity>,
    unknown_actors: Vec<String>,
    author: Author,
}

impl UpdateDialog {
    /// The change of the body, if it obeys the rules. `transmissions` are those that are stored.
    pub(crate) fn judge(
        self,
        stored: &Dialog,
        transmissions: &[Transmission],
        author: Author,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<JudgedUpdate, Refused> {
        let mut rules = Rules::of_update(&author, facts, now);
        let read = rules.update(self, stored, transmissions);
        let ((update, new_transmissions, new_activities), unknown_actors) =
            rules.finish(read).map_err(Refused::Invalid)?;
        Ok(JudgedUpdate { update, new_transmissions, new_activities, unknown_actors, author })
    }
}

impl Rules<'_> {
    fn update(
        &mut self,
        given: UpdateDialog,
        stored: &Dialog,
        stored_transmissions: &[Transmission],
    ) -> Option<(DialogUpdate, Vec<Transmission>, Vec<Activity>)> {
        let dto = Field::BODY;
        let progress = self.progress(&dto.member("progress"), given.progress);
        let extended_status = self.optional_text(&dto.member("extendedStatus"), given.extended_status);
        let external_reference = self.optional_text(&dto.member("externalReference"), given.external_reference);
        let (process, preceding_process) = self.processes(&dto, given.process, given.preceding_process);
        let times = Times {
            visible_from: stored.visible_from,
            due_at: given.due_at.map(|Time(time)| time),
            expires_at: given.expires_at.map(|Time(time)| time),
            created_at: None,
            updated_at: None,
        };
        self.order_of(&dto, &times);
        let status = self.member(&dto.member("status"), given.status);
        let is_api_only = given.is_api_only;
        let content = self.dialog_content(&dto.member("content"), given.content, is_api_only);
        let search_tags = self.search_tags(&dto.member("searchTags"), given.search_tags);
        let attachments = self.attachments(&dto.member("attachments"), given.attachments, AttachedTo::Dialog);
        let gui_actions = self.gui_actions(&dto.member("guiActions"), given.gui_actions);
        let api_actions = self.api_actions(&dto.member("apiActions"), given.api_actions);
        let transmissions_field = dto.member("transmissions");
        if !is_api_only && stored_transmissions.iter().any(|it| it.content.is_none()) {
            self.refuse(&transmissions_field, "must all have content unless the dialog is for APIs only");
        }
        let transmissions = self.transmissions(&transmissions_field, given.transmissions, is_api_only);
        let activities = self.activities(&dto.member("activities"), given.activities, &HashSet::new());
        let update = DialogUpdate {
            progress,
            extended_status,
            external_reference,
            due_at: times.due_at,
            expires_at: times.expires_at,
            process,
            preceding_process,
            status: status?.into(),
            is_api_only,
            content,
            search_tags,
            attachments,
            gui_actions,
            api_actions,
        };
        Some((update, transmissions, activities))
    }
}

impl JudgedUpdate {
    /// Changes the dialog, which the caller may change. What makes the change unprocessable is collected and outweighs
    /// what ends the judgement early, but not services that are not the caller's.
    pub(crate) fn apply(
        self,
        change: &mut Change<'_, '_>,
        kind: ServiceKind,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let Self { update, new_transmissions, new_activities, unknown_actors, author } = self;
        let mut unprocessable = Errors::default();
        let stored = change.stored();
        if !author.is_admin && !author.is_silent {
            check_times(stored, &update, now, &mut unprocessable);
        }
        let known: HashSet<_> = change.activities()?.iter().map(|it| it.id).collect();
        let repeated = new_activities.iter().map(|it| it.id).filter(|id| known.contains(id));
        add_existing(&mut unprocessable, "DialogActivity", repeated);
        if let Some(refused) = forbidden_activities(new_activities.iter().map(|it| it.activity_type), &author) {
            return Err(first_of(unprocessable, refused).into());
        }

        let transmissions = change.transmissions()?;
        let known: HashSet<_> = transmissions.iter().map(|it| it.id).collect();
        let repeated = new_transmissions.iter().map(|it| it.id).filter(|id| known.contains(id));
        add_existing(&mut unprocessable, "DialogTransmission", repeated);
        let known: HashSet<_> = transmissions.iter().flat_map(|it| &it.attachments).map(|it| it.id).collect();
        let new_attachments = new_transmissions.iter().flat_map(|it| &it.attachments);
        let repeated = new_attachments.map(|it| it.id).filter(|id| known.contains(id));
        add_existing(&mut unprocessable, "DialogAttachment", repeated);
        add_expired(&mut unprocessable, &new_transmissions, now);
        let all = [transmissions, &new_transmissions].concat();
        for fault in faults_of_changed(&all) {
            unprocessable.add("Transmissions", fault);
        }
        add_exceeded(&mut unprocessable, change, &new_transmissions);
        if let Some(refused) = repeated_keys(transmissions, &new_transmissions) {
            return Err(first_of(unprocessable, refused).into());
        }

        let known: HashSet<_> = all.iter().map(|it| it.id).collect();
        let spoken_of = change.activities()?.iter().chain(&new_activities).filter_map(|it| it.transmission_id);
        for id in spoken_of.filter(|id| !known.contains(id)) {
            let message = format!("The dialog has no transmission {id}, of which an activity could speak.");
            unprocessable.add("Activities", message);
        }
        let update = merge(stored, update);
        check_attachments(stored, &update, now, &mut unprocessable);

        let attributes = (update.gui_actions.iter().map(|it| &it.authorization_attribute))
            .chain(update.api_actions.iter().map(|it| &it.authorization_attribute))
            .chain(all.iter().map(|it| &it.authorization_attribute))
            .flatten();
        if let Some(refused) = forbidden_resources(&stored.service_resource, attributes, &author, facts) {
            return Err(refused.into());
        }
        add_unknown_actors(&mut unprocessable, unknown_actors);
        none_of(unprocessable)?;
        Ok(change.update(update, new_transmissions, new_activities, kind)?)
    }
}

/// What is not changed may be behind.
fn check_times(stored: &Dialog, update: &DialogUpdate, now: Timestamp, unprocessable: &mut Errors) {
    if update.due_at != stored.due_at
        && let Some(due_at) = update.due_at.filter(|due_at| *due_at <= now)
    {
        unprocessable.add("DueAt", must_be_ahead("DueAt", due_at));
    }
    if update.expires_at != stored.expires_at {
        match update.expires_at {
            Some(expires_at) if expires_at > now => {}
            Some(expires_at) => unprocessable.add("ExpiresAt", must_be_ahead("ExpiresAt", expires_at)),
            None => unprocessable.add("ExpiresAt", "'ExpiresAt' cannot be taken away."),
        }
    }
}

/// What is not changed may have expired.
fn check_attachments(stored: &Dialog, update: &DialogUpdate, now: Timestamp, unprocessable: &mut Errors) {
    let before: HashMap<_, _> = stored.attachments.iter().map(|it| (it.id, it.expires_at)).collect();
    for attachment in &update.attachments {
        let is_unchanged = before.get(&attachment.id).is_some_and(|expires_at| *expires_at == attachment.expires_at);
        if let Some(expires_at) = attachment.expires_at.filter(|it| !is_unchanged && *it <= now) {
            unprocessable.add("Attachments.ExpiresAt", must_be_ahead("ExpiresAt", expires_at));
        }
    }
}

fn add_existing<T: Display>(unprocessable: &mut Errors, entity: &str, ids: impl Iterator<Item = T>) {
    let ids: Vec<_> = ids.map(|id| id.to_string()).collect();
    if !ids.is_empty() {
        let message = format!("Entity '{entity}' with the following key(s) already exists: ({}).", ids.join(", "));
        unprocessable.add(entity, message);
    }
}
