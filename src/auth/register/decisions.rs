//! What a user may do with one dialog.

use super::catalogue::{Catalogue, CompiledRule, MAIN, short_attribute};
use super::grants::{Bundle, InstanceGrant, UserGrants};
use super::rights::held;
use super::{Question, Subject};
use dialog_index::DelegatedDialog;
use dialog_index::domain::{EndUserId, ServiceResource};
use std::collections::BTreeSet;

/// Those of the questions that are permitted.
pub(super) fn decide(
    catalogue: &Catalogue,
    user: &EndUserId,
    grants: Option<&UserGrants>,
    dialog: Subject<'_>,
    questions: &BTreeSet<Question>,
) -> BTreeSet<Question> {
    let grants = grants.map_or(&[][..], |grants| grants.for_party(dialog.party));
    let is_own_party = user.as_party().as_ref() == Some(dialog.party);
    let held = held(catalogue, grants, is_own_party);
    let is_delegated = grants.iter().flat_map(|grant| &grant.instances).any(|instance| names(instance, dialog));
    let permits = |question: &&Question| {
        let by_own_rules = permit(
            catalogue,
            dialog.resource,
            &held,
            is_delegated,
            &question.action,
            short_attribute(&question.attribute),
        );
        // An attribute that names another service asks for that service's main rules. The delegation of a dialog
        // does not reach there.
        let by_other_rules = || {
            let other = ServiceResource::parse(&question.attribute).ok();
            other.is_some_and(|other| permit(catalogue, &other, &held, false, &question.action, MAIN))
        };
        by_own_rules || by_other_rules()
    };
    questions.iter().filter(permits).cloned().collect()
}

fn permit(
    catalogue: &Catalogue,
    resource: &ServiceResource,
    held: &Bundle,
    is_delegated: bool,
    action: &str,
    attribute: &str,
) -> bool {
    let Some((number, _)) = catalogue.resource(resource) else { return false };
    let is_granted = is_delegated || held.resources.binary_search(&number).is_ok();
    let speaks_of = |rule: &&CompiledRule| rule.attribute == attribute && rule.actions.iter().any(|a| a == action);
    let mut rules = catalogue.rules(number).iter().filter(speaks_of);
    rules.any(|rule| is_granted || held.subjects.iter().any(|subject| rule.subjects.binary_search(subject).is_ok()))
}

fn names(instance: &InstanceGrant, dialog: Subject<'_>) -> bool {
    let is_named = match &instance.dialog {
        DelegatedDialog::Id(id) => *id == dialog.id,
        DelegatedDialog::Label(label) => dialog.labels.contains(label),
    };
    is_named && instance.resource == dialog.resource.to_lower()
}
