//! Rules compiled, and the run over a stay: of documents line by line, of the charge columns by number of item.

use crate::codes::CodeMap;
use crate::finding::Verdict;
use crate::index::{Index, ItemTable};
use crate::judge::Details;
use crate::ledger::Ledger;
use crate::netting::{NO_REFUND, Work};
use crate::rule::Rule;
use crate::run::Run;
use crate::stay::{Encounter, Line, Stay};
use compact_str::CompactString;
use jiff::civil::{Date, date};
use rustc_hash::FxHashMap;

/// A list of rules, ready to judge stays; shared by threads.
#[derive(Debug)]
pub struct Engine {
    rules: Vec<Rule>,
    /// Charge times a rule applies to, seconds, half-open.
    valid: Vec<(i64, i64)>,
    index: Index,
    codes: CodeMap,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub struct Scratch {
    run: Run,
    lines: Vec<Work>,
    /// Of [`Engine::judge`]: the stay's own items.
    table: ItemTable,
    ledger: Ledger,
}

/// The lines of one stay as columns, by (time, order); every slice has one element a line.
#[derive(Clone, Copy, Debug)]
pub struct LineColumns<'a> {
    /// Seconds since 1970-01-01 by the hospital's clock, rising.
    pub time: &'a [u32],
    /// Items by their place in the table.
    pub item: &'a [u32],
    /// 数量 in [`crate::UNIT`].
    pub quantity: &'a [i64],
    /// 金额, 分.
    pub amount: &'a [i64],
    /// Place of the line taken back, `u32::MAX` for none; any other that is not there: a charge that is not known.
    pub refund_of: &'a [u32],
    /// 开单科室 by number.
    pub department: &'a [u32],
    /// Codes of departments by number.
    pub departments: &'a [String],
    /// 标准价 of items, 分, by their place in the table; negative: not known.
    pub full_prices: &'a [i64],
}

impl Engine {
    /// Compiles the rules; findings name them by their place in this list.
    pub fn new(rules: Vec<Rule>) -> Engine {
        Engine::with_codes(rules, CodeMap::default())
    }

    /// As [`Engine::new`]; an item is met by its own code and by those that it is mapped to.
    pub fn with_codes(rules: Vec<Rule>, codes: CodeMap) -> Engine {
        let seconds = |day: Option<Date>, open: i64| day.map_or(open, |day| days_since_1970(day) * 86_400);
        let valid = rules
            .iter()
            .map(|rule| (seconds(rule.valid_from, i64::MIN), seconds(rule.valid_to, i64::MAX)))
            .collect();
        let index = Index::new(&rules);
        Engine { rules, valid, index, codes }
    }

    /// The rules in their order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether a rule asks what a stay as a whole looks like, whatever its items.
    pub fn asks_stays(&self) -> bool {
        !self.index.of_stay.is_empty()
    }

    /// Whether a rule adds up all lines of a stay, also of items that no rule names.
    pub fn asks_all_lines(&self) -> bool {
        self.index.of_stay.iter().any(|rule| !self.rules[*rule as usize].parts.is_empty())
    }

    /// Whether any rule on lines names an item; see [`Engine::asks_all_lines`].
    pub fn names_item(&self, item: &str) -> bool {
        self.table([item]).names(0)
    }

    /// The rules by item for a list of items, so that [`Engine::judge_columns`] need not look at codes.
    pub fn table<'i>(&self, items: impl IntoIterator<Item = &'i str>) -> ItemTable {
        let mut table = ItemTable::default();
        for item in items {
            self.index.add_item(item, &self.codes, &mut table);
        }
        table
    }

    /// Judges a stay. The order of its lines does not matter, and a charge with its refund is as if neither were there.
    pub fn judge(&self, stay: &Stay, scratch: &mut Scratch) -> Verdict {
        let lines = &stay.lines;
        let mut order: Vec<u32> = (0..lines.len() as u32).collect();
        order.sort_unstable_by_key(|at| (lines[*at as usize].time, lines[*at as usize].order, *at));
        let mut place_of = vec![0; lines.len()];
        for (place, at) in (0..).zip(&order) {
            place_of[*at as usize] = place;
        }
        let Scratch { run, lines: work, table, ledger } = scratch;
        table.clear();
        work.clear();
        let mut items: FxHashMap<&CompactString, u32> = FxHashMap::default();
        for at in &order {
            let line = &lines[*at as usize];
            let item = *items.entry(&line.item).or_insert_with(|| {
                self.index.add_item(&line.item, &self.codes, table);
                table.len() as u32 - 1
            });
            // A line that is not there stays one that is not there.
            let place = |of: u32| place_of.get(of as usize).copied().unwrap_or(NO_REFUND - 1);
            work.push(Work {
                time: line.time,
                item,
                quantity: line.quantity,
                price: line.price,
                amount: line.amount,
                refund_of: line.refund_of.map_or(NO_REFUND, place),
            });
        }
        let details = Documents { lines, order: &order };
        run.judge(self, table, work, &stay.encounter, &details, ledger);
        ledger.verdict_of(|place| order[place as usize])
    }

    /// Judges a stay of the charge columns with a table of [`Engine::table`]: the same findings as [`Engine::judge`].
    pub fn judge_columns<'s>(
        &self,
        table: &ItemTable,
        encounter: &Encounter,
        columns: &LineColumns<'_>,
        scratch: &'s mut Scratch,
    ) -> &'s Ledger {
        let Scratch { run, lines: work, ledger, .. } = scratch;
        work.clear();
        let rows = columns.time.iter().zip(columns.item).zip(columns.quantity.iter().zip(columns.amount));
        work.extend(rows.zip(columns.refund_of).map(|(((time, item), (quantity, amount)), refund_of)| {
            let (price, amount) = price(*quantity, *amount);
            Work {
                time: i64::from(*time),
                item: *item,
                quantity: *quantity,
                price,
                amount,
                refund_of: *refund_of,
            }
        }));
        run.judge(self, table, work, encounter, columns, ledger);
        ledger
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// Whether a rule applies to charges of a time.
    pub fn applies(&self, rule: u32, time: i64) -> bool {
        let (from, to) = self.valid[rule as usize];
        time >= from && time < to
    }
}

/// 单价 of a line that cost so much, 分, and its amount where the price is not a whole 分.
pub fn price(quantity: i64, amount: i64) -> (i64, Option<i64>) {
    // Nearly all lines: whole units at a whole 分.
    let units = quantity / crate::UNIT;
    if units != 0 && quantity % crate::UNIT == 0 && amount % units == 0 {
        return (amount / units, None);
    }
    if quantity == 0 {
        return (0, None);
    }
    let (exact, quantity) = (i128::from(amount) * i128::from(crate::UNIT), i128::from(quantity));
    let nearest = (2 * exact.abs() + quantity.abs()) / (2 * quantity.abs());
    let price = i64::try_from(nearest * exact.signum() * quantity.signum()).unwrap_or(i64::MAX);
    (price, (exact % quantity != 0).then_some(amount))
}

struct Documents<'a> {
    lines: &'a [Line],
    order: &'a [u32],
}

impl Documents<'_> {
    fn line(&self, place: u32) -> &Line {
        &self.lines[self.order[place as usize] as usize]
    }
}

impl Details for Documents<'_> {
    fn department(&self, line: u32) -> &str {
        &self.line(line).department
    }

    fn full_price(&self, line: u32) -> Option<i64> {
        self.line(line).full_price
    }
}

impl Details for LineColumns<'_> {
    fn department(&self, line: u32) -> &str {
        let number = self.department[line as usize];
        self.departments.get(number as usize).map_or("", String::as_str)
    }

    fn full_price(&self, line: u32) -> Option<i64> {
        self.full_prices.get(self.item[line as usize] as usize).copied().filter(|price| *price >= 0)
    }
}

/// Days since 1970-01-01.
pub(crate) fn days_since_1970(day: Date) -> i64 {
    const EPOCH: Date = date(1970, 1, 1);
    EPOCH.until(day).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_that_is_no_whole_fen_keeps_the_amount() {
        assert_eq!(price(20_000, 300), (150, None));
        assert_eq!(price(-20_000, -300), (150, None));
        assert_eq!(price(5_000, 150), (300, None));
        assert_eq!(price(30_000, 100), (33, Some(100)));
        assert_eq!(price(30_000, 200), (67, Some(200)));
        assert_eq!(price(-30_000, -200), (67, Some(-200)));
        assert_eq!(price(0, 5), (0, None));
    }
}
