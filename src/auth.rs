//! Who is calling (token to [`Caller`]) and what they may see (caller to scope).

pub mod altinn;
pub mod authority;
pub mod caller;
pub mod claims;
pub mod dialog_access;
pub mod dialog_tokens;
pub mod facts;
pub mod issuers;
pub mod key_file;
pub mod person_mask;
pub mod register;
pub mod scopes;
pub mod signing_key;

pub use authority::{Authority, Unavailable, User};
pub use caller::Caller;
pub use facts::Facts;
pub use issuers::Issuers;
