//! Makes the dictionary that the store compresses with, and measures what it is worth. Run as
//! `index/src/store/codec/README.md` says; the tables there are what this prints.
//!
//! The same sources give the same bytes on every machine, so nothing in a sample is drawn anew.

use super::generate::Generator;
use super::line::read_line;
use crate::auth::Facts;
use crate::auth::register::Register;
use dialog_index::LoadedDialog;
use dialog_index::domain::{Actor, ActorId, Attachment, Dialog, Revision, SeenEntry, Timestamp};
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::{Builder, Uuid};
use zstd::bulk::{Compressor, Decompressor};

/// Many small corpora rather than a large one: each has services and people of its own, so that little but what all
/// dialogs share is worth a place in the dictionary.
const TRAINING_SEEDS: Range<u64> = 1000..1012;
const DIALOGS_PER_SEED: u64 = 100;
const HELD_OUT_SEEDS: Range<u64> = 2000..2004;

/// They stay whole in the samples.
const COMMON_WORDS: &str = include_str!("../../fixtures/vocabulary/common_norwegian.txt");

const SIZES_KB: [usize; 5] = [2, 4, 8, 16, 32];
/// As in the store.
const LEVEL: i32 = 1;
/// A longer row finds its repetitions in itself.
const MAX_ROW_BYTES: usize = 64 << 10;
const ROUNDS: usize = 5;

/// Dialogs, each as the rows that the store compresses.
type Rows = Vec<Vec<Vec<u8>>>;

struct Measured {
    bytes: f64,
    pack: Duration,
    unpack: Duration,
}

#[test]
#[ignore = "makes a dictionary, which is needed once for each packing"]
fn train_the_dictionary() -> io::Result<()> {
    let (even, odd) = of_fixtures();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut scrambled = scrambled(&mut rng);
    let generated = TRAINING_SEEDS.flat_map(|seed| of_generator(seed, &mut scrambled));
    let samples: Rows = generated.chain(even).collect();
    let samples: Vec<&[u8]> = samples.iter().flatten().map(Vec::as_slice).collect();
    let held_out: Rows = HELD_OUT_SEEDS.flat_map(|seed| of_generator(seed, &mut str::to_owned)).collect();
    let unknown_words: Rows = HELD_OUT_SEEDS.flat_map(|seed| of_generator(seed, &mut reversed)).collect();
    let sets = [&held_out, &unknown_words, &odd];

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/dictionaries");
    std::fs::create_dir_all(&folder)?;
    let mut out = io::stdout();
    let plain =
        sets.map(|rows| rows.iter().flatten().map(|row| row.len() + 2).sum::<usize>() as f64 / rows.len() as f64);
    writeln!(out, "\n| dictionary | other seeds | other words | other fixtures | pack | unpack |")?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- |")?;
    writeln!(out, "| not packed | {:.0} | {:.0} | {:.0} | | |", plain[0], plain[1], plain[2])?;
    report(&mut out, "none", &[], sets)?;
    for size in SIZES_KB {
        let dictionary = zstd::dict::from_samples(&samples, size << 10)?;
        report(&mut out, &format!("{size} KB"), &dictionary, sets)?;
        std::fs::write(folder.join(format!("{size}.zstd")), dictionary)?;
    }
    writeln!(out, "\nThe dictionaries are in {}.", folder.display())
}

fn report(out: &mut impl Write, name: &str, dictionary: &[u8], sets: [&Rows; 3]) -> io::Result<()> {
    let [first, second, third] = sets.map(|rows| measured(dictionary, rows));
    let (first, second, third) = (first?, second?, third?);
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    writeln!(
        out,
        "| {name} | {:.0} | {:.0} | {:.0} | {:.1} us | {:.1} us |",
        first.bytes,
        second.bytes,
        third.bytes,
        micros(first.pack),
        micros(first.unpack),
    )
}

/// A dialog's mean, in the best of some rounds.
fn measured(dictionary: &[u8], dialogs: &Rows) -> io::Result<Measured> {
    let mut compressor = Compressor::with_dictionary(LEVEL, dictionary)?;
    let mut decompressor = Decompressor::with_dictionary(dictionary)?;
    let plain: Vec<&Vec<u8>> = dialogs.iter().flatten().collect();
    let (mut pack, mut unpack, mut bytes) = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let packed: Vec<Vec<u8>> = plain.iter().map(|row| compressor.compress(row)).collect::<io::Result<_>>()?;
        pack = pack.min(begin.elapsed());
        let begin = Instant::now();
        for (packed, plain) in packed.iter().zip(&plain) {
            assert_eq!(decompressor.decompress(packed, plain.len())?, **plain);
        }
        unpack = unpack.min(begin.elapsed());
        // The store keeps the shorter one, with two bytes in front.
        bytes = packed.iter().zip(&plain).map(|(packed, plain)| packed.len().min(plain.len()) + 2).sum();
    }
    let count = dialogs.len() as u32;
    Ok(Measured { bytes: bytes as f64 / f64::from(count), pack: pack / count, unpack: unpack / count })
}

fn of_generator(seed: u64, change_word: &mut impl FnMut(&str) -> String) -> Rows {
    let generator = Generator::new(DIALOGS_PER_SEED, seed);
    let facts = Register::from_document(generator.register().to_string().as_bytes()).expect("a register").facts();
    let lines = generator.dialogs().map(|line| with_words(&line, change_word).to_string());
    lines.filter_map(|line| rows_of(line.as_bytes(), &facts)).collect()
}

/// Every other dialog, so that a dictionary is measured on those that it has not seen.
fn of_fixtures() -> (Rows, Rows) {
    let facts = Register::from_document(include_bytes!("../../fixtures/register.json")).expect("a register").facts();
    let lines = include_str!("../../fixtures/dialogs.ndjson").lines();
    let dialogs: Rows = lines.filter_map(|line| rows_of(line.as_bytes(), &facts)).collect();
    (dialogs.iter().step_by(2).cloned().collect(), dialogs.iter().skip(1).step_by(2).cloned().collect())
}

/// What `dialog_index` compresses when it stores this dialog and one person opens it; `None` for a huge one.
fn rows_of(line: &[u8], facts: &Facts) -> Option<Vec<Vec<u8>>> {
    // 2026-11-24T12:00:00Z
    const NOW: Timestamp = Timestamp::from_micros(1_795_521_600_000_000);
    let LoadedDialog { mut dialog, label_log, .. } = read_line(line, facts, NOW).expect("a dialog");
    let mut ids = Ids::of(&dialog);
    ids.replace_all(&mut dialog);
    let reader = ActorId::from(dialog.party.clone());
    let name = facts.actor_name(&reader);
    let seen = SeenEntry {
        id: ids.next(),
        seen_at: dialog.updated_at,
        seen_by: Actor::Identified { id: reader, name },
        is_via_service_owner: false,
    };
    let rows = [
        Some(encoded(&dialog)),
        list(&dialog.transmissions),
        list(&dialog.activities),
        list(&[seen]),
        list(&label_log),
    ];
    let rows: Vec<Vec<u8>> = rows.into_iter().flatten().collect();
    rows.iter().all(|row| row.len() <= MAX_ROW_BYTES).then_some(rows)
}

fn list<T: Serialize>(entries: &[T]) -> Option<Vec<u8>> {
    (!entries.is_empty()).then(|| encoded(&entries))
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("a value that can be written")
}

/// The same ids at every run, in place of those that reading a line has drawn.
struct Ids {
    at_millis: u64,
    rng: ChaCha8Rng,
}

impl Ids {
    fn of(dialog: &Dialog) -> Self {
        let at_millis = u64::try_from(dialog.updated_at.as_micros() / 1000).unwrap_or(0);
        Self { at_millis, rng: ChaCha8Rng::seed_from_u64(dialog.id.0.as_u64_pair().1) }
    }

    fn next(&mut self) -> Uuid {
        Builder::from_unix_timestamp_millis(self.at_millis, &self.rng.random()).into_uuid()
    }

    fn next_revision(&mut self) -> Revision {
        Revision(Builder::from_random_bytes(self.rng.random()).into_uuid())
    }

    fn replace_all(&mut self, dialog: &mut Dialog) {
        dialog.revision = self.next_revision();
        dialog.service_owner_context.revision = self.next_revision();
        dialog.end_user_context.revision = self.next_revision();
        self.replace_in(&mut dialog.attachments);
        for action in &mut dialog.gui_actions {
            action.id = self.next();
        }
        for action in &mut dialog.api_actions {
            action.id = self.next();
            for endpoint in &mut action.endpoints {
                endpoint.id = self.next();
            }
        }
        for transmission in &mut dialog.transmissions {
            self.replace_in(&mut transmission.attachments);
        }
    }

    fn replace_in(&mut self, attachments: &mut [Attachment]) {
        for attachment in attachments {
            attachment.id = self.next();
            for url in &mut attachment.urls {
                url.id = self.next();
            }
        }
    }
}

/// The letters of each word in any order, for what words a corpus draws says nothing of those that will be stored. Words
/// that every text has stay.
fn scrambled(rng: &mut ChaCha8Rng) -> impl FnMut(&str) -> String {
    |word| {
        let mut letters: Vec<char> = word.chars().collect();
        if !COMMON_WORDS.lines().any(|common| common == word.to_lowercase()) {
            letters.shuffle(rng);
        }
        letters.into_iter().collect()
    }
}

fn reversed(word: &str) -> String {
    word.chars().rev().collect()
}

/// The same with every word of its texts changed.
fn with_words(value: &Value, change: &mut impl FnMut(&str) -> String) -> Value {
    match value {
        Value::Array(values) => values.iter().map(|value| with_words(value, change)).collect(),
        Value::Object(members) if members.contains_key("languageCode") => {
            let mut members = members.clone();
            if let Some(Value::String(text)) = members.get_mut("value") {
                *text = text.split(' ').map(change).collect::<Vec<_>>().join(" ");
            }
            Value::Object(members)
        }
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), with_words(member, change))).collect()
        }
        other => other.clone(),
    }
}
