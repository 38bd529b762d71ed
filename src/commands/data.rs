//! The settings and data that most commands begin with.

use anyhow::Context;
use dialog_index::{Dialogs, OpenOptions};
use dialogdex::auth::dialog_tokens::DialogTokenKeys;
use dialogdex::auth::key_file;
use dialogdex::auth::register::Register;
use dialogdex::auth::signing_key::{KeyComponents, SigningKey};
use dialogdex::config::Config;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The option that names the settings.
#[derive(clap::Args)]
pub(super) struct ConfigOption {
    /// The settings, in TOML. Without it, the defaults and the environment alone.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

impl ConfigOption {
    pub(super) fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(self.config.as_deref(), environment())?)
    }
}

pub(super) fn open_dialogs(config: &Config) -> anyhow::Result<Dialogs> {
    Ok(Dialogs::open(
        &config.data_dir,
        &OpenOptions { cache_bytes: config.cache_bytes, items_cache_bytes: config.items_cache_bytes },
    )?)
}

/// The register, with the document of the settings in place of what was there before if that document is new.
pub(super) fn open_register(config: &Config, dialogs: &Dialogs) -> anyhow::Result<Register> {
    const SETTING: &str = "authorization.register";
    let register = Register::open(dialogs).context("the register of rights cannot be read")?;
    if let Some(path) = &config.register {
        let document = std::fs::read(path)
            .with_context(|| format!("{SETTING} cannot be used: {} cannot be read", path.display()))?;
        register
            .load_file(dialogs, &document)
            .with_context(|| format!("{SETTING} cannot be used: {} is no register", path.display()))?;
    }
    Ok(register)
}

/// The keys of the settings, or those kept in the data folder.
pub(super) fn dialog_token_keys(config: &Config) -> anyhow::Result<DialogTokenKeys> {
    let key = |given: &Option<KeyComponents>, file: &str| -> anyhow::Result<SigningKey> {
        match given {
            Some(components) => Ok(SigningKey::from_components(components)?),
            None => Ok(key_file::load_or_make(&config.data_dir.join(file))?),
        }
    };
    Ok(DialogTokenKeys {
        primary: key(&config.dialog_token_keys.primary, "dialog-token-primary.json")?,
        secondary: key(&config.dialog_token_keys.secondary, "dialog-token-secondary.json")?,
    })
}

/// The key of the demo's own issuer of tokens.
pub(super) fn demo_issuer_key(data: &Path) -> anyhow::Result<SigningKey> {
    dialog_index::make_data_folder(data).with_context(|| format!("the folder {} cannot be made", data.display()))?;
    Ok(key_file::load_or_make(&data.join("demo-issuer.json"))?)
}

/// Writes a line to standard output.
pub(super) fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

/// Variables that are not text are none of ours.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
