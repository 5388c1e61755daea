//! The floors of the house, as in ARCHITECTURE.md: an arrow goes only to a crate further up in this table.

/// A crate's place: its row is the order, its floor says how pure it must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) floor: u8,
    pub(crate) name: &'static str,
}

/// Up to this floor crates are pure: values in, values out; no database, no clock, no file.
pub(crate) const HIGHEST_PURE_FLOOR: u8 = 2;

/// The synthetic hospital and the simulated HIS that holds it: tests and benches of every crate may use them, the
/// product's own code only from a higher floor.
const TEST_SUPPORT: &[&str] = &["hospital", "his"];

/// Lowest first; within a floor a crate may use only those before it.
const TABLE: &[Place] = &[
    at(0, "model"),
    at(0, "terms"),
    at(1, "policy"),
    at(1, "grouper"),
    at(1, "settle"),
    at(1, "audit"),
    at(1, "quality"),
    at(1, "reconcile"),
    at(2, "casework"),
    at(2, "metrics"),
    at(2, "hospital"),
    at(3, "store"),
    at(3, "mart"),
    at(3, "connect"),
    at(3, "his"),
    at(4, "sync"),
    at(5, "web"),
    at(6, "dipper"),
    at(6, "xtask"),
];

/// The row and the place of one of our crates.
pub(crate) fn place(name: &str) -> Option<(usize, Place)> {
    TABLE.iter().copied().enumerate().find(|(_, place)| place.name == name)
}

pub(crate) fn is_test_support(name: &str) -> bool {
    TEST_SUPPORT.contains(&name)
}

pub(crate) fn is_pure(name: &str) -> bool {
    place(name).is_some_and(|(_, place)| place.floor <= HIGHEST_PURE_FLOOR)
}

const fn at(floor: u8, name: &'static str) -> Place {
    Place { floor, name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_rise_and_names_differ() {
        assert!(TABLE.windows(2).all(|pair| pair[0].floor <= pair[1].floor));
        for (row, entry) in TABLE.iter().enumerate() {
            assert_eq!(place(entry.name).map(|(found, _)| found), Some(row));
        }
        assert!(TEST_SUPPORT.iter().all(|name| place(name).is_some()));
    }

    #[test]
    fn engines_are_pure_and_the_store_is_not() {
        assert!(is_pure("grouper") && is_pure("metrics"));
        assert!(!is_pure("store") && !is_pure("nobody"));
    }
}
