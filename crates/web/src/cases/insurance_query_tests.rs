//! 医保查询: each condition against a plain count over the mart, alone and together; whose cases; what is saved.
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]
