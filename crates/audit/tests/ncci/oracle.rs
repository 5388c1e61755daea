//! The edits read slowly and plainly, straight from the tables: every line is looked at with every other.

use super::Tables;
use super::rules::listed;
use audit::{Line, UNIT};
use std::collections::{BTreeSet, HashMap};

/// A finding: rule, place of the line, 超出数量, 违规金额 in 分, places of 涉及明细.
pub(crate) type Found = (String, u32, i64, i64, Vec<u32>);

/// The tables, to be asked by code.
pub(crate) struct Oracle<'t> {
    tables: &'t Tables,
    pairs: HashMap<&'t str, HashMap<&'t str, char>>,
}

/// A charge line after refunds.
struct Charge<'l> {
    /// Place in the list.
    at: u32,
    line: &'l Line,
    /// What stands of it.
    left: i64,
    /// The code without a modifier.
    code: &'l str,
    modifier: bool,
}

impl Charge<'_> {
    fn day(&self) -> i64 {
        self.line.time / 86_400
    }
}

impl<'t> Oracle<'t> {
    pub(crate) fn new(tables: &'t Tables) -> Oracle<'t> {
        let mut pairs: HashMap<&str, HashMap<&str, char>> = HashMap::new();
        for (main, sub, indicator) in &tables.pairs.active {
            pairs.entry(main).or_default().insert(sub, *indicator);
        }
        Oracle { tables, pairs }
    }

    pub(crate) fn judge(&self, lines: &[Line]) -> BTreeSet<Found> {
        let charges = standing(lines);
        let mut found = BTreeSet::new();
        for sub in &charges {
            self.pairs_of(sub, &charges, &mut found);
            self.most_of(sub, &charges, &mut found);
            self.add_on(sub, &charges, &mut found);
        }
        found
    }

    /// Column 2 is refused with column 1 on one day, unless the edit may be bypassed and either code carries a modifier then.
    fn pairs_of(&self, sub: &Charge<'_>, charges: &[Charge<'_>], found: &mut BTreeSet<Found>) {
        let same_day = || charges.iter().filter(|other| other.day() == sub.day());
        let mains: BTreeSet<&str> = same_day().map(|other| other.code).collect();
        for main in mains {
            let Some(indicator) = self.pairs.get(main).and_then(|subs| subs.get(sub.code)) else { continue };
            let bypass = same_day().any(|other| other.modifier && [main, sub.code].contains(&other.code));
            if *indicator == '1' && bypass {
                continue;
            }
            let because = same_day().filter(|other| other.code == main).map(|other| other.at).collect();
            let rule = format!("ptp:{main}:{}", sub.code);
            found.insert((rule, sub.at, sub.left, money(sub.left, sub.line.price), because));
        }
    }

    /// Unit by unit in the order of time: what passed before on the day uses up the room.
    fn most_of(&self, this: &Charge<'_>, charges: &[Charge<'_>], found: &mut BTreeSet<Found>) {
        let Some(most) = self.tables.most.get(this.code) else { return };
        let earlier = charges.iter().take_while(|other| other.at != this.at);
        let mine =
            earlier.filter(|other| most.per != '1' && other.code == this.code && other.day() == this.day());
        let (mut room, mut because) = (most.units * UNIT, Vec::new());
        for other in mine {
            if room > 0 {
                because.push(other.at);
            }
            room = (room - other.left).max(0);
        }
        let over = this.left - this.left.min(room);
        if over > 0 {
            found.insert((
                format!("mue:{}", this.code),
                this.at,
                over,
                money(over, this.line.price),
                because,
            ));
        }
    }

    /// An add-on needs one of its primaries on the day.
    fn add_on(&self, this: &Charge<'_>, charges: &[Charge<'_>], found: &mut BTreeSet<Found>) {
        let Some(primaries) = self.tables.add_ons.get(this.code).filter(|primaries| listed(primaries)) else {
            return;
        };
        let there = charges.iter().any(|other| {
            other.at != this.at
                && other.day() == this.day()
                && primaries.iter().any(|code| code == other.code)
        });
        if !there {
            let cost = money(this.left, this.line.price);
            found.insert((format!("aoc:{}", this.code), this.at, this.left, cost, Vec::new()));
        }
    }
}

/// Half a 分 up.
fn money(units: i64, price: i64) -> i64 {
    (2 * units * price + UNIT) / (2 * UNIT)
}

/// The charges that stand, by time: a refund takes back the line it names, or the latest before it of its item and price.
fn standing(lines: &[Line]) -> Vec<Charge<'_>> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|at| (lines[*at].time, lines[*at].order));
    let mut left: Vec<i64> = lines.iter().map(|line| line.quantity.max(0)).collect();
    for refund in lines.iter().filter(|line| line.quantity < 0) {
        if let Some(of) = refund.refund_of {
            left[of as usize] = (left[of as usize] + refund.quantity).max(0);
        }
    }
    for (place, at) in order.iter().enumerate() {
        let refund = &lines[*at];
        if refund.quantity >= 0 || refund.refund_of.is_some() {
            continue;
        }
        let mut back = -refund.quantity;
        for earlier in order[..place].iter().rev() {
            let charge = &lines[*earlier];
            if charge.item == refund.item && charge.price == refund.price {
                let taken = back.min(left[*earlier]);
                left[*earlier] -= taken;
                back -= taken;
            }
        }
    }
    let charge = |at: &usize| {
        let line = &lines[*at];
        let code = line.item.strip_suffix("-59");
        Charge {
            at: *at as u32,
            line,
            left: left[*at],
            code: code.unwrap_or(&line.item),
            modifier: code.is_some(),
        }
    };
    order.iter().map(charge).filter(|charge| charge.left > 0).collect()
}
