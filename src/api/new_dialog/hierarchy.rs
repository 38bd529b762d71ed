//! Transmissions that answer others form trees of bounded depth and width.

use dialog_index::domain::{Transmission, TransmissionId};
use dialog_index::{Change, WriteError};
use std::collections::{HashMap, HashSet};

/// A root has depth 1.
const MAX_DEPTH: usize = 100;
const MAX_CHILDREN: usize = 100;
/// Ids that one message names.
const MAX_NAMED: usize = 10;

/// Why the transmissions of a dialog are no trees, one message a reason. Each names a transmission of the dialog as
/// the one it is related to, or none.
pub(super) fn hierarchy_faults(transmissions: &[Transmission]) -> Vec<String> {
    let mut children: HashMap<TransmissionId, Vec<TransmissionId>> = HashMap::new();
    for transmission in transmissions {
        if let Some(parent) = transmission.related_transmission_id {
            children.entry(parent).or_default().push(transmission.id);
        }
    }
    if children.is_empty() {
        return Vec::new();
    }
    let mut level: Vec<TransmissionId> =
        transmissions.iter().filter(|it| it.related_transmission_id.is_none()).map(|it| it.id).collect();
    let mut depth = 1;
    // An id may be there twice, which is refused later and for its own sake. Each is met once, or the second could lead
    // back to the first without an end.
    let mut reached: HashSet<TransmissionId> = level.iter().copied().collect();
    let mut deeper = Vec::new();
    while !level.is_empty() {
        if depth == MAX_DEPTH + 1 {
            deeper.clone_from(&level);
        }
        let below = level.iter().filter_map(|id| children.get(id)).flatten().copied();
        level = below.filter(|id| reached.insert(*id)).collect();
        depth += 1;
    }
    let mut faults = Vec::new();
    if !deeper.is_empty() {
        faults.push(too_deep(deeper));
    }
    if transmissions.iter().any(|it| !reached.contains(&it.id)) {
        faults.push(format!(
            "Hierarchy cyclic reference violation: DialogTransmission must not refer to itself by way of others, but \
             these do: {}.",
            named(cyclic(transmissions))
        ));
    }
    let wide: Vec<_> =
        children.iter().filter(|(_, children)| children.len() > MAX_CHILDREN).map(|(parent, _)| *parent).collect();
    if !wide.is_empty() {
        faults.push(too_wide(wide));
    }
    faults
}

/// Why a dialog cannot have one more transmission, of an id that is new. Only what it is related to is looked at.
pub(super) fn faults_of_added(change: &Change<'_, '_>, added: &Transmission) -> Result<Vec<String>, WriteError> {
    let Some(parent) = added.related_transmission_id else { return Ok(Vec::new()) };
    let Some(mut above) = change.relation_of(parent)? else { return Ok(vec![missing(vec![parent])]) };
    let mut depth = 2;
    while let Some(ancestor) = above.filter(|_| depth <= MAX_DEPTH) {
        depth += 1;
        above = change.relation_of(ancestor)?.flatten();
    }
    let mut faults = Vec::new();
    if depth > MAX_DEPTH {
        faults.push(too_deep(vec![added.id]));
    }
    if change.count_related_to(parent)? >= MAX_CHILDREN {
        faults.push(too_wide(vec![parent]));
    }
    Ok(faults)
}

/// As [`hierarchy_faults`] for transmissions that may also name others than these.
pub(super) fn faults_of_changed(transmissions: &[Transmission]) -> Vec<String> {
    let ids: HashSet<_> = transmissions.iter().map(|it| it.id).collect();
    let related = transmissions.iter().filter_map(|it| it.related_transmission_id);
    let strangers: Vec<_> = related.filter(|id| !ids.contains(id)).collect();
    if strangers.is_empty() { hierarchy_faults(transmissions) } else { vec![missing(strangers)] }
}

fn missing(ids: Vec<TransmissionId>) -> String {
    format!(
        "Hierarchy reference violation: a DialogTransmission must refer to one of the same dialog, but these are not \
         of it: {}.",
        named(ids)
    )
}

fn too_deep(ids: Vec<TransmissionId>) -> String {
    format!(
        "Hierarchy depth violation: the depth of DialogTransmission must be at most {MAX_DEPTH}, but these are \
         deeper: {}.",
        named(ids)
    )
}

fn too_wide(parents: Vec<TransmissionId>) -> String {
    format!(
        "Hierarchy width violation: a DialogTransmission must have at most {MAX_CHILDREN} others that refer to \
         it, but these have more: {}.",
        named(parents)
    )
}

/// The transmissions that come back to themselves.
fn cyclic(transmissions: &[Transmission]) -> Vec<TransmissionId> {
    let parents: HashMap<_, _> =
        transmissions.iter().filter_map(|it| Some((it.id, it.related_transmission_id?))).collect();
    // Each is walked over once: what an earlier walk has met leads nowhere new.
    let mut walks: HashMap<TransmissionId, usize> = HashMap::new();
    let mut cyclic = Vec::new();
    for (walk, transmission) in transmissions.iter().enumerate() {
        let mut current = Some(transmission.id);
        while let Some(id) = current {
            match walks.get(&id) {
                None => {
                    walks.insert(id, walk);
                    current = parents.get(&id).copied();
                }
                Some(earlier) if *earlier == walk => {
                    cyclic.push(id);
                    let mut next = parents.get(&id).copied();
                    while let Some(other) = next.filter(|other| *other != id) {
                        cyclic.push(other);
                        next = parents.get(&other).copied();
                    }
                    break;
                }
                Some(_) => break,
            }
        }
    }
    cyclic
}

fn named(mut ids: Vec<TransmissionId>) -> String {
    ids.sort();
    ids.iter().take(MAX_NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
