//! One part of a dialog by its id, whoever asks for it.

use super::problem::Problem;
use dialog_index::domain::{Activity, ActivityId, SeenEntry, Transmission, TransmissionId};
use std::fmt::Display;
use uuid::Uuid;

pub(crate) fn activity(activities: &[Activity], id: ActivityId) -> Result<&Activity, Problem> {
    one(activities, |it| it.id == id, "DialogActivity", id)
}

pub(crate) fn transmission(transmissions: &[Transmission], id: TransmissionId) -> Result<&Transmission, Problem> {
    one(transmissions, |it| it.id == id, "DialogTransmission", id)
}

pub(crate) fn seen_entry(seen_log: &[SeenEntry], id: Uuid) -> Result<&SeenEntry, Problem> {
    one(seen_log, |it| it.id == id, "DialogSeenLog", id)
}

fn one<'a, T>(parts: &'a [T], is_it: impl Fn(&T) -> bool, entity: &str, id: impl Display) -> Result<&'a T, Problem> {
    parts.iter().find(|part| is_it(part)).ok_or_else(|| Problem::not_found(entity, id))
}
