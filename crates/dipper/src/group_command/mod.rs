//! `dipper group`: cases in, groups, points, money and reasons out; streaming, in order, all cores.

mod args;
mod case_stream;

pub(crate) use args::GroupArgs;
