//! Corpora: dialogs as lines of JSON.

pub mod generate;
pub mod import;

mod line;
#[cfg(test)]
mod train_dictionary;
