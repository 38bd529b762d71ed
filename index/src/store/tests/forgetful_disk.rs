//! A disk that forgets, when power fails, any part of what was written since the last sync.

use redb::{BackendError, StorageBackend};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// What a disk writes at once: of a longer write a part may survive.
const SECTOR: usize = 512;

/// It has two files.
#[derive(Clone, Debug)]
pub(super) struct ForgetfulDisk(Arc<Mutex<State>>);

/// One of them.
#[derive(Debug)]
pub(super) struct ForgetfulFile(Arc<Mutex<State>>, usize);

#[derive(Debug)]
struct State {
    files: [Contents; 2],
    /// How many more operations succeed.
    operations_left: u64,
    random: u64,
}

#[derive(Debug, Default)]
struct Contents {
    /// What every reader sees.
    current: Vec<u8>,
    /// What surely survives.
    synced: Vec<u8>,
    /// What was done since, in order.
    since: Vec<Done>,
}

#[derive(Debug)]
enum Done {
    Write(usize, Vec<u8>),
    SetLen(usize),
}

impl ForgetfulDisk {
    pub(super) fn new(seed: u64) -> Self {
        Self::with([Contents::default(), Contents::default()], seed)
    }

    fn with(files: [Contents; 2], seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State { files, operations_left: u64::MAX, random: seed })))
    }

    pub(super) fn database(&self) -> ForgetfulFile {
        ForgetfulFile(self.0.clone(), 0)
    }

    pub(super) fn journal(&self) -> ForgetfulFile {
        ForgetfulFile(self.0.clone(), 1)
    }

    /// Lets this many more writes and syncs succeed, and none after them.
    pub(super) fn fail_after(&self, operations: u64) {
        self.state().operations_left = operations;
    }

    /// The disk as it may be afterwards.
    pub(super) fn after_power_failure(&self) -> Self {
        let mut state = self.state();
        let files = [0, 1].map(|file| {
            let synced = state.survivor(file);
            Contents { current: synced.clone(), synced, since: Vec::new() }
        });
        Self::with(files, state.random)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics with the lock")
    }
}

impl State {
    /// What is left of a file.
    fn survivor(&mut self, file: usize) -> Vec<u8> {
        let mut survivor = std::mem::take(&mut self.files[file].synced);
        for done in std::mem::take(&mut self.files[file].since) {
            match done {
                Done::SetLen(length) if self.is_kept() => survivor.resize(length, 0),
                Done::SetLen(_) => {}
                Done::Write(offset, bytes) => {
                    for (place, sector) in (0..).zip(bytes.chunks(SECTOR)) {
                        let start = offset + place * SECTOR;
                        let end = start + sector.len();
                        if self.is_kept() {
                            if survivor.len() < end {
                                survivor.resize(end, 0);
                            }
                            survivor[start..end].copy_from_slice(sector);
                        }
                    }
                }
            }
        }
        survivor
    }

    /// A coin.
    fn is_kept(&mut self) -> bool {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.random >> 63 == 1
    }

    fn act(&mut self) -> Result<(), BackendError> {
        match self.operations_left.checked_sub(1) {
            Some(left) => self.operations_left = left,
            None => return Err(BackendError::Io(io::Error::other("power has failed"))),
        }
        Ok(())
    }
}

impl ForgetfulFile {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics with the lock")
    }
}

impl StorageBackend for ForgetfulFile {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.state().files[self.1].current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let start = offset as usize;
        out.copy_from_slice(&self.state().files[self.1].current[start..start + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        let mut state = self.state();
        state.act()?;
        let file = &mut state.files[self.1];
        file.current.resize(len as usize, 0);
        file.since.push(Done::SetLen(len as usize));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        let mut state = self.state();
        state.act()?;
        let file = &mut state.files[self.1];
        file.synced.clone_from(&file.current);
        file.since.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        let mut state = self.state();
        state.act()?;
        let file = &mut state.files[self.1];
        let start = offset as usize;
        file.current[start..start + data.len()].copy_from_slice(data);
        file.since.push(Done::Write(start, data.to_vec()));
        Ok(())
    }
}
