//! How values become bytes: the version of the layout, how the rest is packed, and postcard.

use super::damaged;
use crate::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// Of the fields of the domain types in their order: goes up whenever one of them changes.
const LAYOUT: u8 = 1;

/// What stands before the bytes of a value: its layout and how it is packed.
const MARKS: usize = 2;
const PLAIN: u8 = 0;
/// Compressed with the dictionary of [`DICTIONARY_1`]. Another dictionary is another packing; this one is kept as
/// long as there are values that were packed with it.
const ZSTD_1: u8 = 1;

/// How it was made: see `index/src/store/codec/README.md`.
static DICTIONARY_1: &[u8] = include_bytes!("codec/dictionary_1.zstd");

/// Shorter values gain a few bytes at most.
const WORTH_PACKING: usize = 128;
/// Fast rather than small: the dictionary does most of the work.
const LEVEL: i32 = -3;

/// No value is larger when unpacked. A request body of 20 MB is far below it.
const MAX_PLAIN_BYTES: usize = 256 << 20;

/// A block of zstd has at least this many bytes and unpacks to at most [`BLOCK_BYTES`].
const MIN_PACKED_BLOCK_BYTES: usize = 4;
const BLOCK_BYTES: usize = 128 << 10;

static ENCODER_1: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_1, LEVEL));
static DECODER_1: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_1));

/// Larger buffers are not kept for the next value.
const MAX_KEPT_BYTES: usize = 1 << 20;

thread_local! {
    static ENCODER: RefCell<Encoder> = const { RefCell::new(Encoder { plain: Vec::new(), packed: Vec::new(), compressor: None }) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Values are made in buffers that are kept, and copied when their length is known.
struct Encoder {
    plain: Vec<u8>,
    packed: Vec<u8>,
    compressor: Option<Compressor<'static>>,
}

/// For values that are read now and then: small rather than quick to read.
pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    ENCODER.with_borrow_mut(|encoder| {
        encoder.write(value)?;
        if encoder.plain.len() >= WORTH_PACKING {
            encoder.pack().map_err(unencodable)?;
            if encoder.packed.len() < encoder.plain.len() {
                return Ok(encoder.take(ZSTD_1));
            }
        }
        Ok(encoder.take(PLAIN))
    })
}

/// For values that are read by the hundred.
pub(super) fn encode_plain<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    ENCODER.with_borrow_mut(|encoder| {
        encoder.write(value)?;
        Ok(encoder.take(PLAIN))
    })
}

impl Encoder {
    fn write<T: Serialize>(&mut self, value: &T) -> Result<(), StoreError> {
        self.plain.clear();
        self.plain = postcard::to_extend(value, std::mem::take(&mut self.plain)).map_err(unencodable)?;
        Ok(())
    }

    fn pack(&mut self) -> io::Result<()> {
        let compressor = match &mut self.compressor {
            Some(compressor) => compressor,
            None => self.compressor.insert(Compressor::with_prepared_dictionary(&ENCODER_1)?),
        };
        self.packed.clear();
        self.packed.reserve(zstd::zstd_safe::compress_bound(self.plain.len()));
        compressor.compress_to_buffer(&self.plain, &mut self.packed)?;
        Ok(())
    }

    /// The value as it was written or packed, behind its marks.
    fn take(&mut self, packing: u8) -> Vec<u8> {
        let value = if packing == PLAIN { &self.plain } else { &self.packed };
        let mut bytes = Vec::with_capacity(MARKS + value.len());
        bytes.extend([LAYOUT, packing]);
        bytes.extend_from_slice(value);
        for buffer in [&mut self.plain, &mut self.packed] {
            if buffer.capacity() > MAX_KEPT_BYTES {
                *buffer = Vec::new();
            }
        }
        bytes
    }
}

/// `what` names the value in errors.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, StoreError> {
    let because = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Damaged { what, source: Some(source) };
    match bytes {
        [LAYOUT, PLAIN, plain @ ..] => read(plain).map_err(|error| because(error.into())),
        [LAYOUT, ZSTD_1, packed @ ..] => {
            let plain = decompress(packed).map_err(|error| because(error.into()))?;
            read(&plain).map_err(|error| because(error.into()))
        }
        [LAYOUT, packing, ..] => Err(because(format!("it is packed in an unknown way ({packing})").into())),
        [] | [LAYOUT] => Err(damaged(what)),
        [layout, ..] => Err(because(format!("it has an unknown layout ({layout})").into())),
    }
}

/// Every byte must be used: a value that is read short was written by other rules.
fn read<T: DeserializeOwned>(plain: &[u8]) -> Result<T, postcard::Error> {
    let (value, rest) = postcard::take_from_bytes(plain)?;
    if rest.is_empty() { Ok(value) } else { Err(postcard::Error::DeserializeBadEncoding) }
}

fn decompress(packed: &[u8]) -> io::Result<Vec<u8>> {
    // What is said of the length is believed only as far as the bytes could bear it out.
    let bound = MAX_PLAIN_BYTES.min(packed.len() / MIN_PACKED_BLOCK_BYTES * BLOCK_BYTES);
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= bound);
    let size = size.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no believable length"))?;
    DECOMPRESSOR.with_borrow_mut(|decompressor| match decompressor {
        Some(decompressor) => decompressor.decompress(packed, size),
        None => decompressor.insert(Decompressor::with_prepared_dictionary(&DECODER_1)?).decompress(packed, size),
    })
}

/// Writing to memory fails only for types that cannot be written at all.
fn unencodable<E: std::error::Error + Send + Sync + 'static>(error: E) -> StoreError {
    StoreError::Damaged { what: "value that cannot be encoded", source: Some(Box::new(error)) }
}

#[cfg(test)]
mod tests;
