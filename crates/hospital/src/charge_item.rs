//! 收费项目: the price list, with the part that each item plays in a bill.

use crate::disease::Operation;
use crate::shipped;
use model::parse_decimal;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rustc_hash::FxHashMap;

/// One item of the price list.
#[derive(Clone, Debug)]
pub struct ChargeItem {
    /// The hospital's own code.
    pub code: String,
    /// 名称
    pub name: String,
    /// 医保目录编码
    pub insurer_code: String,
    /// Code of [`model::canonical::FEE_CLASSES`].
    pub fee_class: String,
    /// 医保费用类别 (med_chrgitm_type, 01 to 14).
    pub insurer_class: String,
    /// 甲, 乙, 丙.
    pub level: String,
    /// 规格
    pub specification: String,
    /// 单位
    pub unit: String,
    /// 单价, ten-thousandths of a yuan.
    pub price: i64,
    /// 先行自付比例, ten-thousandths.
    pub self_pay_ratio: i64,
    /// What the bill uses it for.
    pub(crate) role: String,
    /// Operation codes it belongs to, as prefixes; empty: all.
    operations: Vec<String>,
    /// Sex it is for.
    woman: Option<bool>,
    /// Chapters (first letters) of principal diagnoses it is for; empty: all.
    chapters: String,
}

impl ChargeItem {
    /// 单价 in 分; prices of the list are whole 分.
    pub(crate) fn fen(&self) -> i64 {
        self.price / 100
    }

    /// Whether a patient would have it: by sex, diagnosis and operations.
    pub(crate) fn suits(&self, woman: bool, chapter: char, operations: &[Operation]) -> bool {
        let cut =
            |prefix: &String| operations.iter().any(|operation| operation.code.starts_with(prefix.as_str()));
        self.woman.is_none_or(|asks| asks == woman)
            && (self.chapters.is_empty() || self.chapters.contains(chapter))
            && (self.operations.is_empty() || self.operations.iter().any(cut))
    }

    /// Made for one kind of operation.
    pub(crate) fn is_special(&self) -> bool {
        !self.operations.is_empty()
    }
}

/// The price list by role.
#[derive(Debug)]
pub(crate) struct PriceList {
    pub(crate) items: Vec<ChargeItem>,
    /// Positions by role, cheapest first.
    roles: FxHashMap<String, Vec<u16>>,
}

impl PriceList {
    pub(crate) fn new() -> PriceList {
        let ten_thousandths = |text: &str| {
            let scaled = parse_decimal(text).unwrap_or_default() * Decimal::from(10_000);
            scaled.to_i64().unwrap_or_default()
        };
        let items: Vec<ChargeItem> = shipped::charge_items()
            .iter()
            .map(|row| ChargeItem {
                code: row.text("code").to_owned(),
                name: row.text("name").to_owned(),
                insurer_code: row.text("insurer_code").to_owned(),
                fee_class: row.text("fee_class").to_owned(),
                insurer_class: row.text("insurer_class").to_owned(),
                level: row.text("level").to_owned(),
                specification: row.text("specification").to_owned(),
                unit: row.text("unit").to_owned(),
                price: ten_thousandths(row.text("price")),
                self_pay_ratio: ten_thousandths(row.text("self_pay_ratio")),
                role: row.text("role").to_owned(),
                operations: row
                    .text("operations")
                    .split('/')
                    .filter(|p| !p.is_empty())
                    .map(str::to_owned)
                    .collect(),
                woman: match row.text("sex") {
                    "2" => Some(true),
                    "1" => Some(false),
                    _ => None,
                },
                chapters: row.text("chapters").to_owned(),
            })
            .collect();
        let mut roles: FxHashMap<String, Vec<u16>> = FxHashMap::default();
        for (at, item) in (0..).zip(&items) {
            roles.entry(item.role.clone()).or_default().push(at);
        }
        for list in roles.values_mut() {
            list.sort_by_key(|at| (items.get(usize::from(*at)).map(|item| item.price), *at));
        }
        PriceList { items, roles }
    }

    /// The items of a role, cheapest first.
    pub(crate) fn role(&self, role: &str) -> &[u16] {
        self.roles.get(role).map_or(&[], Vec::as_slice)
    }

    /// The cheapest item of a role.
    pub(crate) fn first(&self, role: &str) -> Option<u16> {
        self.role(role).first().copied()
    }

    pub(crate) fn get(&self, at: u16) -> &ChargeItem {
        // Positions come from the list, which is never empty.
        self.items.get(usize::from(at)).unwrap_or(&self.items[0])
    }
}
