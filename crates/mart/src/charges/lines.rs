//! Lines in the order in which they came, and how they are sorted.

use super::columns::{ChargeColumns, NO_REFUND, UNKNOWN_LINE};
use rayon::prelude::*;

/// Lines as they came.
#[derive(Default)]
pub(crate) struct Lines {
    pub(crate) stay: Vec<i64>,
    /// Parallel to `stay`.
    pub(crate) month: Vec<i32>,
    pub(crate) time: Vec<u32>,
    pub(crate) item: Vec<u32>,
    pub(crate) department: Vec<u32>,
    pub(crate) quantity: Vec<i64>,
    pub(crate) amount: Vec<i64>,
    /// Ends of the keys in `key_bytes`.
    pub(crate) key_end: Vec<u64>,
    pub(crate) key_bytes: Vec<u8>,
    /// Lines that take another one back, with its key.
    pub(crate) refunds: Vec<(usize, String)>,
}

impl Lines {
    fn key(&self, line: usize) -> &[u8] {
        let end = |line: usize| self.key_end.get(line).map_or(0, |end| *end as usize);
        let start = if line == 0 { 0 } else { end(line - 1) };
        self.key_bytes.get(start..end(line)).unwrap_or_default()
    }

    /// Columns of these lines alone, without dictionaries and versions.
    pub(crate) fn sorted(mut self) -> ChargeColumns {
        let (stays, starts, mut order) = self.by_stay();
        let mut rest = order.as_mut_slice();
        let mut parts = Vec::with_capacity(stays.len());
        for pair in starts.windows(2) {
            let (part, after) = rest.split_at_mut((pair[1] - pair[0]) as usize);
            parts.push(part);
            rest = after;
        }
        let lines = &self;
        parts.par_iter_mut().for_each(|part| {
            part.sort_unstable_by(|a, b| {
                let (a, b) = (*a as usize, *b as usize);
                lines.time[a].cmp(&lines.time[b]).then_with(|| lines.key(a).cmp(lines.key(b)))
            });
        });
        drop(parts);
        let mut columns = ChargeColumns {
            months: starts
                .iter()
                .zip(&stays)
                .map(|(at, _)| i64::from(self.month[order[*at as usize] as usize]))
                .collect(),
            refund_of: self.refunds_by_place(&starts, &order),
            stays,
            ..ChargeColumns::default()
        };
        self.sort_keys(&starts, &order, &mut columns);
        columns.starts = starts;
        // One column after the other, each freed when it is sorted.
        columns.time = sorted(&mut self.time, &order);
        columns.item = sorted(&mut self.item, &order);
        columns.department = sorted(&mut self.department, &order);
        columns.quantity = sorted(&mut self.quantity, &order);
        columns.amount = sorted(&mut self.amount, &order);
        columns
    }

    /// Stays rising, where their lines begin, and the lines grouped by stay.
    fn by_stay(&mut self) -> (Vec<i64>, Vec<u64>, Vec<u32>) {
        let mut stays = self.stay.clone();
        stays.dedup();
        stays.par_sort_unstable();
        stays.dedup();
        let place = |stay: &i64| stays.binary_search(stay).unwrap_or_default();
        // Places of neighbours are mostly the same: lines of a stay come together.
        let mut last = (i64::MIN, 0);
        let mut places: Vec<u32> = Vec::with_capacity(self.stay.len());
        for stay in &self.stay {
            if last.0 != *stay {
                last = (*stay, place(stay));
            }
            places.push(last.1 as u32);
        }
        self.stay = Vec::new();
        let mut starts = vec![0_u64; stays.len() + 1];
        for place in &places {
            starts[*place as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut order = vec![0_u32; places.len()];
        for (line, place) in places.iter().enumerate() {
            let at = &mut next[*place as usize];
            order[*at as usize] = line as u32;
            *at += 1;
        }
        (stays, starts, order)
    }

    fn refunds_by_place(&mut self, starts: &[u64], order: &[u32]) -> Vec<u32> {
        let mut refund_of = vec![NO_REFUND; order.len()];
        if self.refunds.is_empty() {
            return refund_of;
        }
        let mut place_of = vec![0_u32; order.len()];
        for (place, line) in order.iter().enumerate() {
            place_of[*line as usize] = place as u32;
        }
        for (line, original) in std::mem::take(&mut self.refunds) {
            let place = u64::from(place_of[line]);
            let stay = starts.partition_point(|start| *start <= place) - 1;
            let lines = starts[stay] as usize..starts[stay + 1] as usize;
            let found =
                order[lines].iter().position(|other| self.key(*other as usize) == original.as_bytes());
            refund_of[place as usize] = found.map_or(UNKNOWN_LINE, |at| at as u32);
        }
        refund_of
    }

    fn sort_keys(&mut self, starts: &[u64], order: &[u32], columns: &mut ChargeColumns) {
        let mut bytes = Vec::with_capacity(self.key_bytes.len());
        let mut lengths = Vec::with_capacity(order.len());
        let mut key_starts = Vec::with_capacity(starts.len());
        for pair in starts.windows(2) {
            key_starts.push(bytes.len() as u64);
            for line in &order[pair[0] as usize..pair[1] as usize] {
                let key = self.key(*line as usize);
                // The store keeps at most 4000 characters of a key: 16,000 bytes.
                lengths.push(key.len() as u16);
                bytes.extend_from_slice(key);
            }
        }
        key_starts.push(bytes.len() as u64);
        self.key_bytes = Vec::new();
        self.key_end = Vec::new();
        (columns.key_bytes, columns.key_length, columns.key_starts) = (bytes, lengths, key_starts);
    }
}

fn sorted<T: Copy>(column: &mut Vec<T>, order: &[u32]) -> Vec<T> {
    let from = std::mem::take(column);
    order.iter().map(|line| from[*line as usize]).collect()
}
