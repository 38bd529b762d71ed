use super::actor::Actor;
use super::label::SystemLabel;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Somebody opened the dialog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEntry {
    pub id: Uuid,
    pub seen_at: Timestamp,
    pub seen_by: Actor,
    /// A service owner read the dialog on behalf of the user.
    pub is_via_service_owner: bool,
}

/// A system label was set or removed. Default is never logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelAssignment {
    pub created_at: Timestamp,
    pub label: SystemLabel,
    pub action: LabelAction,
    pub performed_by: Actor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabelAction {
    Set,
    Remove,
}

impl LabelAssignment {
    /// When a label that a dialog has was set, by its log, oldest first. Default has been there from the beginning, which
    /// is no time, or since Bin or Archive was removed.
    pub fn set_at(label: SystemLabel, log: &[Self]) -> Option<Timestamp> {
        let sets = |entry: &&Self| match label {
            SystemLabel::Default => entry.label.is_place() && entry.action == LabelAction::Remove,
            _ => entry.label == label && entry.action == LabelAction::Set,
        };
        log.iter().rev().find(sets).map(|entry| entry.created_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SystemLabel::*;

    #[test]
    fn the_log_tells_since_when_a_label_is_there() {
        let at = Timestamp::from_micros;
        let entry = |time, label, action| LabelAssignment {
            created_at: at(time),
            label,
            action,
            performed_by: Actor::ServiceOwner,
        };
        let log = [
            entry(1, Sent, LabelAction::Set),
            entry(2, Bin, LabelAction::Set),
            entry(3, MarkedAsUnopened, LabelAction::Set),
            entry(4, MarkedAsUnopened, LabelAction::Remove),
            entry(5, MarkedAsUnopened, LabelAction::Set),
            entry(6, Bin, LabelAction::Remove),
        ];
        let set_at = |label| LabelAssignment::set_at(label, &log);
        assert_eq!([Sent, MarkedAsUnopened, Default].map(set_at), [1, 5, 6].map(|time| Some(at(time))));
        assert_eq!(LabelAssignment::set_at(Default, &log[..5]), None);
        assert_eq!(set_at(Archive), None);
    }
}
