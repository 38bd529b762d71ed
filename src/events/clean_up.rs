use super::blocking::blocking;
use crate::error_chain::ErrorChain;
use dialog_index::domain::Timestamp;
use dialog_index::{Dialogs, StoreError};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(3600);
/// Between two transactions, so that writers do not wait for one after the other.
const PAUSE: Duration = Duration::from_millis(50);

/// Removes old events now and every hour. To be ended from outside.
pub async fn clean_up_regularly(dialogs: Dialogs, keep: Duration, has_sink: bool) {
    let keep = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
    loop {
        let older_than = Timestamp::from_micros(Timestamp::now().as_micros().saturating_sub(keep));
        if let Err(error) = remove_old(&dialogs, older_than, has_sink).await {
            tracing::error!(error = %ErrorChain(&error), "old events could not be removed");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Removes events that are older than a time. Where there is a sink, only those that it has.
pub async fn remove_old(dialogs: &Dialogs, older_than: Timestamp, has_sink: bool) -> Result<(), StoreError> {
    loop {
        let remove = move |dialogs: &Dialogs| {
            let up_to = if has_sink { dialogs.delivered_events()? } else { u64::MAX };
            dialogs.remove_events(up_to, older_than)
        };
        let may_be_more = blocking(dialogs, remove).await?;
        if !may_be_more {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
