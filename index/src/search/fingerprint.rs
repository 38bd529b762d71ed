//! A stable hash: FNV-1a over 64 bits. The standard library's hashers may change with its version.

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

#[derive(Debug)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    pub(super) fn new() -> Self {
        Self(OFFSET_BASIS)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }

    pub(super) fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    /// Tells nothing from zero.
    pub(super) fn optional(&mut self, number: Option<u64>) {
        self.bytes(&[u8::from(number.is_some())]);
        self.number(number.unwrap_or_default());
    }

    pub(super) fn finish(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_fnv_1a() {
        let mut print = Fingerprint::new();
        print.bytes(b"foobar");
        assert_eq!(print.finish(), 0x8594_4171_f739_67e8);
    }
}
