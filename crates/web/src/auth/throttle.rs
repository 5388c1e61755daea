//! 限次: addresses that fail to log in again and again have to wait, whichever accounts they try.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::Moment;

/// Failures from one address within [`WITHIN`] after which it has to wait. A terminal server's address is shared by many.
const MOST: usize = 30;
/// Seconds.
const WITHIN: i64 = 600;
/// Addresses remembered at most.
const ADDRESSES: usize = 10_000;

/// Failed logins by address, since the start of the server.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<String, Vec<Moment>>>);

impl Throttle {
    /// How many seconds an address has to wait; `None`: it may try.
    pub(crate) fn wait(&self, address: &str, now: Moment) -> Option<i64> {
        let failures = self.lock();
        let recent: Vec<Moment> =
            failures.get(address)?.iter().copied().filter(|at| now - at < WITHIN).collect();
        let oldest = recent.iter().rev().nth(MOST - 1)?;
        Some(WITHIN - (now - oldest))
    }

    /// Notes a failure.
    pub(crate) fn failed(&self, address: &str, now: Moment) {
        let mut failures = self.lock();
        if failures.len() >= ADDRESSES && !failures.contains_key(address) {
            failures.retain(|_, times| times.last().is_some_and(|at| now - at < WITHIN));
        }
        let times = failures.entry(address.to_owned()).or_default();
        times.retain(|at| now - at < WITHIN);
        times.push(now);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Moment>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_after_many_failures_and_others_do_not() {
        let throttle = Throttle::default();
        for n in 0..MOST as i64 {
            assert_eq!(throttle.wait("10.0.0.7", n), None);
            throttle.failed("10.0.0.7", n);
        }
        assert_eq!(throttle.wait("10.0.0.7", 30), Some(570));
        assert_eq!(throttle.wait("10.0.0.8", 30), None);
        assert_eq!(throttle.wait("10.0.0.7", WITHIN), None, "the first failure is forgotten");
    }
}
