//! Keys as numbers: items and departments come millions of times.

use std::collections::HashMap;

/// Keys by number, numbers by key. Numbers are given once and in order; the empty key is number 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dictionary {
    keys: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Default for Dictionary {
    fn default() -> Dictionary {
        Dictionary::of([String::new()].into())
    }
}

impl Dictionary {
    pub(crate) fn of(keys: Vec<String>) -> Dictionary {
        let numbers = keys.iter().zip(0..).map(|(key, number)| (key.clone(), number)).collect();
        Dictionary { keys, numbers }
    }

    /// The key of a number; empty for one that was never given.
    pub fn key(&self, number: u32) -> &str {
        self.keys.get(number as usize).map_or("", String::as_str)
    }

    /// The number of a key.
    pub fn number(&self, key: &str) -> Option<u32> {
        self.numbers.get(key).copied()
    }

    /// All keys by number.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    pub(crate) fn number_for(&mut self, key: &str) -> u32 {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.keys.push(key.to_owned());
        self.numbers.insert(key.to_owned(), number);
        number
    }
}
