//! Changes of a stored dialog. A change is judged on the state that it finds, inside the transaction that writes it, so
//! that no other comes between; what the contract derives from a change is derived here.

use super::events::{of_change, of_new_parts};
use super::index_row::index_row;
use super::large_dialogs::{LargeDialogs, Lists, size_of_parts};
use super::new_dialog::{MAX_TRANSMISSIONS_PER_SIDE, ServiceKind, clamped, count_sides, has_unopened_content, ordered};
use super::writer::Group;
use super::{Dialogs, Found};
use crate::domain::{
    Activity, ActivityId, ActivityType, Actor, ApiAction, Attachment, Dialog, DialogContent, DialogId, DialogStatus,
    EventKind, GuiAction, LabelAction, LabelAssignment, Revision, SeenEntry, ServiceOwnerLabel, SystemLabel,
    SystemLabels, Timestamp, Transmission, TransmissionId,
};
use crate::store::{ChangeKind, Revised, UniqueKeys, Writing};
use crate::text::DialogText;
use crate::{AuthorizedScope, StoreError, WriteError};
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// When a change takes place, and how much it stirs up.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    pub at: Timestamp,
    /// Leaves times, the end user's labels and the seen flag as they are, and nobody is told of it.
    pub is_silent: bool,
}

impl From<Timestamp> for Occasion {
    /// One that is not silent.
    fn from(at: Timestamp) -> Self {
        Self { at, is_silent: false }
    }
}

/// A stored dialog, and what is to become of it. Nothing is written until the whole change is found good.
#[derive(Debug)]
pub struct Change<'t, 'txn> {
    writing: &'t Writing<'txn>,
    number: u64,
    /// Without its growing lists.
    stored: Dialog,
    transmissions: OnceCell<Vec<Transmission>>,
    activities: OnceCell<Vec<Activity>>,
    /// What each stored transmission is related to.
    relations: OnceCell<FxHashMap<TransmissionId, Option<TransmissionId>>>,
    /// The size of the lists, where they were at hand.
    kept_bytes: Option<usize>,
    draft: Draft,
}

/// What a dialog becomes.
#[derive(Debug)]
struct Draft {
    occasion: Occasion,
    /// Without its growing lists.
    dialog: Dialog,
    new_transmissions: Vec<Transmission>,
    new_activities: Vec<Activity>,
    replaced_transmission: Option<Transmission>,
    replaced_activity: Option<Activity>,
    new_label_log: Vec<LabelAssignment>,
    /// Anything but the contexts has changed.
    is_revised: bool,
    moves: Moves,
    is_purged: bool,
}

/// Which times move, unless the change is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moves {
    Nothing,
    Updated,
    ContentUpdated,
}

/// The fields of a dialog that its service owner may replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogUpdate {
    pub progress: Option<u8>,
    pub extended_status: Option<String>,
    pub external_reference: Option<String>,
    pub due_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub process: Option<String>,
    pub preceding_process: Option<String>,
    pub status: DialogStatus,
    pub is_api_only: bool,
    pub content: Option<DialogContent>,
    pub search_tags: Vec<String>,
    pub attachments: Vec<Attachment>,
    pub gui_actions: Vec<GuiAction>,
    pub api_actions: Vec<ApiAction>,
}

/// The revisions of a dialog after a change, which are the old ones where nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    pub revision: Revision,
    pub end_user_context_revision: Revision,
    pub service_owner_context_revision: Revision,
}

impl Dialogs {
    /// Changes a dialog as `judge` says, which sees it as it is when its turn has come. When this returns, the change
    /// is durable and searchable; if `judge` refuses, nothing is changed.
    ///
    /// `judge` runs on the thread that writes: it does no work that could be done before.
    pub fn change<T, E>(
        &self,
        scope: &AuthorizedScope,
        id: DialogId,
        occasion: Occasion,
        judge: impl FnOnce(&mut Change<'_, '_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Found<(T, Changed)>, E>
    where
        T: Send + 'static,
        E: From<WriteError> + Send + 'static,
    {
        Ok(only(self.change_all(&[(id, scope.clone())], occasion, judging_only(judge))?))
    }

    /// As [`Dialogs::change`], without waiting for the write, see [`Dialogs::begin_create`].
    pub fn begin_change<T, E>(
        &self,
        scope: AuthorizedScope,
        id: DialogId,
        occasion: Occasion,
        judge: impl FnOnce(&mut Change<'_, '_>) -> Result<T, E> + Send + 'static,
        tell: impl FnOnce(Result<Found<(T, Changed)>, E>) + Send + 'static,
    ) where
        T: Send + 'static,
        E: From<WriteError> + Send + 'static,
    {
        let judge = judging_only(judge);
        let operation =
            move |group: &mut Group<'_, '_>| Refused::part(change_all(group, &[(id, scope)], occasion, judge));
        let tell = move |result: Result<_, WriteError>| {
            tell(result.unwrap_or_else(|error| Err(error.into())).map(only));
        };
        self.inner.writer.begin(operation, tell);
    }

    /// As [`Dialogs::change`] for several dialogs at once, all or none, each with the scope that it is looked for in.
    /// `judge` is given those that are visible, in the order of `dialogs`, each once.
    pub fn change_all<T, E>(
        &self,
        dialogs: &[(DialogId, AuthorizedScope)],
        occasion: Occasion,
        judge: impl FnOnce(&mut [Change<'_, '_>]) -> Result<T, E> + Send + 'static,
    ) -> Result<(T, Vec<Found<Changed>>), E>
    where
        T: Send + 'static,
        E: From<WriteError> + Send + 'static,
    {
        let dialogs = dialogs.to_vec();
        self.inner.writer.submit(move |group| Refused::part(change_all(group, &dialogs, occasion, judge)))?
    }
}

/// Judges the one dialog that was named, if it was visible.
fn judging_only<T, E>(
    judge: impl FnOnce(&mut Change<'_, '_>) -> Result<T, E>,
) -> impl FnOnce(&mut [Change<'_, '_>]) -> Result<Option<T>, E> {
    |changes| match changes {
        [change] => judge(change).map(Some),
        _ => Ok(None),
    }
}

/// What became of the one dialog that was named.
fn only<T>((value, found): (Option<T>, Vec<Found<Changed>>)) -> Found<(T, Changed)> {
    match (value, found.into_iter().next()) {
        (Some(value), Some(Found::Visible(changed))) => Found::Visible((value, changed)),
        (_, Some(Found::Hidden)) => Found::Hidden,
        _ => Found::Missing,
    }
}

/// Who refused a change.
enum Refused<E> {
    ByJudge(E),
    ByStore(WriteError),
}

impl<E> Refused<E> {
    /// The writer knows errors of its own alone: a refusal by the judge is a value to it.
    fn part<T>(result: Result<T, Self>) -> Result<Result<T, E>, WriteError> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Self::ByJudge(error)) => Ok(Err(error)),
            Err(Self::ByStore(error)) => Err(error),
        }
    }
}

impl<E, W: Into<WriteError>> From<W> for Refused<E> {
    fn from(error: W) -> Self {
        Self::ByStore(error.into())
    }
}

fn change_all<T, E>(
    group: &mut Group<'_, '_>,
    dialogs: &[(DialogId, AuthorizedScope)],
    occasion: Occasion,
    judge: impl FnOnce(&mut [Change<'_, '_>]) -> Result<T, E>,
) -> Result<(T, Vec<Found<Changed>>), Refused<E>> {
    let mut found = Vec::with_capacity(dialogs.len());
    let mut changes: Vec<Change<'_, '_>> = Vec::with_capacity(dialogs.len());
    let (writing, large_dialogs) = (&*group.writing, &mut *group.large_dialogs);
    for (id, scope) in dialogs {
        let number = writing.number_of(*id)?;
        let known = number.and_then(|number| changes.iter().position(|change| change.number == number));
        found.push(match (number, known) {
            (None, _) => Found::Missing,
            (Some(_), Some(place)) if scope.permits(changes[place].stored()) => Found::Visible(place),
            (Some(_), Some(_)) => Found::Hidden,
            (Some(number), None) => {
                let stored = writing.record(number)?;
                if scope.permits(&stored) {
                    let lists = large_dialogs.take(number, stored.revision);
                    changes.push(Change::of(writing, number, stored, lists, occasion));
                    Found::Visible(changes.len() - 1)
                } else {
                    Found::Hidden
                }
            }
        });
    }
    // A defect in it harms nobody else: nothing is written yet.
    let judged = catch_unwind(AssertUnwindSafe(|| judge(&mut changes))).map_err(|_| WriteError::Panicked)?;
    let judged = judged.map_err(Refused::ByJudge).and_then(|value| {
        let keys = changes.iter().map(Change::keys).collect::<Result<Vec<_>, WriteError>>()?;
        Ok((value, keys))
    });
    let (value, keys) = match judged {
        Ok(good) => good,
        Err(refused) => {
            changes.into_iter().for_each(|change| change.abandon(large_dialogs));
            return Err(refused);
        }
    };
    // All are found good before the first is written.
    let mut revisions = Vec::with_capacity(changes.len());
    let mut writes = Vec::with_capacity(changes.len());
    for (change, keys) in changes.into_iter().zip(keys) {
        let write = change.settle(keys)?;
        revisions.push(write.revisions());
        writes.push(write);
    }
    for write in writes {
        write.store(group)?;
    }
    let found = found.into_iter().map(|found| match found {
        Found::Missing => Found::Missing,
        Found::Hidden => Found::Hidden,
        Found::Visible(place) => Found::Visible(revisions[place]),
    });
    Ok((value, found.collect()))
}

impl<'t, 'txn> Change<'t, 'txn> {
    /// With `lists`, if they are at hand.
    fn of(writing: &'t Writing<'txn>, number: u64, stored: Dialog, lists: Option<Lists>, occasion: Occasion) -> Self {
        let draft = Draft {
            occasion,
            dialog: stored.clone(),
            new_transmissions: Vec::new(),
            new_activities: Vec::new(),
            replaced_transmission: None,
            replaced_activity: None,
            new_label_log: Vec::new(),
            is_revised: false,
            moves: Moves::Nothing,
            is_purged: false,
        };
        let kept_bytes = lists.as_ref().map(Lists::bytes);
        let (transmissions, activities) = lists.map(|lists| (lists.transmissions, lists.activities)).unzip();
        Self {
            writing,
            number,
            stored,
            transmissions: transmissions.map_or_else(OnceCell::new, OnceCell::from),
            activities: activities.map_or_else(OnceCell::new, OnceCell::from),
            relations: OnceCell::new(),
            kept_bytes,
            draft,
        }
    }

    /// The dialog as it is stored, without its transmissions and activities.
    pub fn stored(&self) -> &Dialog {
        &self.stored
    }

    /// The stored transmissions, in the order in which they were added.
    pub fn transmissions(&self) -> Result<&[Transmission], WriteError> {
        if let Some(transmissions) = self.transmissions.get() {
            return Ok(transmissions);
        }
        let read = self.writing.transmissions(self.number)?;
        Ok(self.transmissions.get_or_init(|| read))
    }

    /// The stored activities, in the order in which they were added.
    pub fn activities(&self) -> Result<&[Activity], WriteError> {
        if let Some(activities) = self.activities.get() {
            return Ok(activities);
        }
        let read = self.writing.activities(self.number)?;
        Ok(self.activities.get_or_init(|| read))
    }

    /// What a stored transmission is related to; `None` if the dialog has no such transmission.
    pub fn relation_of(&self, id: TransmissionId) -> Result<Option<Option<TransmissionId>>, WriteError> {
        let transmissions = self.transmissions()?.iter();
        let relations =
            self.relations.get_or_init(|| transmissions.map(|it| (it.id, it.related_transmission_id)).collect());
        Ok(relations.get(&id).copied())
    }

    /// How many stored transmissions are related to this one.
    pub fn count_related_to(&self, id: TransmissionId) -> Result<usize, WriteError> {
        Ok(self.transmissions()?.iter().filter(|it| it.related_transmission_id == Some(id)).count())
    }

    /// Whether a stored transmission, other than one that may be named, has this idempotent key.
    pub fn has_transmission_key(&self, key: &str, except: Option<TransmissionId>) -> Result<bool, WriteError> {
        let mut others = self.transmissions()?.iter().filter(|it| Some(it.id) != except);
        Ok(others.any(|it| it.idempotent_key.as_deref() == Some(key)))
    }

    /// Replaces what the service owner may replace, and adds to the lists that only grow. Nothing moves where nothing
    /// changes, but the dialog leaves bin and archive.
    pub fn update(
        &mut self,
        update: DialogUpdate,
        transmissions: Vec<Transmission>,
        activities: Vec<Activity>,
        kind: ServiceKind,
    ) -> Result<(), WriteError> {
        let Dialog { status, extended_status, content, attachments, gui_actions, api_actions, .. } = &self.stored;
        let is_content_changed = (*status, extended_status, content)
            != (update.status, &update.extended_status, &update.content)
            || *attachments != update.attachments
            || *gui_actions != update.gui_actions
            || *api_actions != update.api_actions;
        update.write_to(&mut self.draft.dialog);
        if self.draft.dialog != self.stored {
            self.draft.revise(if is_content_changed { Moves::ContentUpdated } else { Moves::Updated });
        }
        self.add_transmissions(transmissions)?;
        self.draft.add_activities(activities);
        self.draft.leave_bin_and_archive();
        self.count_unopened(kind)
    }

    /// The counts that these transmissions would take beyond their end: `true` is that of the party's side.
    pub fn exceeded_counts(&self, added: &[Transmission]) -> impl Iterator<Item = bool> + use<> {
        let Dialog { from_party_transmissions_count, from_service_owner_transmissions_count, .. } = self.draft.dialog;
        exceeded((from_party_transmissions_count, from_service_owner_transmissions_count), count_sides(added))
    }

    /// Adds transmissions at the end.
    pub fn add_transmissions(&mut self, transmissions: Vec<Transmission>) -> Result<(), WriteError> {
        if transmissions.is_empty() {
            return Ok(());
        }
        if let Some(from_party) = self.exceeded_counts(&transmissions).next() {
            return Err(WriteError::TooManyTransmissions { from_party });
        }
        let draft = &mut self.draft;
        let (from_party, from_service_owner) = count_sides(&transmissions);
        let dialog = &mut draft.dialog;
        for (count, added) in [
            (&mut dialog.from_party_transmissions_count, from_party),
            (&mut dialog.from_service_owner_transmissions_count, from_service_owner),
        ] {
            *count = clamped(usize::from(*count) + added);
        }
        dialog.has_unopened_content |= from_service_owner > 0;
        draft.revise(Moves::ContentUpdated);
        if from_party > 0 {
            draft.assign(&[SystemLabel::Sent], &[], &Actor::ServiceOwner);
        }
        draft.leave_bin_and_archive();
        draft.new_transmissions.extend(transmissions);
        Ok(())
    }

    /// Adds activities at the end.
    pub fn add_activities(&mut self, activities: Vec<Activity>, kind: ServiceKind) -> Result<(), WriteError> {
        let opens = |activity: &Activity| {
            matches!(activity.activity_type, ActivityType::TransmissionOpened | ActivityType::CorrespondenceOpened)
        };
        let may_open = activities.iter().any(opens);
        self.draft.add_activities(activities);
        if may_open { self.count_unopened(kind) } else { Ok(()) }
    }

    /// Puts a transmission in the place of the stored one with its id. Counters and labels stay as they are.
    pub fn replace_transmission(&mut self, transmission: Transmission) {
        self.draft.replaced_transmission = Some(transmission);
        self.draft.revise(Moves::Updated);
    }

    /// Gives an activity another time, which the dialog is not older than. Returns whether there is such an activity.
    pub fn move_activity(&mut self, id: ActivityId, to: Timestamp) -> Result<bool, WriteError> {
        let Some(activity) = self.activities()?.iter().find(|activity| activity.id == id) else { return Ok(false) };
        let moved = Activity { created_at: to, ..activity.clone() };
        let dialog = &mut self.draft.dialog;
        dialog.updated_at = dialog.updated_at.max(to);
        self.draft.replaced_activity = Some(moved);
        self.draft.revise(Moves::Nothing);
        Ok(true)
    }

    /// Hides the dialog from end users until it is restored.
    pub fn delete(&mut self) {
        self.draft.dialog.deleted_at = Some(self.draft.occasion.at);
        self.draft.revise(Moves::Nothing);
    }

    /// Takes back a deletion. Nothing changes in a dialog that is not deleted.
    pub fn restore(&mut self) {
        if self.draft.dialog.deleted_at.take().is_some() {
            self.draft.revise(Moves::Nothing);
        }
    }

    /// From here on only administrators change the dialog. Nothing changes in one that is frozen already.
    pub fn freeze(&mut self) {
        if !self.draft.dialog.frozen {
            self.draft.dialog.frozen = true;
            self.draft.revise(Moves::Updated);
        }
    }

    /// Removes the dialog and all that hangs on it for good.
    pub fn purge(&mut self) {
        self.draft.is_purged = true;
    }

    /// Removes labels of the end user's side and then adds others, in their order.
    pub fn assign_labels(&mut self, add: &[SystemLabel], remove: &[SystemLabel], performed_by: &Actor) {
        self.draft.assign(add, remove, performed_by);
    }

    /// Whether the dialog as it is stored is within another scope too.
    pub fn is_within(&self, scope: &AuthorizedScope) -> bool {
        scope.permits(&self.stored)
    }

    /// Replaces the labels of the service owner.
    pub fn set_service_owner_labels(&mut self, labels: Vec<ServiceOwnerLabel>) {
        let context = &mut self.draft.dialog.service_owner_context;
        let labels = ordered(labels);
        if context.labels != labels {
            context.labels = labels;
            context.revision = Revision::new();
        }
    }

    fn count_unopened(&mut self, kind: ServiceKind) -> Result<(), WriteError> {
        let transmissions = self.transmissions()?.iter().chain(&self.draft.new_transmissions);
        let activities = self.activities()?.iter().chain(&self.draft.new_activities);
        let has_unopened_content = has_unopened_content(kind, transmissions, activities);
        self.draft.dialog.has_unopened_content = has_unopened_content;
        if self.draft.dialog.has_unopened_content != self.stored.has_unopened_content {
            self.draft.revise(Moves::Nothing);
        }
        Ok(())
    }

    /// The keys of the parts that change, before and after. Those that are added are free.
    fn keys(&self) -> Result<(UniqueKeys, UniqueKeys), WriteError> {
        if self.draft.is_purged {
            return Ok(Default::default());
        }
        let Draft { dialog, new_transmissions, new_activities, replaced_transmission, .. } = &self.draft;
        let stored = match replaced_transmission {
            Some(with) => self.transmissions()?.iter().find(|it| it.id == with.id),
            None => None,
        };
        let before = UniqueKeys::of_parts(&self.stored, stored, []);
        let after = UniqueKeys::of_parts(dialog, replaced_transmission.iter().chain(new_transmissions), new_activities);
        self.writing.check_added_keys(&before, &after)?;
        Ok((before, after))
    }

    /// Nothing is to be written.
    fn abandon(self, large_dialogs: &mut LargeDialogs) {
        keep(large_dialogs, self.number, self.stored, self.transmissions, self.activities);
    }

    /// All that is to be written, with the keys found good.
    fn settle(mut self, (keys_before, keys_after): (UniqueKeys, UniqueKeys)) -> Result<Write, WriteError> {
        self.draft.move_times();
        if self.draft.is_revised {
            self.draft.dialog.revision = Revision::new();
        }
        let events = self.events();
        let Draft { dialog, is_revised, is_purged, .. } = &self.draft;
        let contexts = |dialog: &Dialog| (dialog.end_user_context.revision, dialog.service_owner_context.revision);
        let (number, at) = (self.number, self.draft.occasion.at);
        if *is_purged {
            return Ok(Write { number, dialog: self.stored, outcome: Outcome::Purged, at, events });
        }
        if !*is_revised && contexts(dialog) == contexts(&self.stored) {
            let Self { stored, transmissions, activities, .. } = self;
            let outcome = Outcome::Unchanged(transmissions, activities);
            return Ok(Write { number, dialog: stored, outcome, at, events });
        }
        self.transmissions()?;
        self.activities()?;
        let seen_log = self.writing.seen_log(number)?;
        let Draft { mut dialog, new_transmissions, new_activities, replaced_transmission, .. } = self.draft;
        dialog.transmissions = self.transmissions.into_inner().unwrap_or_default();
        dialog.activities = self.activities.into_inner().unwrap_or_default();
        // What is replaced counts twice, which does no harm.
        let added = size_of_parts(new_transmissions.iter().chain(&replaced_transmission), &new_activities);
        let outcome = Outcome::Changed(Box::new(Rows {
            bytes_of_lists: self.kept_bytes.map(|bytes| bytes + added),
            seen_log,
            new_transmissions: new_transmissions.len(),
            new_activities: new_activities.len(),
            replaced_transmission: replaced_transmission.as_ref().map(|it| it.id),
            replaced_activity: self.draft.replaced_activity.as_ref().map(|it| it.id),
            new_label_log: self.draft.new_label_log,
            keys_before,
            keys_after,
        }));
        replace(&mut dialog.transmissions, replaced_transmission, |it| it.id);
        replace(&mut dialog.activities, self.draft.replaced_activity, |it| it.id);
        dialog.transmissions.extend(new_transmissions);
        dialog.activities.extend(new_activities);
        Ok(Write { number, dialog, outcome, at, events })
    }

    /// What others are told of the change: of one that is silent or of labels alone, nothing.
    fn events(&self) -> Vec<EventKind> {
        let Draft { occasion, dialog, new_transmissions, new_activities, is_revised, is_purged, .. } = &self.draft;
        let (was_deleted, is_deleted) = (self.stored.deleted_at.is_some(), dialog.deleted_at.is_some());
        if occasion.is_silent || *is_purged && was_deleted || !is_purged && !is_revised {
            return Vec::new();
        }
        if *is_purged {
            return vec![EventKind::Deleted];
        }
        let of_dialog = of_change(was_deleted, is_deleted);
        [of_dialog].into_iter().chain(of_new_parts(new_transmissions, new_activities)).collect()
    }
}

/// Of the counts of the party's side and of the service owner's those that end before so many more; `true` is the
/// former. What is added to the one does not depend on the other.
fn exceeded(counts: (u16, u16), added: (usize, usize)) -> impl Iterator<Item = bool> {
    let is_exceeded = |count, added| added > 0 && usize::from(count) + added > usize::from(MAX_TRANSMISSIONS_PER_SIDE);
    let sides = [(counts.0, added.0, true), (counts.1, added.1, false)];
    sides.into_iter().filter(move |(count, added, _)| is_exceeded(*count, *added)).map(|(_, _, from_party)| from_party)
}

/// Puts an entry in the place of the one with its id.
fn replace<T, Id: PartialEq>(list: &mut [T], with: Option<T>, id: impl Fn(&T) -> Id) {
    if let Some(with) = with
        && let Some(entry) = list.iter_mut().find(|it| id(it) == id(&with))
    {
        *entry = with;
    }
}

/// Keeps the lists of a dialog that stays as it is, if they were read.
fn keep(
    large_dialogs: &mut LargeDialogs,
    number: u64,
    stored: Dialog,
    transmissions: OnceCell<Vec<Transmission>>,
    activities: OnceCell<Vec<Activity>>,
) {
    if let (Some(transmissions), Some(activities)) = (transmissions.into_inner(), activities.into_inner())
        && let Some(lists) = Lists::of(Dialog { transmissions, activities, ..stored }, None)
    {
        large_dialogs.keep(number, lists);
    }
}

impl Draft {
    fn revise(&mut self, moves: Moves) {
        self.is_revised = true;
        self.moves = self.moves.max(moves);
    }

    fn add_activities(&mut self, activities: Vec<Activity>) {
        if !activities.is_empty() {
            self.revise(Moves::Updated);
            self.leave_bin_and_archive();
            self.new_activities.extend(activities);
        }
    }

    /// What happens to a dialog brings it back to the party's sight.
    fn leave_bin_and_archive(&mut self) {
        if !self.occasion.is_silent {
            self.assign(&[SystemLabel::Default], &[], &Actor::ServiceOwner);
        }
    }

    fn assign(&mut self, add: &[SystemLabel], remove: &[SystemLabel], performed_by: &Actor) {
        let context = &mut self.dialog.end_user_context;
        let before = context.system_labels;
        let labels = remove.iter().fold(before, |labels, label| labels.without(*label));
        let labels = add.iter().fold(labels, |labels, label| labels.with(*label));
        if labels == before {
            return;
        }
        context.system_labels = labels;
        context.revision = Revision::new();
        self.new_label_log.extend(differences(before, labels, self.occasion.at, performed_by));
    }

    /// A dialog that is not visible yet has no times but the one from which it will be.
    fn move_times(&mut self) {
        let Occasion { at, is_silent } = self.occasion;
        let dialog = &mut self.dialog;
        if self.moves == Moves::Nothing {
            return;
        }
        if let Some(visible_from) = dialog.visible_from.filter(|visible_from| *visible_from > at) {
            dialog.updated_at = visible_from;
            dialog.content_updated_at = visible_from;
            dialog.seen_since_content_update = false;
            self.new_transmissions.iter_mut().for_each(|it| it.created_at = visible_from);
        } else if !is_silent {
            dialog.updated_at = dialog.updated_at.max(at);
            if self.moves == Moves::ContentUpdated {
                dialog.content_updated_at = dialog.updated_at;
                dialog.seen_since_content_update = false;
            }
        }
    }
}

/// What the label log says of a change of labels, in the contract's order; of Default it says nothing.
fn differences(
    before: SystemLabels,
    after: SystemLabels,
    at: Timestamp,
    performed_by: &Actor,
) -> impl Iterator<Item = LabelAssignment> {
    let entry =
        move |label, action| LabelAssignment { created_at: at, label, action, performed_by: performed_by.clone() };
    let removed =
        before.iter().filter(move |label| !after.contains(*label)).map(move |label| (label, LabelAction::Remove));
    let set = after.iter().filter(move |label| !before.contains(*label)).map(move |label| (label, LabelAction::Set));
    let logged = set.chain(removed).filter(|(label, _)| *label != SystemLabel::Default);
    logged.map(move |(label, action)| entry(label, action))
}

impl DialogUpdate {
    fn write_to(self, dialog: &mut Dialog) {
        dialog.progress = self.progress;
        dialog.extended_status = self.extended_status;
        dialog.external_reference = self.external_reference;
        dialog.due_at = self.due_at;
        dialog.expires_at = self.expires_at;
        dialog.process = self.process;
        dialog.preceding_process = self.preceding_process;
        dialog.status = self.status;
        dialog.is_api_only = self.is_api_only;
        dialog.content = self.content;
        dialog.search_tags = self.search_tags;
        dialog.attachments = self.attachments;
        dialog.gui_actions = self.gui_actions;
        dialog.api_actions = self.api_actions;
    }
}

/// What is written of one change.
struct Write {
    number: u64,
    /// Whole where it is written.
    dialog: Dialog,
    outcome: Outcome,
    at: Timestamp,
    events: Vec<EventKind>,
}

enum Outcome {
    /// With what was read of the dialog's lists.
    Unchanged(OnceCell<Vec<Transmission>>, OnceCell<Vec<Activity>>),
    Purged,
    Changed(Box<Rows>),
}

struct Rows {
    bytes_of_lists: Option<usize>,
    seen_log: Vec<SeenEntry>,
    new_transmissions: usize,
    new_activities: usize,
    replaced_transmission: Option<TransmissionId>,
    replaced_activity: Option<ActivityId>,
    new_label_log: Vec<LabelAssignment>,
    keys_before: UniqueKeys,
    keys_after: UniqueKeys,
}

impl Write {
    fn revisions(&self) -> Changed {
        Changed {
            revision: self.dialog.revision,
            end_user_context_revision: self.dialog.end_user_context.revision,
            service_owner_context_revision: self.dialog.service_owner_context.revision,
        }
    }

    fn store(self, group: &mut Group<'_, '_>) -> Result<(), StoreError> {
        let Self { number, dialog, outcome, at, events } = self;
        match outcome {
            Outcome::Unchanged(transmissions, activities) => {
                keep(group.large_dialogs, number, dialog, transmissions, activities);
                Ok(())
            }
            Outcome::Purged => {
                group.writing.remove(number)?;
                group.writing.add_events(at, &dialog, events)?;
                group.remove_row(number);
                Ok(())
            }
            Outcome::Changed(rows) => {
                let revised = Revised {
                    dialog: &dialog,
                    seen_log: &rows.seen_log,
                    new_transmissions: &dialog.transmissions[dialog.transmissions.len() - rows.new_transmissions..],
                    new_activities: &dialog.activities[dialog.activities.len() - rows.new_activities..],
                    replaced_transmission: dialog
                        .transmissions
                        .iter()
                        .find(|it| Some(it.id) == rows.replaced_transmission),
                    replaced_activity: dialog.activities.iter().find(|it| Some(it.id) == rows.replaced_activity),
                    new_seen: &[],
                    new_label_log: &rows.new_label_log,
                };
                group.writing.revise(number, &revised, &rows.keys_before, &rows.keys_after, ChangeKind::Updated)?;
                group.writing.add_events(at, &dialog, events)?;
                let text = DialogText::of(&dialog);
                let row = index_row(number, &dialog, text, |kind, name| group.writing.name(kind, name))?;
                group.put_row(row);
                if let Some(lists) = Lists::of(dialog, rows.bytes_of_lists) {
                    group.large_dialogs.keep(number, lists);
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogs::NewDialog;
    use crate::dialogs::fixture::{TestDialogs, activity, attachment, new_dialog, owner, transmission};
    use crate::domain::{Org, TransmissionType};
    use crate::query::{Filter, Order, PageSize, Position, SearchQuery};
    use ServiceKind::Ordinary;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_785_000_000_000_000);
    const LATER: Timestamp = Timestamp::from_micros(1_785_000_001_000_000);
    const FAR: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
    const ID: DialogId = DialogId(Uuid::from_u128(1));

    /// Creates a dialog, changes it a second later, and gives back both states.
    fn changed(
        given: impl FnOnce(&mut NewDialog),
        is_silent: bool,
        change: impl FnOnce(&mut Change<'_, '_>) -> Result<(), WriteError> + Send + 'static,
    ) -> (Dialog, Dialog) {
        let stored = TestDialogs::new();
        let mut dialog = new_dialog(1);
        dialog.transmissions = vec![transmission(2, TransmissionType::Information)];
        dialog.activities = vec![activity(3, ActivityType::FormSaved, None)];
        given(&mut dialog);
        stored.dialogs.create(dialog, NOW).expect("a new dialog is created");
        let before = stored.get(1);
        let occasion = Occasion { at: LATER, is_silent };
        let found = stored.dialogs.change(&owner(), ID, occasion, change).expect("the change is good");
        let Found::Visible(((), revisions)) = found else { panic!("the dialog should be visible: {found:?}") };
        let after = stored.get(1);
        assert_eq!(revisions.revision, after.revision);
        assert_eq!(revisions.end_user_context_revision, after.end_user_context.revision);
        assert_eq!(revisions.service_owner_context_revision, after.service_owner_context.revision);
        stored.assert_consistent(1);
        stored.reopened(|_| {}).assert_consistent(1);
        (before, after)
    }

    fn update_of(dialog: &Dialog) -> DialogUpdate {
        let dialog = dialog.clone();
        DialogUpdate {
            progress: dialog.progress,
            extended_status: dialog.extended_status,
            external_reference: dialog.external_reference,
            due_at: dialog.due_at,
            expires_at: dialog.expires_at,
            process: dialog.process,
            preceding_process: dialog.preceding_process,
            status: dialog.status,
            is_api_only: dialog.is_api_only,
            content: dialog.content,
            search_tags: dialog.search_tags,
            attachments: dialog.attachments,
            gui_actions: dialog.gui_actions,
            api_actions: dialog.api_actions,
        }
    }

    fn updated(
        change: impl FnOnce(&mut DialogUpdate) + Send + 'static,
    ) -> impl FnOnce(&mut Change<'_, '_>) -> Result<(), WriteError> {
        |it| {
            let mut update = update_of(it.stored());
            change(&mut update);
            it.update(update, Vec::new(), Vec::new(), Ordinary)
        }
    }

    /// What a change moves: the times of update and of the content's update, the revision, and the place of a dialog
    /// that was archived.
    #[track_caller]
    fn check_moves(
        change: impl Fn(&mut Change<'_, '_>) -> Result<(), WriteError> + Clone + Send + 'static,
        expected: (Timestamp, Timestamp, bool, SystemLabel),
    ) {
        let archive = |dialog: &mut NewDialog| dialog.system_label = SystemLabel::Archive;
        let moves = |(before, after): (Dialog, Dialog)| {
            let place = after.end_user_context.system_labels.place();
            let is_context_new = before.end_user_context.revision != after.end_user_context.revision;
            assert_eq!(is_context_new, place != SystemLabel::Archive);
            (after.updated_at, after.content_updated_at, after.revision != before.revision, place)
        };
        assert_eq!(moves(changed(archive, false, change.clone())), expected);
        let silent = moves(changed(archive, true, change));
        assert_eq!(silent, (NOW, NOW, expected.2, SystemLabel::Archive), "silent");
    }

    #[test]
    fn each_change_moves_what_the_contract_says() {
        use SystemLabel::{Archive, Default};
        check_moves(|it| updated(|_| {})(it), (NOW, NOW, false, Default));
        check_moves(|it| updated(|update| update.progress = Some(7))(it), (LATER, NOW, true, Default));
        check_moves(
            |it| updated(|update| update.search_tags.push("skatt".to_owned()))(it),
            (LATER, NOW, true, Default),
        );
        check_moves(|it| updated(|update| update.status = DialogStatus::Completed)(it), (LATER, LATER, true, Default));
        check_moves(|it| updated(|update| update.attachments.push(attachment(9)))(it), (LATER, LATER, true, Default));
        check_moves(
            |it| it.add_transmissions(vec![transmission(9, TransmissionType::Alert)]),
            (LATER, LATER, true, Default),
        );
        check_moves(
            |it| it.add_activities(vec![activity(9, ActivityType::DialogOpened, None)], Ordinary),
            (LATER, NOW, true, Default),
        );
        check_moves(
            |it| {
                it.freeze();
                Ok(())
            },
            (LATER, NOW, true, Archive),
        );
        check_moves(|it| it.move_activity(ActivityId(Uuid::from_u128(3)), NOW).map(drop), (NOW, NOW, true, Archive));
        check_moves(
            |it| {
                it.delete();
                Ok(())
            },
            (NOW, NOW, true, Archive),
        );
        check_moves(
            |it| {
                it.restore();
                Ok(())
            },
            (NOW, NOW, false, Archive),
        );
    }

    #[test]
    fn a_dialog_that_is_not_visible_yet_has_one_time() {
        let future = |dialog: &mut NewDialog| dialog.visible_from = Some(FAR);
        for is_silent in [false, true] {
            let add = |it: &mut Change<'_, '_>| it.add_transmissions(vec![transmission(9, TransmissionType::Alert)]);
            let (_, after) = changed(future, is_silent, add);
            assert_eq!((after.updated_at, after.content_updated_at), (FAR, FAR));
            assert_eq!(after.transmissions[1].created_at, FAR);
        }
    }

    #[test]
    fn each_side_has_so_many_and_no_more() {
        const MOST: u16 = MAX_TRANSMISSIONS_PER_SIDE;
        for (counts, added, expected) in [
            ((MOST - 1, MOST - 2), (1, 2), &[] as &[bool]),
            ((MOST, MOST), (0, 0), &[]),
            ((MOST, 0), (0, 1), &[]),
            ((MOST, 0), (1, 1), &[true]),
            ((0, MOST - 1), (1, 2), &[false]),
            ((MOST, MOST), (1, 1), &[true, false]),
            // What has more than that already still takes from the other side.
            ((u16::MAX, 0), (0, 1), &[]),
        ] {
            let found: Vec<_> = exceeded(counts, added).collect();
            assert_eq!(found, expected, "{counts:?} and {added:?}");
        }
    }

    #[test]
    fn what_is_added_counts() {
        let (_, after) =
            changed(|_| {}, true, |it| it.add_transmissions(vec![transmission(9, TransmissionType::Submission)]));
        assert_eq!((after.from_service_owner_transmissions_count, after.from_party_transmissions_count), (1, 1));
        assert!(after.end_user_context.system_labels.contains(SystemLabel::Sent));
        assert!(after.has_unopened_content);
        let opened = |it: &mut Change<'_, '_>| {
            let of = it.transmissions()?[0].id;
            it.add_activities(vec![activity(9, ActivityType::TransmissionOpened, Some(of))], Ordinary)
        };
        let (before, after) = changed(|_| {}, false, opened);
        assert!(before.has_unopened_content && !after.has_unopened_content);
    }

    #[test]
    fn ids_stay_unique_and_become_free() {
        let add =
            |id| move |it: &mut Change<'_, '_>| it.add_transmissions(vec![transmission(id, TransmissionType::Alert)]);
        let stored = TestDialogs::new();
        let mut dialog = new_dialog(1);
        dialog.attachments = vec![attachment(5)];
        stored.dialogs.create(dialog, NOW).expect("a new dialog is created");
        stored.dialogs.create(new_dialog(2), NOW).expect("a new dialog is created");
        let occasion = Occasion { at: LATER, is_silent: false };
        let change = |id, id_of_transmission| {
            stored.dialogs.change(&owner(), DialogId(Uuid::from_u128(id)), occasion, add(id_of_transmission))
        };
        change(1, 7).expect("the id is free");
        for dialog in [1, 2] {
            let refused = change(dialog, 7);
            assert!(matches!(refused, Err(WriteError::IdInUse { .. })), "{refused:?}");
        }
        let without: Result<_, WriteError> =
            stored.dialogs.change(&owner(), ID, occasion, updated(|update| update.attachments.clear()));
        without.expect("the attachment goes");
        let taken: Result<_, WriteError> = stored.dialogs.change(
            &owner(),
            DialogId(Uuid::from_u128(2)),
            occasion,
            updated(|update| update.attachments = vec![attachment(5)]),
        );
        taken.expect("the id is free again");
        stored.assert_consistent(2);
    }

    #[test]
    fn stored_parts_are_replaced_in_their_place() {
        let (before, after) = changed(
            |dialog| dialog.transmissions.push(transmission(4, TransmissionType::Alert)),
            true,
            |it| {
                let stored = it.transmissions()?[0].clone();
                it.replace_transmission(Transmission { attachments: vec![attachment(8)], ..stored });
                assert!(!it.move_activity(ActivityId(Uuid::from_u128(77)), LATER)?);
                assert!(it.move_activity(ActivityId(Uuid::from_u128(3)), LATER)?);
                Ok(())
            },
        );
        assert_eq!(after.transmissions[0].attachments, [attachment(8)]);
        assert_eq!(after.transmissions[1], before.transmissions[1]);
        assert_eq!((after.activities[0].created_at, after.updated_at), (LATER, LATER));
    }

    #[test]
    fn labels_have_their_own_revision_and_log() {
        let alice = Actor::Named { name: "Alice".to_owned() };
        let by = alice.clone();
        let (before, after) = changed(
            |dialog| dialog.system_label = SystemLabel::Bin,
            false,
            move |it| {
                let (add, remove) = ([SystemLabel::MarkedAsUnopened, SystemLabel::Archive], [SystemLabel::Bin]);
                it.assign_labels(&add, &remove, &by);
                it.set_service_owner_labels(vec![ServiceOwnerLabel::parse("abc").expect("a valid label")]);
                Ok(())
            },
        );
        assert_eq!((after.revision, after.updated_at), (before.revision, before.updated_at));
        assert_ne!(after.end_user_context.revision, before.end_user_context.revision);
        assert_ne!(after.service_owner_context.revision, before.service_owner_context.revision);
        let logged: Vec<_> =
            differences(before.end_user_context.system_labels, after.end_user_context.system_labels, LATER, &alice)
                .map(|entry| (entry.label, entry.action))
                .collect();
        let expected = [
            (SystemLabel::Archive, LabelAction::Set),
            (SystemLabel::MarkedAsUnopened, LabelAction::Set),
            (SystemLabel::Bin, LabelAction::Remove),
        ];
        assert_eq!(logged, expected);
    }

    #[test]
    fn what_is_purged_leaves_nothing() {
        let stored = TestDialogs::new();
        let mut dialog = new_dialog(1);
        dialog.idempotent_key = Some("key-1".to_owned());
        dialog.transmissions = vec![transmission(2, TransmissionType::Information)];
        stored.dialogs.create(dialog.clone(), NOW).expect("a new dialog is created");
        let purge = |it: &mut Change<'_, '_>| {
            it.purge();
            Ok::<(), WriteError>(())
        };
        let occasion = Occasion { at: LATER, is_silent: false };
        let query = SearchQuery {
            filter: Filter::default(),
            order: Order::default(),
            position: Position::First,
            limit: PageSize::DEFAULT,
            counts: None,
        };
        let count = |stored: &TestDialogs| stored.dialogs.search(&owner(), &query).expect("a search").items.len();
        assert_eq!(count(&stored), 1);
        let found = stored.dialogs.change(&owner(), ID, occasion, purge).expect("the dialog is purged");
        assert!(matches!(found, Found::Visible(_)));
        assert_eq!(count(&stored), 0);
        stored.assert_consistent(0);
        let stored = stored.reopened(|_| {});
        stored.assert_consistent(0);
        let found = stored.dialogs.change(&owner(), ID, occasion, purge).expect("nothing to purge");
        assert_eq!(found, Found::Missing);
        stored.dialogs.create(dialog, LATER).expect("ids and keys are free again");
        stored.assert_consistent(1);
    }

    #[test]
    fn a_refusal_or_a_panic_changes_nothing() {
        let stored = TestDialogs::new();
        stored.dialogs.create(new_dialog(1), NOW).expect("a new dialog is created");
        let before = stored.get(1);
        let occasion = Occasion { at: LATER, is_silent: false };
        let refused: Result<Found<((), Changed)>, WriteError> = stored.dialogs.change(&owner(), ID, occasion, |it| {
            it.delete();
            Err(WriteError::RevisionMismatch)
        });
        assert!(matches!(refused, Err(WriteError::RevisionMismatch)));
        let panicked: Result<Found<((), Changed)>, WriteError> =
            stored.dialogs.change(&owner(), ID, occasion, |_| panic!("this test panics on purpose"));
        assert!(matches!(panicked, Err(WriteError::Panicked)));
        let stranger = AuthorizedScope::owned_by(Org::new("nav"));
        let hidden = stored.dialogs.change(&stranger, ID, occasion, |it| {
            it.delete();
            Ok::<(), WriteError>(())
        });
        assert_eq!(hidden.expect("a look"), Found::Hidden);
        assert_eq!(stored.get(1), before);
    }

    #[test]
    fn a_large_dialog_changes_as_any_other() {
        let stored = TestDialogs::new();
        let sent = |id| transmission(id, TransmissionType::Information);
        let mut dialog = new_dialog(1);
        dialog.transmissions = (1000..1600).map(sent).collect();
        dialog.activities = vec![activity(1, ActivityType::FormSaved, None)];
        stored.dialogs.create(dialog.clone(), NOW).expect("a new dialog is created");
        let occasion = Occasion { at: LATER, is_silent: false };
        let add = |stored: &TestDialogs, id| {
            let added: Result<_, WriteError> =
                stored.dialogs.change(&owner(), ID, occasion, move |it| it.add_transmissions(vec![sent(id)]));
            added
        };
        add(&stored, 2000).expect("the id is free");
        let refused = stored.dialogs.change(&owner(), ID, occasion, move |it| {
            it.add_transmissions(vec![sent(2001)])?;
            Err::<(), WriteError>(WriteError::RevisionMismatch)
        });
        assert!(matches!(refused, Err(WriteError::RevisionMismatch)));
        assert!(matches!(add(&stored, 2000), Err(WriteError::IdInUse { .. })));
        // Another way to add, after which the lists are kept as well.
        dialog.transmissions.push(sent(2002));
        stored.dialogs.upsert(dialog, None, LATER).expect("the dialog is replaced");
        add(&stored, 2001).expect("the id is still free");
        let changed: Result<_, WriteError> = stored.dialogs.change(&owner(), ID, occasion, move |it| {
            assert_eq!(it.relation_of(sent(2002).id)?, Some(None));
            assert_eq!(it.relation_of(sent(2003).id)?, None);
            let related_transmission_id = Some(sent(1000).id);
            it.replace_transmission(Transmission { related_transmission_id, ..sent(1001) });
            it.move_activity(ActivityId(Uuid::from_u128(1)), LATER)?;
            it.add_activities(vec![activity(2, ActivityType::DialogOpened, None)], Ordinary)
        });
        changed.expect("the change is good");
        let nothing: Result<_, WriteError> = stored.dialogs.change(&owner(), ID, occasion, move |it| {
            assert_eq!(it.count_related_to(sent(1000).id)?, 1);
            Ok(())
        });
        nothing.expect("nothing changes");
        add(&stored, 2003).expect("the id is free");
        let ids = |stored: &TestDialogs| {
            let dialog = stored.get(1);
            assert_eq!(dialog.activities[0].created_at, LATER);
            assert_eq!(dialog.activities.len(), 2);
            dialog.transmissions.iter().map(|it| it.id.0.as_u128()).collect::<Vec<_>>()
        };
        let expected: Vec<u128> = (1000..1600).chain([2000, 2002, 2001, 2003]).collect();
        assert_eq!(ids(&stored), expected);
        stored.assert_consistent(1);
        let stored = stored.reopened(|_| {});
        add(&stored, 2004).expect("the id is free");
        assert_eq!(ids(&stored), [expected, vec![2004]].concat());
        stored.assert_consistent(1);
    }

    #[test]
    fn several_dialogs_change_together_or_not_at_all() {
        let stored = TestDialogs::new();
        for id in [1, 2] {
            stored.dialogs.create(new_dialog(id), NOW).expect("a new dialog is created");
        }
        let stranger = AuthorizedScope::owned_by(Org::new("nav"));
        let dialogs = [(1, owner()), (2, owner()), (9, owner()), (1, owner()), (2, stranger)];
        let dialogs = dialogs.map(|(id, scope)| (DialogId(Uuid::from_u128(id)), scope));
        let occasion = Occasion { at: LATER, is_silent: false };
        let result = stored.dialogs.change_all(&dialogs, occasion, |changes| {
            changes.iter_mut().for_each(Change::delete);
            Ok::<usize, WriteError>(changes.len())
        });
        let (visible, found) = result.expect("the change is good");
        assert_eq!(visible, 2);
        assert_eq!(found.iter().filter(|it| matches!(it, Found::Visible(_))).count(), 3);
        assert_eq!((&found[2], &found[4]), (&Found::Missing, &Found::Hidden));
        assert_eq!(found[0], found[3]);
        assert!(stored.get(1).deleted_at.is_some() && stored.get(2).deleted_at.is_some());
        stored.assert_consistent(2);
    }
}
