use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// How often each rank, from 0, is drawn. The table is in whole numbers, so that the last
/// bits of a machine's floating point do not show in a corpus.
#[derive(Debug)]
pub(super) struct Frequencies {
    cumulative: Vec<u64>,
}

impl Frequencies {
    /// What the first rank of [`Frequencies::zipf`] weighs.
    const SCALE: f64 = 1e9;

    /// The n-th rank has a frequency of 1 / n ^ exponent.
    pub(super) fn zipf(ranks: usize, exponent: f64) -> Self {
        Self::weighted((0..ranks).map(|rank| (Self::SCALE / (rank as f64 + 1.0).powf(exponent)).round() as u64))
    }

    pub(super) fn weighted(weights: impl Iterator<Item = u64>) -> Self {
        let cumulative = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self { cumulative: cumulative.collect() }
    }

    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        self.rank_at(rng.random_range(0..self.sum()))
    }

    /// The rank at a share (0 to 1) of the whole.
    pub(super) fn at(&self, share: f64) -> usize {
        self.rank_at(((self.sum() as f64 * share) as u64).min(self.sum() - 1))
    }

    fn rank_at(&self, point: u64) -> usize {
        self.cumulative.partition_point(|&end| end <= point)
    }

    fn sum(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(1)
    }
}
