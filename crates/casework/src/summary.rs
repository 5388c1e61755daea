//! The summary at the end: cases, kinds, reasons, points, money.

use grouper::Ungrouped;
use model::Fen;
use policy::Kind;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Totals of a run.
#[derive(Debug, Default)]
pub struct Summary {
    errors: u64,
    kinds: BTreeMap<Kind, u64>,
    reasons: BTreeMap<Ungrouped, u64>,
    unpriced: u64,
    unconfirmed: u64,
    points: Decimal,
    payment: Fen,
    surplus: Fen,
    /// Lines whose id could not be checked for duplicates any more.
    pub(crate) ids_unchecked: u64,
}

impl Summary {
    pub(crate) fn error(&mut self) {
        self.errors += 1;
    }

    pub(crate) fn ungrouped(&mut self, reason: Ungrouped) {
        *self.reasons.entry(reason).or_default() += 1;
    }

    pub(crate) fn grouped(
        &mut self,
        kind: Kind,
        points: Option<Decimal>,
        money: Option<(Fen, Fen)>,
        confirmed: bool,
    ) {
        *self.kinds.entry(kind).or_default() += 1;
        self.points += points.unwrap_or_default();
        self.unconfirmed += u64::from(!confirmed);
        match money {
            Some((payment, surplus)) => {
                self.payment += payment;
                self.surplus += surplus;
            }
            None => self.unpriced += 1,
        }
    }

    /// 出错行数
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// 病例数, bad lines included.
    pub fn cases(&self) -> u64 {
        self.errors + self.kinds.values().sum::<u64>() + self.reasons.values().sum::<u64>()
    }

    pub(crate) fn add(&mut self, part: &Summary) {
        self.errors += part.errors;
        self.unpriced += part.unpriced;
        self.unconfirmed += part.unconfirmed;
        self.points += part.points;
        self.payment += part.payment;
        self.surplus += part.surplus;
        for (kind, count) in &part.kinds {
            *self.kinds.entry(*kind).or_default() += count;
        }
        for (reason, count) in &part.reasons {
            *self.reasons.entry(*reason).or_default() += count;
        }
    }

    /// As told to the user.
    pub fn text(&self) -> String {
        let grouped: u64 = self.kinds.values().sum();
        let ungrouped: u64 = self.reasons.values().sum();
        let mut text =
            format!("病例 {} 例：入组 {grouped}，未入组 {ungrouped}，出错 {}\n", self.cases(), self.errors);
        for (kind, count) in &self.kinds {
            let _ = writeln!(text, "  {} {count}", kind.chinese());
        }
        for (reason, count) in &self.reasons {
            let _ = writeln!(text, "  未入组·{} {count}", reason.chinese());
        }
        let _ = writeln!(
            text,
            "得分合计 {}，分值费用合计 {} 元，结余合计 {} 元",
            self.points, self.payment, self.surplus
        );
        if self.unpriced > 0 {
            let _ = writeln!(text, "其中 {} 例入组但未能计价（原因见结果的 reason）", self.unpriced);
        }
        if self.unconfirmed > 0 {
            let _ =
                writeln!(text, "其中 {} 例的结果用到未确认参数（UNCONFIRMED），仅供测算", self.unconfirmed);
        }
        if self.ids_unchecked > 0 {
            let _ = writeln!(text, "病例过多，最后 {} 例只与前面的病例查重", self.ids_unchecked);
        }
        text
    }
}
