//! The register as an authority: it is at hand, so it answers at once.

use super::{AuthorizedParty, Evidence, Question, Register, Subject};
use crate::auth::authority::{Answer, Authority, Unavailable, User};
use crate::auth::facts::{Facts, Names};
use crate::blocking;
use crate::metrics::Metrics;
use dialog_index::Rights;
use dialog_index::domain::{ActorId, Party};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Authority for Arc<Register> {
    /// Those of a user with very many parties are work, so they are made where that blocks nobody.
    fn rights_of<'a>(&'a self, user: &'a User, _: &'a [Party]) -> Answer<'a, Arc<Rights>> {
        Box::pin(async move {
            if let Some(rights) = self.cached_rights_of(&user.id, user.level) {
                return Ok(rights);
            }
            let (register, user) = (Self::clone(self), user.clone());
            Ok(blocking::run(move || Register::rights_of(&register, &user.id, user.level)).await)
        })
    }

    fn narrows_by_party(&self) -> bool {
        false
    }

    fn decide<'a>(
        &'a self,
        user: &'a User,
        dialog: Subject<'a>,
        questions: &'a BTreeSet<Question>,
    ) -> Answer<'a, BTreeSet<Question>> {
        let permitted = Register::decide(self, &user.id, dialog, questions);
        Box::pin(std::future::ready(Ok(permitted)))
    }

    /// There may be very many of them, too.
    fn parties_of<'a>(&'a self, user: &'a User) -> Answer<'a, Vec<AuthorizedParty>> {
        let (register, user) = (Self::clone(self), user.id.clone());
        Box::pin(async move { Ok(blocking::run(move || Register::parties_of(&register, &user)).await) })
    }

    fn evidence_of<'a>(&'a self, user: &'a User, dialog: Subject<'a>, reference: &'a str) -> Answer<'a, Vec<Evidence>> {
        let evidence = Register::evidence_of(self, &user.id, dialog, reference);
        Box::pin(std::future::ready(Ok(evidence)))
    }

    fn facts(&self) -> Result<Facts, Unavailable> {
        Ok(Register::facts(self))
    }

    /// All names are among the facts.
    fn names<'a>(&'a self, _: &'a BTreeSet<ActorId>) -> Answer<'a, Names> {
        Box::pin(std::future::ready(Ok(Names::default())))
    }

    fn register(&self) -> Option<&Register> {
        Some(self)
    }

    fn show(&self, metrics: &Metrics) {
        metrics.show_cache("rights", Arc::clone(&self.rights.uses));
    }
}
