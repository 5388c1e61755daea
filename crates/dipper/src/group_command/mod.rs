//! `dipper group`: cases in, groups, points, money and reasons out; streaming, in order, all cores.

mod args;
mod engine;
mod output;
mod stream;
mod summary;

pub(crate) use args::GroupArgs;
pub use engine::Engine;
