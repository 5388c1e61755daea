//! Claims drawn so that the edits are really met, and the same for the same seed.

use super::Tables;
use super::rules::modified;
use audit::{Line, UNIT};
use fastrand::Rng;

/// 2024-07-01
const FIRST_DAY: i64 = 19_905;

/// Draws claims of a setting.
pub(crate) struct Claims<'t> {
    tables: &'t Tables,
    /// Where the pairs of a column 1 code begin and end.
    groups: Vec<std::ops::Range<usize>>,
    most: Vec<&'t str>,
    add_ons: Vec<&'t str>,
    random: Rng,
}

impl<'t> Claims<'t> {
    pub(crate) fn new(tables: &'t Tables, seed: u64) -> Claims<'t> {
        let pairs = &tables.pairs.active;
        let mut groups = Vec::new();
        let mut from = 0;
        for group in pairs.chunk_by(|a, b| a.0 == b.0) {
            groups.push(from..from + group.len());
            from += group.len();
        }
        let most = tables.most.keys().map(String::as_str).collect();
        let add_ons = tables.add_ons.keys().map(String::as_str).collect();
        Claims { tables, groups, most, add_ons, random: Rng::with_seed(seed) }
    }

    /// The lines of one stay of a few days.
    pub(crate) fn draw(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        for _ in 0..self.random.usize(1..5) {
            self.pairs(&mut lines);
        }
        for _ in 0..self.random.usize(0..6) {
            let code = self.most[self.random.usize(..self.most.len())];
            // Around what is allowed, in lines of one day or of several.
            let most = self.tables.most[code].units;
            for _ in 0..self.random.usize(1..4) {
                let quantity = self.random.i64(1..=most.min(1_000) * 2 + 2) * UNIT / 2;
                self.line(code, quantity, &mut lines);
            }
        }
        for _ in 0..self.random.usize(0..3) {
            let code = self.add_ons[self.random.usize(..self.add_ons.len())];
            self.line(code, UNIT, &mut lines);
            if self.random.bool() {
                let primaries = &self.tables.add_ons[code];
                let primary = &primaries[self.random.usize(..primaries.len())];
                self.line(primary, UNIT, &mut lines);
            }
        }
        for _ in 0..self.random.usize(0..3) {
            self.line("NOISE", UNIT, &mut lines);
        }
        for _ in 0..self.random.usize(0..6) {
            self.refund(&mut lines);
        }
        self.random.shuffle(&mut lines);
        self.settle(lines)
    }

    /// A column 1 code with some of its column 2 codes.
    fn pairs(&mut self, lines: &mut Vec<Line>) {
        let group = self.groups[self.random.usize(..self.groups.len())].clone();
        for _ in 0..self.random.usize(1..3) {
            let main = self.tables.pairs.active[group.start].0.clone();
            self.quantity_line(&main, lines);
        }
        for _ in 0..self.random.usize(1..5) {
            let sub = self.tables.pairs.active[self.random.usize(group.clone())].1.clone();
            self.quantity_line(&sub, lines);
        }
    }

    fn quantity_line(&mut self, code: &str, lines: &mut Vec<Line>) {
        let quantity = self.random.i64(1..6) * UNIT / 2;
        if self.random.u8(..8) == 0 {
            self.line(&modified(code), quantity, lines);
        } else {
            self.line(code, quantity, lines);
        }
    }

    /// On one of three days, often at the same moment as another line.
    fn line(&mut self, code: &str, quantity: i64, lines: &mut Vec<Line>) {
        let day = FIRST_DAY + self.random.i64(0..3).min(self.random.i64(0..3));
        let second = self.random.i64(0..48) * 1_800;
        let price = self.random.i64(1..40_000);
        lines.push(Line {
            item: code.into(),
            time: day * 86_400 + second,
            order: lines.len() as u32,
            quantity,
            price,
            ..Line::default()
        });
    }

    /// Of a charge before, whole or in part or of more than there is, named or not, on the same day or a later one.
    fn refund(&mut self, lines: &mut Vec<Line>) {
        let of = self.random.usize(..lines.len());
        if lines[of].quantity < 0 {
            return;
        }
        let quantity = match self.random.u8(..4) {
            0 => -UNIT / 2,
            1 => -lines[of].quantity - UNIT,
            _ => -lines[of].quantity,
        };
        let named = self.random.bool();
        lines.push(Line {
            time: lines[of].time + self.random.i64(0..4) * 43_200,
            order: lines.len() as u32,
            quantity,
            // The order says which line is meant until all stand at their places.
            refund_of: named.then_some(of as u32),
            ..lines[of].clone()
        });
    }

    /// The lines in any order of the file: refunds name places.
    fn settle(&self, mut lines: Vec<Line>) -> Vec<Line> {
        let mut place = vec![0; lines.len()];
        for (at, line) in (0..).zip(&lines) {
            place[line.order as usize] = at;
        }
        for line in &mut lines {
            line.refund_of = line.refund_of.map(|of| place[of as usize]);
        }
        lines
    }
}
