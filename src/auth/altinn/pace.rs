//! How long answers are believed and waited for: the time limits of everything that is asked of Altinn.

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// All time limits; the default ones are the contract's.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub authorized_parties: Limits,
    pub decisions: Limits,
    pub names: Limits,
    pub resources: FeedLimits,
    pub subjects: FeedLimits,
    pub levels: FeedLimits,
    /// Names of services' owners, of roles and of access packages. Old ones do no harm.
    pub described: FeedLimits,
    /// About how long the first pause before a call is tried again is.
    pub retry: Duration,
    /// After a failure nobody asks again for as long, if there is an old answer.
    pub after_failure: Duration,
}

/// The limits of what is asked for when somebody needs it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From when on an answer is asked for anew.
    pub fresh: Duration,
    /// How long an answer counts when no other can be had.
    pub usable: Duration,
    /// How long a new answer is waited for when there is an old one.
    pub soft: Duration,
    /// And when there is none.
    pub hard: Duration,
}

/// The limits of what is kept up to date by itself.
#[derive(Clone, Copy, Debug)]
pub struct FeedLimits {
    pub every: Duration,
    pub usable: Duration,
    pub hard: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            authorized_parties: Limits {
                fresh: MINUTE * 15,
                usable: MINUTE * 30,
                soft: SECOND * 10,
                hard: SECOND * 25,
            },
            decisions: Limits { fresh: MINUTE * 15, usable: MINUTE * 30, soft: SECOND * 4, hard: SECOND * 25 },
            names: Limits { fresh: HOUR * 24, usable: HOUR * 26, soft: SECOND, hard: SECOND * 20 },
            resources: FeedLimits { every: MINUTE * 20, usable: HOUR * 26, hard: SECOND * 30 },
            subjects: FeedLimits { every: MINUTE * 5, usable: HOUR * 2, hard: MINUTE * 10 },
            levels: FeedLimits { every: HOUR * 6, usable: HOUR * 24, hard: MINUTE * 30 },
            described: FeedLimits { every: HOUR, usable: Duration::MAX, hard: MINUTE },
            retry: SECOND,
            after_failure: SECOND * 30,
        }
    }
}
