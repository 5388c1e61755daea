//! 进度: how long work says how far it is, and learns that it should stop.

/// Told how far a long work is. A closure `|phase, done, total| going` is one.
pub trait Progress {
    /// `phase` in Chinese, `done` of `total` (0: not known). False asks the work to stop at the next safe point; what is
    /// committed stays, and the next run goes on from there.
    fn report(&mut self, phase: &str, done: u64, total: u64) -> bool;
}

impl<F: FnMut(&str, u64, u64) -> bool> Progress for F {
    fn report(&mut self, phase: &str, done: u64, total: u64) -> bool {
        self(phase, done, total)
    }
}
