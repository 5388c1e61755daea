//! 成员: different patients, surgeons, days. One may come in several months and departments, so their numbers do not add up; the
//! members of each month and department are kept, and counted for every period anew.

use crate::answer::{Merged, SHORT};
use crate::compile::{Part, Plan};
use crate::wide::Picked;
use crate::{QueryError, Value};
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::hash::Hash;
use xxhash_rust::xxh3::Xxh3;

/// A column of values, each kept once, by its hash: 128 bits tell a hospital's patients apart in a quarter of the memory of their
/// keys.
#[derive(Debug)]
pub(crate) struct Members {
    /// Places in `keys`, one element a row.
    places: Vec<u32>,
    keys: Vec<u128>,
}

fn key(value: &Value) -> u128 {
    let mut hash = Xxh3::new();
    value.hash(&mut hash);
    hash.digest128()
}

impl Members {
    /// Reads the one cell of each row.
    pub(crate) fn read(rows: Vec<impl Iterator<Item = Value>>) -> Result<Members, QueryError> {
        let mut known = HashMap::new();
        let mut place = |mut cells: _| {
            let next = known.len() as u32;
            Ok(*known.entry(key(&Iterator::next(&mut cells).ok_or(SHORT)?)).or_insert(next))
        };
        let places = rows.into_iter().map(&mut place).collect::<Result<_, QueryError>>()?;
        let mut keys: Vec<(u128, u32)> = known.into_iter().collect();
        keys.sort_unstable_by_key(|(_, place)| *place);
        Ok(Members { places, keys: keys.into_iter().map(|(key, _)| key).collect() })
    }

    /// Bytes that it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        self.places.len() * 4 + self.keys.len() * size_of::<u128>()
    }
}

impl Plan {
    /// Counts the different members of the rows for every row of an answer, subtotals and the total.
    pub(crate) fn add_members(&self, part: &Part, picked: &[Picked<'_>], merged: &mut Merged) {
        let numbered = (picked.len() > 1).then(|| one_numbering(picked));
        for level in self.levels() {
            let mut known: HashMap<&[Value], u32> = HashMap::new();
            let mut rows = Vec::new();
            let mut pairs = Vec::new();
            for (at, picked) in picked.iter().enumerate() {
                let places: Vec<u32> = picked
                    .group_keys
                    .iter()
                    .map(|group| {
                        *known.entry(&group.keys[..level]).or_insert_with(|| {
                            rows.push(group);
                            rows.len() as u32 - 1
                        })
                    })
                    .collect();
                pairs.extend(picked.rows.iter().map(|row| {
                    let member = picked.members.places[*row];
                    let member = numbered.as_ref().map_or(member, |numbers| numbers[at][member as usize]);
                    u64::from(places[picked.groups[*row] as usize]) << 32 | u64::from(member)
                }));
            }
            pairs.sort_unstable();
            pairs.dedup();
            for of_row in pairs.chunk_by(|a, b| a >> 32 == b >> 32) {
                let row = rows[(of_row[0] >> 32) as usize];
                let count = Some(Decimal::from(of_row.len()));
                self.add(part, &row.keys[..level], &row.carried[..level], vec![count], merged);
            }
        }
    }
}

/// A number for each member of the picked rows, the same for the same member; in the order of its totals.
fn one_numbering(picked: &[Picked<'_>]) -> Vec<Vec<u32>> {
    let mut known = HashMap::new();
    let mut all = Vec::with_capacity(picked.len());
    for Picked { rows, members, .. } in picked {
        let mut numbers = vec![u32::MAX; members.keys.len()];
        for row in rows {
            let place = members.places[*row] as usize;
            if numbers[place] == u32::MAX {
                let next = known.len() as u32;
                numbers[place] = *known.entry(&members.keys[place]).or_insert(next);
            }
        }
        all.push(numbers);
    }
    all
}
