//! One line of a stream: begun here, and answered when it is durable.

use super::super::delete_dialog::begin_purge;
use super::lines::{Line, Text};
use crate::api::caller::ServiceOwner;
use crate::api::json::{Guid, Tree, read_tree};
use crate::api::named_actors::named_actors;
use crate::api::new_dialog::{Author, CreateDialog};
use crate::api::problem::{Errors, Problem};
use crate::app::App;
use crate::auth::Facts;
use axum::http::StatusCode;
use dialog_index::domain::{DialogId, Timestamp};
use dialog_index::{Dialogs, Occasion, StoreError, WriteError};
use serde::Serialize;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::oneshot;
use uuid::Uuid;

/// An operation that has been handed to the thread that writes, or refused.
#[derive(Debug)]
pub(super) struct UnderWay {
    line: u64,
    id: Option<DialogId>,
    /// Of its line.
    pub(super) bytes: usize,
    told: oneshot::Receiver<Outcome>,
}

type Outcome = Result<StatusCode, Problem>;

/// Who sends the lines, and how they are meant.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) app: App,
    pub(super) owner: ServiceOwner,
    pub(super) is_silent: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a Problem>,
}

impl UnderWay {
    /// Writes the answer as a line, when it is known.
    pub(super) fn poll_answer(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<()> {
        let told = ready!(Pin::new(&mut self.told).poll(context));
        let outcome = told.unwrap_or_else(|_| Err(WriteError::from(StoreError::Stopped).into()));
        let (status, problem) = match &outcome {
            Ok(status) => (*status, None),
            Err(problem) => (problem.status(), Some(problem)),
        };
        let answer = Answer { line: self.line, id: self.id.map(|id| id.0), status: status.as_u16(), problem };
        serde_json::to_writer(&mut *out, &answer).expect("an answer is JSON");
        out.push(b'\n');
        Poll::Ready(())
    }
}

impl Sender {
    /// What these lines are judged by.
    pub(super) async fn facts(&self, lines: &Arc<Vec<Line>>) -> Result<Facts, Problem> {
        let lines = Arc::clone(lines);
        let named = move |line: &Line| match &line.text {
            Text::Whole(text) => named_actors(text),
            Text::TooLong => BTreeSet::new(),
        };
        Ok(self.app.facts_with_names(move || lines.iter().flat_map(named).collect()).await?)
    }

    /// Begins the operation of a line after those of the lines before.
    pub(super) fn begin(&self, dialogs: &Dialogs, line: &Line, facts: &Result<Facts, Problem>) -> UnderWay {
        let (sender, told) = oneshot::channel();
        let mut id = None;
        // Whoever no longer waits for the answer does not need it.
        let begun = catch_unwind(AssertUnwindSafe(|| self.try_begin(dialogs, &line.text, facts, &mut id, sender)));
        let refused = begun.unwrap_or_else(|_| Err(Problem::panicked()));
        let told = match refused {
            Ok(()) => told,
            Err(problem) => known(Err(problem)),
        };
        UnderWay { line: line.number, id, bytes: line.bytes(), told }
    }

    fn try_begin(
        &self,
        dialogs: &Dialogs,
        text: &Text,
        facts: &Result<Facts, Problem>,
        id: &mut Option<DialogId>,
        sender: oneshot::Sender<Outcome>,
    ) -> Result<(), Problem> {
        let Text::Whole(text) = text else {
            return Err(Problem::payload_too_large(self.app.http().max_body_bytes));
        };
        let tell = move |outcome| drop(sender.send(outcome));
        match member(&read_tree(text)?)? {
            Member::Upsert(dialog) => {
                let given: CreateDialog = dialog.read()?;
                let Some(Guid(given_id)) = given.id else {
                    let message = "'id' must be given, so that a line that is sent again is the same operation.";
                    return Err(Problem::bad_request(Errors::one("dto.id", message)));
                };
                *id = Some(DialogId(given_id));
                let now = self.app.now();
                let dialog = given.judge(
                    &Author::of(&self.owner, self.is_silent),
                    facts.as_ref().map_err(Problem::clone)?,
                    now,
                )?;
                dialogs.begin_upsert(dialog, None, self.occasion(now), move |upserted| {
                    let status = |created| if created { StatusCode::CREATED } else { StatusCode::OK };
                    tell(upserted.map(|it| status(it.created)).map_err(Problem::from));
                });
                Ok(())
            }
            Member::Delete(given) => {
                let Guid(given) = given.read()?;
                *id = Some(DialogId(given));
                if self.owner.is_admin {
                    self.wait_for_those_before(dialogs)?;
                }
                let occasion = self.occasion(self.app.now());
                begin_purge(
                    facts.as_ref().map_err(Problem::clone)?,
                    dialogs,
                    &self.owner,
                    (DialogId(given), None),
                    occasion,
                    tell,
                )
            }
        }
    }

    fn occasion(&self, at: Timestamp) -> Occasion {
        Occasion { at, is_silent: self.is_silent }
    }

    /// Whose dialog an administrator deletes is looked up in what is written, so all that is queued must be.
    fn wait_for_those_before(&self, dialogs: &Dialogs) -> Result<(), WriteError> {
        let occasion = Occasion { at: self.app.now(), is_silent: true };
        dialogs.change_all(&[], occasion, |_| Ok(())).map(drop)
    }
}

fn known(outcome: Outcome) -> oneshot::Receiver<Outcome> {
    let (sender, told) = oneshot::channel();
    sender.send(outcome).expect("the receiver is here");
    told
}

enum Member<'a, 't> {
    Upsert(&'t Tree<'a>),
    Delete(&'t Tree<'a>),
}

/// The one operation of a line.
fn member<'a, 't>(line: &'t Tree<'a>) -> Result<Member<'a, 't>, Problem> {
    let members = if let Tree::Object(members) = line { members.as_slice() } else { &[] };
    let mut operations = members.iter().filter_map(|(name, value)| {
        if name.eq_ignore_ascii_case("upsert") {
            Some(Member::Upsert(value))
        } else if name.eq_ignore_ascii_case("delete") {
            Some(Member::Delete(value))
        } else {
            None
        }
    });
    match (operations.next(), operations.next()) {
        (Some(operation), None) => Ok(operation),
        _ => {
            let message = "The line must be an object with either 'upsert' or 'delete'.";
            Err(Problem::bad_request(Errors::one("line", message)))
        }
    }
}
