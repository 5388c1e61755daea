//! 分值价钱 (`prices.csv`): yuan per point, by pool, kind and validity.

use crate::evidence::Source;
use crate::reader::{Context, Sheet};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Which price it is. A screen always says which kind made a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceKind {
    /// 上年分值价钱 (Q0)
    LastYear,
    /// 测算分值价钱 (the hospital's own estimate)
    Estimated,
    /// 月度预结价钱
    Monthly,
    /// 年度清算价钱
    Final,
}

impl PriceKind {
    /// The word packs and the JSON contract use.
    pub const NAMES: [(&'static str, PriceKind); 4] = [
        ("last_year", PriceKind::LastYear),
        ("estimated", PriceKind::Estimated),
        ("monthly", PriceKind::Monthly),
        ("final", PriceKind::Final),
    ];

    /// As in the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            PriceKind::LastYear => "last_year",
            PriceKind::Estimated => "estimated",
            PriceKind::Monthly => "monthly",
            PriceKind::Final => "final",
        }
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            PriceKind::LastYear => "上年分值价钱",
            PriceKind::Estimated => "测算分值价钱",
            PriceKind::Monthly => "月度预结价钱",
            PriceKind::Final => "年度清算价钱",
        }
    }
}

/// One row of `prices.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// 基金池; empty: all.
    pub pool: String,
    /// Kind.
    pub kind: PriceKind,
    /// Yuan per point.
    pub price: Decimal,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// Where it stands.
    pub source: Source,
}

impl Price {
    /// Whether it holds for a pool on a day. Without a day only undated prices hold.
    pub fn holds(&self, pool: &str, day: Option<Date>) -> bool {
        let pool_fits = self.pool.is_empty() || self.pool == pool;
        let (after, before) = match day {
            Some(day) => (self.from.is_none_or(|from| day >= from), self.to.is_none_or(|to| day <= to)),
            None => (self.from.is_none(), self.to.is_none()),
        };
        pool_fits && after && before
    }
}

pub(crate) fn read(context: &Context, file: &str, bytes: &[u8]) -> Vec<Price> {
    let known = ["pool", "kind", "price", "from", "to", "evidence"];
    let sheet = Sheet::read(context, file, bytes, &known, &["kind", "price"]);
    let mut prices: Vec<Price> = Vec::new();
    for row in sheet.rows(context, file) {
        row.needed("kind");
        let Some(kind) = row.choice("kind", &PriceKind::NAMES) else { continue };
        let price = Price {
            pool: row.text("pool").to_owned(),
            kind,
            price: row.needed_amount("price"),
            from: row.date("from"),
            to: row.date("to"),
            source: row.source(),
        };
        if price.price.is_zero() {
            row.problem("price", "分值价钱须大于 0");
        }
        if let (Some(from), Some(to)) = (price.from, price.to)
            && from > to
        {
            row.problem("to", "结束日期早于开始日期");
        }
        let overlaps = |other: &Price| {
            other.kind == price.kind
                && other.pool == price.pool
                && other.from.is_none_or(|from| price.to.is_none_or(|to| from <= to))
                && price.from.is_none_or(|from| other.to.is_none_or(|to| from <= to))
        };
        if let Some(other) = prices.iter().find(|other| overlaps(other)) {
            row.problem("from", format!("与第 {} 行的有效期重叠", other.source.line));
        }
        prices.push(price);
    }
    if prices.is_empty() {
        context.problem(file, 1, "没有任何分值价钱");
    }
    prices
}
