//! Who is calling (token to [`Caller`]) and what they may see (caller to scope).

pub mod caller;
pub mod register;

pub use caller::Caller;
