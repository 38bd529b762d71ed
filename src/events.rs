//! What happens to dialogs, told to others: as cloud events, sent from the store's outbox to a sink.

mod backoff;
mod blocking;
mod clean_up;
mod cloud_event;
mod delivery;
mod sink;

pub use clean_up::{clean_up_regularly, remove_old};
pub use cloud_event::CloudEvent;
pub use delivery::Delivery;
pub use sink::{Pace, Sink, SinkSettings};
