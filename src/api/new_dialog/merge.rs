//! A stored dialog and what it is to be, in one.

use dialog_index::DialogUpdate;
use dialog_index::domain::{Attachment, Dialog};
use std::collections::HashMap;
use std::hash::Hash;

/// What is known by its id (a search tag by its value) keeps its place, and what is new follows. What is given in
/// another order than it is stored is thus no change.
pub(super) fn merge(stored: &Dialog, given: DialogUpdate) -> DialogUpdate {
    let mut api_actions = in_stored_order(&stored.api_actions, given.api_actions, |it| it.id);
    for action in &mut api_actions {
        if let Some(before) = stored.api_actions.iter().find(|it| it.id == action.id) {
            let endpoints = std::mem::take(&mut action.endpoints);
            action.endpoints = in_stored_order(&before.endpoints, endpoints, |it| it.id);
        }
    }
    DialogUpdate {
        search_tags: in_stored_order(&stored.search_tags, given.search_tags, String::clone),
        gui_actions: in_stored_order(&stored.gui_actions, given.gui_actions, |it| it.id),
        attachments: merge_attachments(&stored.attachments, given.attachments),
        api_actions,
        ..given
    }
}

/// Attachments, and the addresses of each, in the same way.
pub(super) fn merge_attachments(stored: &[Attachment], given: Vec<Attachment>) -> Vec<Attachment> {
    let mut attachments = in_stored_order(stored, given, |it| it.id);
    for attachment in &mut attachments {
        if let Some(before) = stored.iter().find(|it| it.id == attachment.id) {
            let urls = std::mem::take(&mut attachment.urls);
            attachment.urls = in_stored_order(&before.urls, urls, |it| it.id);
        }
    }
    attachments
}

fn in_stored_order<T, K: Hash + Eq>(stored: &[T], mut given: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let places: HashMap<K, usize> = stored.iter().enumerate().map(|(place, it)| (key(it), place)).collect();
    given.sort_by_cached_key(|it| places.get(&key(it)).copied().unwrap_or(stored.len()));
    given
}
