//! 编码对照: codes of one edition in another, both directions, many-to-one kept.

use crate::Catalogue;
use compact_str::CompactString;
use jiff::civil::Date;

/// 编码对照 as it is on one day. Lookups take normalised codes and allocate nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeMap {
    /// Pairs sorted by source, then target.
    forward: Vec<(CompactString, CompactString)>,
    /// Pairs (target, source) sorted.
    backward: Vec<(CompactString, CompactString)>,
}

impl CodeMap {
    /// From a catalogue whose first two key fields are source and target ([`crate::layouts::DIAGNOSIS_MAP`],
    /// [`crate::layouts::PROCEDURE_MAP`]): the rows in force on a day, of one edition or of all.
    pub fn of(catalogue: &Catalogue, edition: Option<&str>, on: Date) -> CodeMap {
        let layout = catalogue.layout();
        let wanted = |record: &&crate::Record| {
            record.in_force(layout, on) && edition.is_none_or(|e| record.get(layout, crate::EDITION) == e)
        };
        let pairs = catalogue.records().iter().filter(wanted);
        CodeMap::from_pairs(pairs.map(|record| (record.value(0).into(), record.value(1).into())))
    }

    /// From pairs of normalised codes.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (CompactString, CompactString)>) -> CodeMap {
        let mut forward: Vec<_> = pairs.into_iter().collect();
        forward.sort_unstable();
        forward.dedup();
        let mut backward: Vec<_> = forward.iter().map(|(from, to)| (to.clone(), from.clone())).collect();
        backward.sort_unstable();
        CodeMap { forward, backward }
    }

    /// 临床版 → 医保版: every target of a code, in code order.
    pub fn targets<'m>(&'m self, source: &'m str) -> impl Iterator<Item = &'m str> {
        lookup(&self.forward, source)
    }

    /// 医保版 → 临床版: every source of a code, in code order.
    pub fn sources<'m>(&'m self, target: &'m str) -> impl Iterator<Item = &'m str> {
        lookup(&self.backward, target)
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.forward.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.forward.is_empty()
    }
}

fn lookup<'m>(pairs: &'m [(CompactString, CompactString)], code: &'m str) -> impl Iterator<Item = &'m str> {
    let from = pairs.partition_point(|pair| pair.0.as_str() < code);
    pairs.iter().skip(from).take_while(move |pair| pair.0 == code).map(|pair| pair.1.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_keep_every_partner() {
        let pairs = [("A1", "X"), ("A2", "X"), ("A2", "Y"), ("A1", "X"), ("A10", "Z")];
        let map = CodeMap::from_pairs(pairs.map(|(from, to)| (from.into(), to.into())));
        assert_eq!(map.len(), 4);
        assert_eq!(map.sources("X").collect::<Vec<_>>(), ["A1", "A2"]);
        assert_eq!(map.targets("A2").collect::<Vec<_>>(), ["X", "Y"]);
        assert_eq!(map.targets("A1").collect::<Vec<_>>(), ["X"]);
        assert_eq!(map.targets("A3").count() + map.sources("A1").count(), 0);
    }
}
