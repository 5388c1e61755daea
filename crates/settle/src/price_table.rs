//! 分值价钱 by pool and day, best kind first.

use crate::exact::{Exact, half_up};
use crate::missing::Missing;
use jiff::civil::Date;
use policy::{Policy, Price, PriceKind};
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

/// A price that holds for a case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) kind: PriceKind,
    pub(crate) price: Exact,
    /// Rounded for show.
    pub(crate) shown: Decimal,
    pub(crate) confirmed: bool,
    /// Row in [`Policy::prices`].
    pub(crate) row: usize,
    /// The row is for one pool, so the insurance type decided.
    pub(crate) of_pool: bool,
}

#[derive(Clone, Copy, Debug)]
struct Dated {
    from: Date,
    to: Date,
    undated: bool,
    held: Held,
}

/// Prices of every pool, ready for look-up.
#[derive(Clone, Debug)]
pub(crate) struct PriceTable {
    /// Per pool: rows by kind; a pool's own rows stand before those for all pools.
    pools: Vec<[Vec<Dated>; 4]>,
    order: Vec<PriceKind>,
}

/// Pool 0: an insurance type the pack does not know, for which only rows for all pools hold.
pub(crate) const UNKNOWN_POOL: usize = 0;

impl PriceTable {
    /// Compiles the prices; the second value numbers the pools.
    pub(crate) fn new(policy: &Policy) -> (PriceTable, FxHashMap<String, usize>) {
        let mut table = PriceTable {
            pools: vec![rows_of_pool(policy, None)],
            order: policy.settlement.price_order.clone(),
        };
        let mut numbers = FxHashMap::default();
        for insurance in &policy.insurance_types {
            if !numbers.contains_key(&insurance.pool) {
                numbers.insert(insurance.pool.clone(), table.pools.len());
                table.pools.push(rows_of_pool(policy, Some(&insurance.pool)));
            }
        }
        (table, numbers)
    }

    /// The price to pay by: of the forced kind, else of the first kind in the pack's order that holds.
    pub(crate) fn choose(
        &self,
        pool: usize,
        day: Option<Date>,
        forced: Option<PriceKind>,
    ) -> Result<&Held, Missing> {
        let found = match forced {
            Some(kind) => self.of_kind(pool, day, kind),
            None => self.order.iter().find_map(|kind| self.of_kind(pool, day, *kind)),
        };
        found.ok_or_else(|| why(pool, day, forced))
    }

    /// The price of one kind.
    pub(crate) fn of(&self, pool: usize, day: Option<Date>, kind: PriceKind) -> Result<&Held, Missing> {
        self.of_kind(pool, day, kind).ok_or_else(|| why(pool, day, Some(kind)))
    }

    fn of_kind(&self, pool: usize, day: Option<Date>, kind: PriceKind) -> Option<&Held> {
        let rows = self.pools.get(pool)?.get(kind as usize)?;
        let holds = |row: &&Dated| match day {
            Some(day) => row.from <= day && day <= row.to,
            None => row.undated,
        };
        rows.iter().find(holds).map(|row| &row.held)
    }
}

fn why(pool: usize, day: Option<Date>, kind: Option<PriceKind>) -> Missing {
    match day {
        None => Missing::Day,
        Some(_) if pool == UNKNOWN_POOL => Missing::InsuranceType,
        Some(_) => Missing::Price(kind),
    }
}

fn rows_of_pool(policy: &Policy, pool: Option<&String>) -> [Vec<Dated>; 4] {
    let mut rows: [Vec<Dated>; 4] = Default::default();
    let own = |price: &Price| !price.pool.is_empty() && Some(&price.pool) == pool;
    let all = |price: &Price| price.pool.is_empty();
    let numbered = || policy.prices.iter().enumerate();
    for (row, price) in numbered().filter(|(_, p)| own(p)).chain(numbered().filter(|(_, p)| all(p))) {
        let dated = Dated {
            from: price.from.unwrap_or(Date::MIN),
            to: price.to.unwrap_or(Date::MAX),
            undated: price.from.is_none() && price.to.is_none(),
            held: Held {
                kind: price.kind,
                price: Exact::of(price.price),
                shown: half_up(price.price, policy.scoring.rounding.price),
                confirmed: price.source.confirmed(),
                row,
                of_pool: own(price),
            },
        };
        if let Some(of_kind) = rows.get_mut(price.kind as usize) {
            of_kind.push(dated);
        }
    }
    rows
}
