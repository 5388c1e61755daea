//! The pack of `fixtures/imports/small` in memory, to be spoilt one way at a time.

#![allow(clippy::expect_used, reason = "a test stops where it fails")]

use policy::{PackFiles, Policy};

const FILES: [(&str, &str); 11] = [
    ("pack.toml", include_str!("../../../../fixtures/imports/small/pack.toml")),
    ("catalogue.csv", include_str!("../../../../fixtures/imports/small/catalogue.csv")),
    ("operations.csv", include_str!("../../../../fixtures/imports/small/operations.csv")),
    ("grouper.toml", include_str!("../../../../fixtures/imports/small/grouper.toml")),
    ("scoring.toml", include_str!("../../../../fixtures/imports/small/scoring.toml")),
    ("prices.csv", include_str!("../../../../fixtures/imports/small/prices.csv")),
    ("settlement.toml", include_str!("../../../../fixtures/imports/small/settlement.toml")),
    ("insurance_types.csv", include_str!("../../../../fixtures/imports/small/insurance_types.csv")),
    ("coefficients.csv", include_str!("../../../../fixtures/imports/small/coefficients.csv")),
    ("reference_costs.csv", include_str!("../../../../fixtures/imports/small/reference_costs.csv")),
    ("lists/malignant.csv", include_str!("../../../../fixtures/imports/small/lists/malignant.csv")),
];

/// A pack under construction.
#[derive(Clone)]
pub(crate) struct SmallPack(Vec<(String, Vec<u8>)>);

#[allow(dead_code, reason = "each test binary uses its part")]
impl SmallPack {
    /// The valid pack.
    pub(crate) fn new() -> SmallPack {
        SmallPack(FILES.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect())
    }

    /// All file names.
    pub(crate) fn names() -> Vec<&'static str> {
        FILES.iter().map(|(name, _)| *name).collect()
    }

    /// Puts or replaces a file.
    pub(crate) fn with(mut self, name: &str, contents: impl AsRef<[u8]>) -> SmallPack {
        self.0.retain(|(present, _)| present != name);
        self.0.push((name.to_owned(), contents.as_ref().to_vec()));
        self
    }

    /// Takes a file away.
    pub(crate) fn without(mut self, name: &str) -> SmallPack {
        self.0.retain(|(present, _)| present != name);
        self
    }

    /// Replaces the first occurrence of a text, which must be there.
    pub(crate) fn edit(self, name: &str, from: &str, to: &str) -> SmallPack {
        let text = self.text(name);
        assert!(text.contains(from), "{name} has no {from}");
        self.with(name, text.replacen(from, to, 1))
    }

    /// Adds a line at the end.
    pub(crate) fn append(self, name: &str, line: &str) -> SmallPack {
        let text = self.text(name) + line + "\n";
        self.with(name, text)
    }

    /// A file's text.
    pub(crate) fn text(&self, name: &str) -> String {
        let found = self.0.iter().find(|(present, _)| present == name);
        String::from_utf8(found.expect("file").1.clone()).expect("UTF-8")
    }

    /// As the loader takes it.
    pub(crate) fn files(&self) -> PackFiles {
        PackFiles::new(self.0.iter().cloned())
    }

    /// The pack, which must be valid.
    pub(crate) fn load(&self) -> Policy {
        Policy::load(&self.files()).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// Its problems, one `file:line：message` each.
    pub(crate) fn problems(&self) -> Vec<String> {
        match Policy::load(&self.files()) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
        }
    }
}
