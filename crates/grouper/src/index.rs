//! The catalogue compiled for look-up: rows by diagnosis key, operation codes as integers.

use model::Code;
use policy::{CodeMatch, DiagnosisPattern, KeyLength, OperationClass, Policy};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Index of a group in [`Policy::groups`].
pub(crate) type GroupId = u32;

/// What is known beforehand of an operation code.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownOperation {
    /// Catalogue codes that take it: pattern id and whether the code is the same.
    pub(crate) patterns: Vec<(u32, bool)>,
    pub(crate) class: Option<OperationClass>,
    pub(crate) level: u8,
    /// Index into [`policy::GroupingRules::excluded_operations`].
    pub(crate) exclusion: Option<u32>,
}

/// A catalogue row's operation side, as ranges into [`Index::pattern_ids`] through [`Index::terms`].
#[derive(Clone, Debug)]
pub(crate) struct IndexRow {
    pub(crate) group: GroupId,
    pub(crate) main: Range<u32>,
    pub(crate) related: Range<u32>,
    /// Characters of the diagnosis key that found it; 0 for ranges.
    pub(crate) key_length: u8,
    /// Sex, age, other diagnoses … must be looked at.
    pub(crate) conditional: bool,
}

/// Rows of one stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct StageIndex {
    by_key: FxHashMap<Code, Range<u32>>,
    rows: Vec<IndexRow>,
    /// Rows by range or `*`, with the pattern to test, filed under each first letter they may hold.
    ranges: FxHashMap<u8, Vec<(DiagnosisPattern, IndexRow)>>,
}

impl StageIndex {
    pub(crate) fn rows(&self, key: &str) -> &[IndexRow] {
        let rows = self.by_key.get(key).map(|r| r.start as usize..r.end as usize);
        rows.and_then(|range| self.rows.get(range)).unwrap_or(&[])
    }

    /// Rows by range or `*` that take a diagnosis.
    pub(crate) fn ranges<'s>(&'s self, code: &str) -> impl Iterator<Item = &'s IndexRow> {
        let filed = code.bytes().next().and_then(|letter| self.ranges.get(&letter));
        filed.into_iter().flatten().filter(move |(pattern, _)| pattern.fits(code)).map(|(_, row)| row)
    }

    /// All rows filed under a key, with the key (for recommendations among sibling diagnoses).
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Code> {
        self.by_key.keys()
    }
}

/// The compiled catalogue.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// 不入组主诊断
    pub(crate) excluded_diagnoses: CodeList,
    /// Places in [`policy::GroupingRules::excluded_operations`].
    excluded_operations: CodeList,
    pub(crate) stages: Vec<StageIndex>,
    terms: Vec<Range<u32>>,
    pattern_ids: Vec<u32>,
    patterns: FxHashMap<Code, u32>,
    /// Distinct lengths of operation patterns, for extension and prefix matching.
    pattern_lengths: Vec<usize>,
    operations: FxHashMap<Code, KnownOperation>,
}

impl Index {
    pub(crate) fn new(policy: &Policy) -> Index {
        let rules = &policy.grouping;
        let mut index = Index {
            excluded_diagnoses: CodeList::new(
                rules.excluded_diagnoses.iter(),
                rules.excluded_diagnosis_match,
            ),
            excluded_operations: CodeList::new(
                rules.excluded_operations.iter().map(|(code, _)| code),
                rules.excluded_operation_match,
            ),
            stages: Vec::new(),
            terms: Vec::new(),
            pattern_ids: Vec::new(),
            patterns: FxHashMap::default(),
            pattern_lengths: Vec::new(),
            operations: FxHashMap::default(),
        };
        for stage in &policy.grouping.stages {
            let mut filed: Vec<(Code, IndexRow)> = Vec::new();
            let mut ranges: FxHashMap<u8, Vec<(DiagnosisPattern, IndexRow)>> = FxHashMap::default();
            for (at, group) in policy.groups.iter().enumerate().filter(|(_, g)| stage.sets.contains(&g.set)) {
                let main = index.add_terms(&group.main_operation);
                let related = index.add_terms(&group.related_operation);
                let patient = policy::PatientConditions::default();
                let conditional = group.patient != patient || !group.other_diagnosis.is_empty();
                let row = IndexRow { group: at as GroupId, main, related, key_length: 0, conditional };
                for pattern in &group.diagnosis {
                    match pattern {
                        DiagnosisPattern::Prefix(code) => {
                            let key_length = code.len().min(255) as u8;
                            filed.push((code.clone(), IndexRow { key_length, ..row.clone() }));
                        }
                        pattern => {
                            for letter in letters(pattern) {
                                ranges.entry(letter).or_default().push((pattern.clone(), row.clone()));
                            }
                        }
                    }
                }
            }
            // Stable: rows of one key stay in file order.
            filed.sort_by(|a, b| a.0.cmp(&b.0));
            let mut compiled = StageIndex { ranges, ..StageIndex::default() };
            for (key, row) in filed {
                let at = compiled.rows.len() as u32;
                compiled.rows.push(row);
                compiled.by_key.entry(key).or_insert(at..at).end = at + 1;
            }
            index.stages.push(compiled);
        }
        let mut lengths: Vec<usize> = index.patterns.keys().map(|code| code.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        index.pattern_lengths = lengths;
        index.operations = index
            .patterns
            .keys()
            .chain(policy.operations.rows().iter().map(|row| &row.code))
            .map(|code| (code.clone(), index.describe(policy, code)))
            .collect();
        index
    }

    fn add_terms(&mut self, all_of: &[Vec<Code>]) -> Range<u32> {
        let start = self.terms.len() as u32;
        for any_of in all_of {
            let first = self.pattern_ids.len() as u32;
            for code in any_of {
                let next = self.patterns.len() as u32;
                let id = *self.patterns.entry(code.clone()).or_insert(next);
                self.pattern_ids.push(id);
            }
            self.terms.push(first..self.pattern_ids.len() as u32);
        }
        start..self.terms.len() as u32
    }

    /// The pattern ids of each term in a range of terms.
    pub(crate) fn terms(&self, range: &Range<u32>) -> impl Iterator<Item = &[u32]> {
        let terms = self.terms.get(range.start as usize..range.end as usize).unwrap_or(&[]);
        terms.iter().map(|term| self.pattern_ids.get(term.start as usize..term.end as usize).unwrap_or(&[]))
    }

    /// What the pack says of an operation, worked out now (codes outside the catalogue).
    pub(crate) fn describe(&self, policy: &Policy, code: &str) -> KnownOperation {
        let rules = &policy.grouping;
        let mut patterns: Vec<(u32, bool)> =
            self.patterns.get(code).map(|id| (*id, true)).into_iter().collect();
        if rules.operation_match != CodeMatch::Exact {
            for len in self.pattern_lengths.iter().filter(|len| **len < code.len()) {
                let wanted = code.get(..*len).unwrap_or_default();
                if let Some(id) =
                    self.patterns.get(wanted).filter(|_| rules.operation_match.takes(wanted, code))
                {
                    patterns.push((*id, false));
                }
            }
        }
        let property = policy.operations.get(code);
        KnownOperation {
            patterns,
            class: property.map(|row| row.class),
            level: property.and_then(|row| row.level).unwrap_or(0),
            exclusion: self.excluded_operations.find(code),
        }
    }

    /// What is known of an operation that the catalogue or the operation table names.
    pub(crate) fn known(&self, code: &str) -> Option<&KnownOperation> {
        self.operations.get(code)
    }
}

/// First letters a pattern may hold.
fn letters(pattern: &DiagnosisPattern) -> std::ops::RangeInclusive<u8> {
    let first = |code: &Code| code.bytes().next().unwrap_or_default();
    match pattern {
        DiagnosisPattern::Range(lo, hi) => first(lo)..=first(hi),
        DiagnosisPattern::Prefix(code) => first(code)..=first(code),
        DiagnosisPattern::Any => 0..=u8::MAX,
    }
}

/// A list of codes compiled for look-up under one way of comparing.
#[derive(Clone, Debug)]
pub(crate) struct CodeList {
    /// Place in the list, the first where a code is repeated.
    places: FxHashMap<Code, u32>,
    /// Distinct lengths, longest first, so that prefixes can be looked up.
    lengths: Vec<usize>,
    matching: CodeMatch,
}

impl CodeList {
    fn new<'c>(codes: impl Iterator<Item = &'c Code>, matching: CodeMatch) -> CodeList {
        let mut places: FxHashMap<Code, u32> = FxHashMap::default();
        for (at, code) in codes.enumerate() {
            places.entry(code.clone()).or_insert(at as u32);
        }
        let mut lengths: Vec<usize> = places.keys().map(|code| code.len()).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        lengths.dedup();
        CodeList { places, lengths, matching }
    }

    /// Place of the most specific code that takes this one.
    pub(crate) fn find(&self, code: &str) -> Option<u32> {
        self.lengths.iter().find_map(|len| {
            let wanted = code.get(..*len)?;
            self.places.get(wanted).copied().filter(|_| self.matching.takes(wanted, code))
        })
    }
}

/// The part of the principal diagnosis that a key length looks up; `None` when the code is shorter.
pub(crate) fn key<'c>(code: &'c str, length: &KeyLength) -> Option<&'c str> {
    match length {
        KeyLength::Chars(len) => code.get(..*len),
        KeyLength::Full => Some(code),
    }
}
