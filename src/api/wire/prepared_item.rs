//! List items as JSON, made once for all readers: to show one is to copy it. It is made by the types that the contract
//! knows ([`DialogListItem`]), which mark what differs between readers; here it is only chosen from what was marked.

use super::list_item::{Service, depends_on_level};
use super::marks::{Mark, Marked, Marks};
use super::{DialogListItem, PersonIds, Reader, ServiceOwnerDialogListItem};
use crate::api::accept_language::AcceptedLanguages;
use dialog_index::KeptItem;
use dialog_index::domain::ListItem;
use std::sync::OnceLock;

/// Whom a list is for, as far as it has other members for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    EndUsers,
    ServiceOwner,
}

/// An item as JSON, with marks at what depends on its reader.
#[derive(Debug)]
pub(super) struct PreparedItem {
    json: Box<[u8]>,
    marks: Box<[Mark]>,
}

/// The forms of one item, each made when it is first shown.
#[derive(Debug, Default)]
struct Forms {
    whole: ByAudience,
    /// For readers who may not read the whole text, where it makes a difference.
    open: ByAudience,
}

/// To one audience, an app shows the ids of persons in one way for as long as it keeps items.
#[derive(Debug, Default)]
struct ByAudience {
    end_users: OnceLock<PreparedItem>,
    service_owner: OnceLock<PreparedItem>,
}

impl PreparedItem {
    /// The form that is kept with the item.
    pub(super) fn of(
        item: &KeptItem,
        audience: Audience,
        person_ids: PersonIds,
        shows_whole_text: impl FnOnce() -> bool,
    ) -> &Self {
        let forms = item.form(|_| Forms::default());
        let is_whole = is_whole(item, shows_whole_text);
        let forms = if is_whole { &forms.whole } else { &forms.open };
        let form = match audience {
            Audience::EndUsers => &forms.end_users,
            Audience::ServiceOwner => &forms.service_owner,
        };
        form.get_or_init(|| Self::made(item, audience, person_ids, is_whole))
    }

    fn made(item: &ListItem, audience: Audience, person_ids: PersonIds, shows_whole_text: bool) -> Self {
        let marks = Marks::default();
        let languages = AcceptedLanguages::default();
        let reader = Reader { languages: &languages, person_ids, end_user: None, marks: Some(&marks) };
        let service = Service { resource_type: "", shows_whole_text };
        let written = match audience {
            Audience::EndUsers => serde_json::to_writer(&marks, &DialogListItem::of(item, service, &reader)),
            Audience::ServiceOwner => {
                serde_json::to_writer(&marks, &ServiceOwnerDialogListItem::of(item, service, &reader))
            }
        };
        written.expect("memory can be written to, and all that an item has can be JSON");
        let (json, marks) = marks.into_parts();
        Self { json: json.into(), marks: marks.into() }
    }

    /// Adds the item to a body as this reader is shown it. What else the reader is has been decided by the form.
    pub(super) fn write(
        &self,
        service_resource_type: &str,
        reader: &Reader<'_>,
        body: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        let mut from = 0;
        for (place, Mark { begin, end, what }) in self.marks.iter().enumerate() {
            let before = || &self.json[from..*begin];
            match what {
                Marked::ServiceResourceType => {
                    body.extend_from_slice(before());
                    serde_json::to_writer(&mut *body, service_resource_type)?;
                }
                Marked::Texts => {
                    let Some(text) = self.best_text(place, reader.languages) else { continue };
                    [before(), b"[", text, b"]"].iter().for_each(|part| body.extend_from_slice(part));
                }
                Marked::IsCurrentEndUser(seen_by) => {
                    if reader.end_user.is_none_or(|user| user.as_str() != seen_by.as_str()) {
                        continue;
                    }
                    body.extend_from_slice(before());
                    body.extend_from_slice(b"true");
                }
                // Was chosen, or not, with the others.
                Marked::Text(_) => continue,
            }
            from = *end;
        }
        body.extend_from_slice(&self.json[from..]);
        Ok(())
    }

    /// Of the texts that have the mark in this place, the only one to show. `None` if it is all of them.
    fn best_text(&self, texts: usize, languages: &AcceptedLanguages) -> Option<&[u8]> {
        let marks = self.marks[texts + 1..].iter().map_while(|Mark { begin, end, what }| match what {
            Marked::Text(language) => Some((*language, &self.json[*begin..*end])),
            Marked::ServiceResourceType | Marked::Texts | Marked::IsCurrentEndUser(_) => None,
        });
        languages.best(marks, |(language, _)| *language).map(|(_, json)| json)
    }

    /// How long it is with all its texts and without the type of its service.
    pub(super) fn length(&self) -> usize {
        self.json.len()
    }
}

/// Whether a reader is shown what those are shown who may read the whole text.
fn is_whole(item: &ListItem, shows_whole_text: impl FnOnce() -> bool) -> bool {
    !item.content.as_ref().is_some_and(depends_on_level) || shows_whole_text()
}

#[cfg(test)]
mod tests;
