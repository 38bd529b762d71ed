//! Corpora: dialogs as lines of JSON.

pub mod generate;
