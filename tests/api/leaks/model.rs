//! Who may see what, said plainly: what the contract says of rights, levels and time, over all facts of a world. Nothing
//! of the service is asked here.

use super::words::{Words, words_in};
use super::world::{NOW, Rule, World, reference};
use dialog_index::LoadedDialog;
use dialog_index::domain::{
    Actor, Attachment, ContentValue, Dialog, Localizations, MediaType, SeenEntry, Transmission,
};
use std::collections::BTreeSet;

/// The level of a service that is not known, but for the choice of the title that a list shows.
const UNKNOWN_LEVEL: u8 = 3;
const MAIN: &str = "main";

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) level: u8,
}

/// Whose list it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader<'a> {
    User(&'a User),
    Owner(&'a str),
    /// What a user may see of an owner's dialogs, for the owner.
    OwnerFor(&'a str, &'a User),
}

/// What a user may do with one dialog: actions by what they are done to.
pub(crate) struct Access(BTreeSet<(String, String)>);

/// What a request about one dialog comes to: its status, and the words of the answer.
pub(crate) type Outcome = (u16, Words);

pub(crate) const NOTHING: Words = Words::new();

impl World {
    fn grants_of<'a>(&'a self, user: &'a User, party: &'a str) -> impl Iterator<Item = &'a super::world::Grant> {
        self.grants.iter().filter(move |grant| grant.to == user.id && grant.party == party)
    }

    fn subjects_of<'a>(&'a self, user: &'a User, party: &'a str) -> BTreeSet<&'a str> {
        let granted = self.grants_of(user, party).flat_map(|grant| &grant.subjects).map(String::as_str);
        granted.chain((user.id == party).then_some("urn:altinn:rolecode:priv")).collect()
    }

    fn is_granted_service(&self, user: &User, party: &str, service: &str) -> bool {
        self.grants_of(user, party).any(|grant| grant.services.iter().any(|it| it == service))
    }

    /// The references by which the dialog was delegated to the user.
    fn delegations<'a>(&'a self, user: &'a User, dialog: &'a Dialog) -> impl Iterator<Item = &'a str> {
        let of_service = |(service, _): &&(String, String)| service == dialog.service_resource.as_str();
        let grants = self.grants_of(user, dialog.party.as_str());
        let references = grants.flat_map(|grant| &grant.instances).filter(of_service);
        references.map(|(_, reference)| reference.as_str()).filter(|it| names_of(dialog).any(|name| name == *it))
    }

    /// Whether the user sees the dialog in lists, as far as rights go.
    pub(crate) fn has_list_right(&self, user: &User, dialog: &Dialog) -> bool {
        let (party, service) = (dialog.party.as_str(), dialog.service_resource.as_str());
        let subjects = self.subjects_of(user, party);
        let speaks_of = |rule: &Rule| rule.subjects.iter().any(|it| subjects.contains(it.as_str()));
        self.service(service).is_some_and(|it| it.rules.iter().any(speaks_of))
            || self.is_granted_service(user, party, service)
            || self.delegations(user, dialog).next().is_some()
    }

    fn permits(&self, user: &User, dialog: &Dialog, action: &str, attribute: &str) -> bool {
        let party = dialog.party.as_str();
        let subjects = self.subjects_of(user, party);
        let by_rules = |service: &str, attribute: &str, is_delegated: bool| {
            let is_granted = is_delegated || self.is_granted_service(user, party, service);
            let permits = |rule: &Rule| {
                rule.actions.contains(&action)
                    && rule.attribute.unwrap_or(MAIN) == attribute
                    && (is_granted || rule.subjects.iter().any(|it| subjects.contains(it.as_str())))
            };
            self.service(service).is_some_and(|it| it.rules.iter().any(permits))
        };
        let is_delegated = self.delegations(user, dialog).next().is_some();
        by_rules(dialog.service_resource.as_str(), attribute, is_delegated) || by_rules(attribute, MAIN, false)
    }

    /// With the actions of the dialog or without, and with these of its transmissions.
    fn access(&self, user: &User, dialog: &Dialog, with_actions: bool, transmissions: &[Transmission]) -> Access {
        let gui = dialog.gui_actions.iter().map(|it| (&it.action, &it.authorization_attribute));
        let api = dialog.api_actions.iter().map(|it| (&it.action, &it.authorization_attribute));
        let actions = gui.chain(api).filter(|_| with_actions);
        let actions = actions.map(|(action, attribute)| (action.as_str(), attribute.as_deref().unwrap_or(MAIN)));
        let attributes = transmissions.iter().filter_map(|it| it.authorization_attribute.as_deref());
        let reading = attributes.map(|attribute| {
            let is_service = attribute.starts_with("urn:altinn:resource:");
            (if is_service { "read" } else { "transmissionread" }, attribute)
        });
        let asked = actions.chain(reading).chain([("read", MAIN)]);
        let permitted = asked.filter(|(action, attribute)| self.permits(user, dialog, action, attribute));
        Access(permitted.map(|(action, attribute)| (action.to_owned(), attribute.to_owned())).collect())
    }

    pub(crate) fn has_main_access(&self, user: &User, dialog: &Dialog) -> bool {
        self.access(user, dialog, true, &dialog.transmissions).is_main()
    }

    pub(crate) fn is_level_too_low(&self, user: &User, dialog: &Dialog) -> bool {
        user.level < self.level_of(dialog, UNKNOWN_LEVEL)
    }

    fn level_of(&self, dialog: &Dialog, unknown: u8) -> u8 {
        self.service(dialog.service_resource.as_str()).and_then(|service| service.level).unwrap_or(unknown)
    }

    pub(crate) fn get(&self, user: &User, stored: &LoadedDialog) -> Outcome {
        let dialog = &stored.dialog;
        let status = if !self.has_list_right(user, dialog) {
            403
        } else if dialog.deleted_at.is_some() {
            410
        } else if self.is_level_too_low(user, dialog) {
            403
        } else if dialog.visible_from.is_some_and(|from| from > NOW) || dialog.expires_at.is_some_and(|at| at < NOW) {
            404
        } else {
            200
        };
        if status != 200 {
            return (status, NOTHING);
        }
        let access = self.access(user, dialog, true, &dialog.transmissions);
        let mut words = self.opened(stored, &access);
        let attachments = dialog.attachments.iter();
        words.extend(attachments.flat_map(|it| attachment(it, true)));
        (200, words)
    }

    /// What who opens a dialog is shown of it, but for its attachments.
    fn opened(&self, stored: &LoadedDialog, access: &Access) -> Words {
        let dialog = &stored.dialog;
        let mut words = fields(dialog);
        if let Some(content) = &dialog.content {
            words.extend(of_value(Some(&content.title)));
            let others = [&content.summary, &content.sender_name, &content.additional_info, &content.extended_status];
            words.extend(others.into_iter().flat_map(|it| of_value(it.as_ref())));
            if access.permits("read", MAIN) {
                words.extend(of_value(content.main_content_reference.as_ref()));
            }
        }
        for action in &dialog.gui_actions {
            words.extend(of_text(&action.title));
            words.extend(of_text(&action.prompt));
            if access.permits_action(&action.action, action.authorization_attribute.as_deref()) {
                words.extend(words_in(&action.url));
            }
        }
        for action in &dialog.api_actions {
            words.extend(of_option(action.name.as_deref()));
            let is_permitted = access.permits_action(&action.action, action.authorization_attribute.as_deref());
            for endpoint in &action.endpoints {
                words.extend(of_option(endpoint.version.as_deref()));
                words.extend(of_option(endpoint.documentation_url.as_deref()));
                words.extend(of_option(endpoint.request_schema.as_deref()));
                words.extend(words_in(&endpoint.url).into_iter().filter(|_| is_permitted));
            }
        }
        words.extend(dialog.transmissions.iter().flat_map(|it| transmission(it, access)));
        for activity in &dialog.activities {
            words.extend(of_activity(activity, true));
        }
        words.extend(seen_since(dialog, &stored.seen_log));
        words
    }

    /// Of an operation on a part of a dialog, up to whether there is such a part.
    fn part(&self, user: &User, dialog: &Dialog, deleted: u16) -> u16 {
        let may_read = self.has_list_right(user, dialog) && self.access(user, dialog, false, &[]).is_main();
        if !may_read {
            404
        } else if dialog.deleted_at.is_some() {
            deleted
        } else if self.is_level_too_low(user, dialog) {
            403
        } else {
            200
        }
    }

    pub(crate) fn activities(&self, user: &User, dialog: &Dialog) -> Outcome {
        let status = self.part(user, dialog, 410);
        (status, shown(status, || dialog.activities.iter().flat_map(|it| of_activity(it, false)).collect()))
    }

    pub(crate) fn activity(&self, user: &User, dialog: &Dialog, n: usize) -> Outcome {
        let status = self.part(user, dialog, 410);
        (status, shown(status, || of_activity(&dialog.activities[n], true)))
    }

    /// Of all transmissions, or of one.
    pub(crate) fn transmissions(&self, user: &User, dialog: &Dialog, of: &[Transmission]) -> Outcome {
        let status = self.part(user, dialog, 410);
        let access = self.access(user, dialog, false, of);
        (status, shown(status, || of.iter().flat_map(|it| transmission(it, &access)).collect()))
    }

    /// Of the whole log, or of one entry.
    pub(crate) fn seen_log(&self, user: &User, dialog: &Dialog, of: &[SeenEntry]) -> Outcome {
        let status = self.part(user, dialog, 410);
        (status, shown(status, || of.iter().flat_map(|it| of_actor(&it.seen_by)).collect()))
    }

    pub(crate) fn label_log(&self, user: &User, stored: &LoadedDialog) -> Outcome {
        let status = self.part(user, &stored.dialog, 404);
        (status, shown(status, || stored.label_log.iter().flat_map(|it| of_actor(&it.performed_by)).collect()))
    }

    pub(crate) fn set_labels(&self, user: &User, dialog: &Dialog) -> u16 {
        match dialog.deleted_at {
            Some(_) => 404,
            None if !self.has_list_right(user, dialog) => 403,
            None => 204,
        }
    }

    pub(crate) fn look_up(&self, user: &User, asked: &str) -> Outcome {
        let named = self.dialogs.iter().map(|it| &it.dialog).filter(|it| names_of(it).any(|name| name == asked));
        let live: Vec<_> = named.filter(|it| it.deleted_at.is_none()).collect();
        let seen: Vec<_> = live.iter().filter(|it| self.has_list_right(user, it)).collect();
        match seen.as_slice() {
            [] if live.is_empty() => (404, NOTHING),
            [] => (403, NOTHING),
            [dialog] => {
                // The answer names it by its instance, if it has one.
                let by_id = format!("urn:altinn:dialog-id:{}", dialog.id);
                let answered = if asked == by_id { preferred_name(dialog) } else { asked.to_owned() };
                if !self.has_evidence(user, dialog, &answered) {
                    return (403, NOTHING);
                }
                let content = dialog.content.as_ref();
                let open = content.and_then(|it| it.non_sensitive_title.as_ref());
                let open = open.filter(|_| self.is_level_too_low(user, dialog));
                (200, of_value(open.or(content.map(|it| &it.title))))
            }
            [..] => (409, NOTHING),
        }
    }

    fn has_evidence(&self, user: &User, dialog: &Dialog, answered: &str) -> bool {
        let (party, service) = (dialog.party.as_str(), dialog.service_resource.as_str());
        let subjects = self.subjects_of(user, party);
        let mut rules = self.service(service).into_iter().flat_map(|it| &it.rules);
        rules.any(|rule| rule.subjects.iter().any(|it| subjects.contains(it.as_str())))
            || self.is_granted_service(user, party, service)
            || self.delegations(user, dialog).any(|it| it == answered)
    }

    /// The names of companies that the user is told of.
    pub(crate) fn companies(&self, user: &User) -> Words {
        let mut named: BTreeSet<&str> =
            self.grants.iter().filter(|it| it.to == user.id).map(|it| it.party.as_str()).collect();
        let [main, _, unit] = super::world::COMPANIES;
        if named.contains(unit) {
            named.insert(main);
        }
        let companies = super::world::COMPANIES.into_iter().zip(&self.company_names);
        companies.filter(|(company, _)| named.contains(company)).map(|(_, name)| name.clone()).collect()
    }

    /// Whether a list of the reader holds the dialog when nothing is asked for.
    pub(crate) fn is_listed(&self, reader: Reader<'_>, dialog: &Dialog) -> bool {
        match reader {
            Reader::User(user) => {
                self.has_list_right(user, dialog)
                    && dialog.deleted_at.is_none()
                    && dialog.visible_from.is_none_or(|from| from <= NOW)
                    && dialog.expires_at.is_none_or(|at| at > NOW)
            }
            Reader::Owner(org) => dialog.org.as_str() == org,
            Reader::OwnerFor(org, user) => dialog.org.as_str() == org && self.has_list_right(user, dialog),
        }
    }

    /// The words of an item of a list.
    pub(crate) fn item(&self, reader: Reader<'_>, stored: &LoadedDialog) -> Words {
        let dialog = &stored.dialog;
        let level = if let Reader::User(user) = reader { user.level } else { 0 };
        let mut words = fields(dialog);
        if let Some(content) = &dialog.content {
            words.extend(of_value(content.sender_name.as_ref()));
            words.extend(of_value(content.extended_status.as_ref()));
            words.extend(of_titles(content, level >= self.level_of(dialog, 0)));
        }
        if let Some(latest) = dialog.activities.iter().max_by_key(|it| (it.created_at, it.id)) {
            words.extend(of_activity(latest, true));
        }
        words.extend(seen_since(dialog, &stored.seen_log));
        if !matches!(reader, Reader::User(_)) {
            words.extend(dialog.service_owner_context.labels.iter().flat_map(|it| words_in(it.as_str())));
        }
        words
    }

    /// The words by which the reader finds the dialog.
    pub(crate) fn searchable(&self, reader: Reader<'_>, dialog: &Dialog) -> Words {
        match reader {
            Reader::User(user) if self.is_level_too_low(user, dialog) => searchable_openly(dialog),
            _ => searchable(dialog),
        }
    }
}

impl Access {
    fn permits(&self, action: &str, attribute: &str) -> bool {
        self.0.contains(&(action.to_owned(), attribute.to_owned()))
    }

    /// Whether anything may be done with the dialog itself.
    fn is_main(&self) -> bool {
        self.0.iter().any(|(_, attribute)| attribute == MAIN)
    }

    fn permits_action(&self, action: &str, attribute: Option<&str>) -> bool {
        match attribute {
            Some(attribute) => self.permits(action, attribute),
            None => self.is_main() && self.0.iter().any(|(permitted, _)| permitted == action),
        }
    }
}

/// Everything by which a dialog may be asked for.
fn names_of(dialog: &Dialog) -> impl Iterator<Item = String> {
    let labels = dialog.service_owner_context.labels.iter().filter_map(|label| reference(label.as_str()));
    labels.chain([format!("urn:altinn:dialog-id:{}", dialog.id)])
}

/// Dialogs of these worlds have one instance at most.
fn preferred_name(dialog: &Dialog) -> String {
    names_of(dialog).next().expect("its id")
}

fn shown(status: u16, words: impl FnOnce() -> Words) -> Words {
    if status == 200 { words() } else { NOTHING }
}

pub(crate) fn of_text(text: &Localizations) -> Words {
    text.iter().flat_map(|it| words_in(&it.value)).collect()
}

fn of_value(value: Option<&ContentValue>) -> Words {
    value.map(|it| of_text(&it.value)).unwrap_or_default()
}

fn of_option(text: Option<&str>) -> Words {
    text.map(words_in).unwrap_or_default()
}

fn of_actor(actor: &Actor) -> Words {
    match actor {
        Actor::ServiceOwner => NOTHING,
        Actor::Named { name } => words_in(name),
        Actor::Identified { name, .. } => of_option(name.as_deref()),
    }
}

fn of_activity(activity: &dialog_index::domain::Activity, with_actor: bool) -> Words {
    let mut words = of_text(&activity.description);
    words.extend(of_option(activity.extended_type.as_deref()));
    if with_actor {
        words.extend(of_actor(&activity.performed_by));
    }
    words
}

/// What lists and dialogs show alike.
fn fields(dialog: &Dialog) -> Words {
    let fields = [&dialog.process, &dialog.preceding_process, &dialog.extended_status, &dialog.external_reference];
    fields.into_iter().flat_map(|it| of_option(it.as_deref())).collect()
}

/// Those of the newest entry of each actor, since the content was last updated.
fn seen_since(dialog: &Dialog, log: &[SeenEntry]) -> Words {
    let since = dialog.updated_at.min(dialog.content_updated_at);
    let recent = log.iter().filter(|it| it.seen_at >= since);
    let is_newest = |entry: &&SeenEntry| {
        let same = log.iter().filter(|it| actor_id(&it.seen_by) == actor_id(&entry.seen_by));
        same.map(|it| (it.seen_at, it.id)).max() == Some((entry.seen_at, entry.id))
    };
    recent.filter(is_newest).flat_map(|it| of_actor(&it.seen_by)).collect()
}

fn actor_id(actor: &Actor) -> Option<&str> {
    match actor {
        Actor::Identified { id, .. } => Some(id.as_str()),
        Actor::Named { .. } | Actor::ServiceOwner => None,
    }
}

fn attachment(attachment: &Attachment, is_permitted: bool) -> Words {
    let mut words = of_text(&attachment.display_name);
    words.extend(of_option(attachment.name.as_deref()));
    if is_permitted && attachment.expires_at.is_none_or(|at| at >= NOW) {
        words.extend(attachment.urls.iter().flat_map(|it| words_in(&it.url)));
    }
    words
}

fn transmission(transmission: &Transmission, access: &Access) -> Words {
    let is_permitted = match transmission.authorization_attribute.as_deref() {
        Some(attribute) => access.permits("transmissionread", attribute) || access.permits("read", attribute),
        None => access.is_main(),
    };
    let mut words = of_option(transmission.extended_type.as_deref());
    words.extend(of_option(transmission.external_reference.as_deref()));
    words.extend(of_actor(&transmission.sender));
    if let Some(content) = &transmission.content {
        words.extend(of_value(Some(&content.title)));
        words.extend(of_value(content.summary.as_ref()));
        words.extend(of_value(content.content_reference.as_ref().filter(|_| is_permitted)));
    }
    words.extend(transmission.attachments.iter().flat_map(|it| attachment(it, is_permitted)));
    for action in &transmission.navigational_actions {
        words.extend(of_text(&action.title));
        if is_permitted && action.expires_at.is_none_or(|at| at >= NOW) {
            words.extend(words_in(&action.url));
        }
    }
    words
}

/// The title and the summary of a list.
fn of_titles(content: &dialog_index::domain::DialogContent, is_whole: bool) -> Words {
    let (summary, open_summary) = (content.summary.as_ref(), content.non_sensitive_summary.as_ref());
    let (title, summary) = if is_whole {
        (&content.title, summary.or(open_summary))
    } else {
        (content.non_sensitive_title.as_ref().unwrap_or(&content.title), open_summary.or(summary))
    };
    of_value(Some(title)).into_iter().chain(of_value(summary)).collect()
}

/// All that can be searched for by who may open the dialog.
fn searchable(dialog: &Dialog) -> Words {
    let mut words: Words = dialog.search_tags.iter().flat_map(|it| words_in(it)).collect();
    if let Some(content) = &dialog.content {
        let others = [
            &content.summary,
            &content.sender_name,
            &content.additional_info,
            &content.extended_status,
            &content.non_sensitive_title,
            &content.non_sensitive_summary,
        ];
        let values = others.into_iter().flatten().chain([&content.title]);
        words.extend(values.filter(|it| it.media_type == MediaType::PlainText).flat_map(|it| of_text(&it.value)));
    }
    for transmission in &dialog.transmissions {
        let content = transmission.content.iter();
        words.extend(content.flat_map(|it| of_value(Some(&it.title)).into_iter().chain(of_value(it.summary.as_ref()))));
    }
    let attachments = dialog.transmissions.iter().flat_map(|it| &it.attachments).chain(&dialog.attachments);
    words.extend(attachments.flat_map(|it| of_text(&it.display_name)));
    words.extend(dialog.activities.iter().flat_map(|it| of_text(&it.description)));
    words
}

/// What can be searched for by who sees the dialog in lists and may not open it: no more than lists show.
fn searchable_openly(dialog: &Dialog) -> Words {
    let mut words = NOTHING;
    if let Some(content) = &dialog.content {
        words.extend(of_value(content.sender_name.as_ref()));
        words.extend(of_value(content.extended_status.as_ref()));
        words.extend(of_titles(content, false));
    }
    if let Some(latest) = dialog.activities.iter().max_by_key(|it| (it.created_at, it.id)) {
        words.extend(of_text(&latest.description));
    }
    words
}

/// Everything that stands in a dialog, as its owner is shown it.
pub(crate) fn all_of(stored: &LoadedDialog) -> Words {
    words_in(&format!("{stored:?}"))
}
