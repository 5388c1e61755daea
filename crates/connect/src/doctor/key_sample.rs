//! Keys in bounded memory: all of them while they are few, then those whose hash ends in ever more zero bits.

use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Entries kept at most.
const MOST: usize = 1 << 20;

/// Keys with a value each.
#[derive(Clone, Debug)]
pub(super) struct KeySample<V> {
    kept: FxHashMap<u64, V>,
    level: u32,
    most: usize,
}

impl<V> Default for KeySample<V> {
    fn default() -> Self {
        KeySample { kept: FxHashMap::default(), level: 0, most: MOST }
    }
}

pub(super) fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl<V> KeySample<V> {
    /// The value kept for a key, made when the key is new. `None` when the key is not in the sample.
    pub(super) fn entry(&mut self, key: &str, make: impl FnOnce() -> V) -> Option<Seen<'_, V>> {
        let hash = hash_of(key);
        if hash.trailing_zeros() < self.level {
            return None;
        }
        if self.kept.len() >= self.most && !self.kept.contains_key(&hash) {
            self.level += 1;
            let level = self.level;
            self.kept.retain(|hash, _| hash.trailing_zeros() >= level);
            if hash.trailing_zeros() < level {
                return None;
            }
        }
        let mut new = false;
        let value = self.kept.entry(hash).or_insert_with(|| {
            new = true;
            make()
        });
        Some(Seen { value, new })
    }

    /// How many keys one kept key stands for.
    pub(super) fn weight(&self) -> u64 {
        1 << self.level.min(63)
    }

    /// Estimated number of different keys; exact while nothing was dropped.
    pub(super) fn distinct(&self) -> u64 {
        self.kept.len() as u64 * self.weight()
    }
}

/// A key in the sample.
pub(super) struct Seen<'v, V> {
    pub(super) value: &'v mut V,
    pub(super) new: bool,
}

impl KeySample<CompactString> {
    /// Keys here that `others` certainly does not have: estimated number and one of them.
    pub(super) fn missing_in<V>(&self, others: &KeySample<V>) -> (u64, Option<&str>) {
        let level = self.level.max(others.level);
        let mut missing: Vec<&CompactString> = self
            .kept
            .iter()
            .filter(|(hash, _)| hash.trailing_zeros() >= level && !others.kept.contains_key(*hash))
            .map(|(_, key)| key)
            .collect();
        missing.sort();
        let count = missing.len() as u64 * (1 << level.min(63));
        (count, missing.first().map(|key| key.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_keys_are_exact() {
        let mut sample = KeySample::default();
        for key in ["a", "b", "a"] {
            if let Some(seen) = sample.entry(key, || 0) {
                *seen.value += 1;
            }
        }
        assert_eq!((sample.distinct(), sample.weight()), (2, 1));
    }

    #[test]
    fn many_keys_keep_their_duplicates_in_a_sample() {
        let mut sample = KeySample { most: 1000, ..KeySample::default() };
        let mut twice = 0;
        for round in 0..2 {
            for n in 0..50_000 {
                if let Some(seen) = sample.entry(&n.to_string(), || ()) {
                    twice += u64::from(round == 1 && !seen.new);
                }
            }
        }
        let distinct = sample.distinct();
        assert!((35_000..65_000).contains(&distinct), "{distinct}");
        // Every kept key was seen to come twice.
        assert_eq!(twice * sample.weight(), distinct);
    }

    #[test]
    fn missing_keys_are_found_whatever_was_dropped() {
        let mut children: KeySample<CompactString> = KeySample { most: 500, ..KeySample::default() };
        let mut parents: KeySample<()> = KeySample { most: 800, ..KeySample::default() };
        for n in 0..5000 {
            let key = n.to_string();
            children.entry(&key, || key.as_str().into());
            if n % 2 == 0 {
                parents.entry(&key, || ());
            }
        }
        let (missing, example) = children.missing_in(&parents);
        assert!((1500..3500).contains(&missing), "{missing}");
        assert_eq!(example.unwrap().parse::<u32>().unwrap() % 2, 1);
        let everything = children.clone();
        assert_eq!(children.missing_in(&everything).0, 0);
    }
}
