//! 合成医院: cases drawn from a policy pack. Deterministic from a seed; no real person is in it.

mod case_mix;
mod exemplar;

pub use case_mix::CaseMix;
pub use exemplar::Exemplars;
