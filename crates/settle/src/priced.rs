//! 测算结果 of one case in one group: plain data, no allocation.

use crate::auxiliary_choice::AuxiliaryChoice;
use crate::missing::Missing;
use jiff::civil::Date;
use model::{Fen, Points, Ratio};
use policy::{Policy, PriceKind};
use rust_decimal::Decimal;

/// What the caller wants besides the case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Force one kind of 分值价钱 instead of the pack's order.
    pub price_kind: Option<PriceKind>,
    /// Day to price at when the case has no date of the pack's basis (in-house patients).
    pub day: Option<Date>,
}

/// What the payment was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaidBy {
    /// 得分 × 分值价钱 of one kind.
    Points(PriceKind),
    /// 项目定额
    FixedQuota,
    /// 床日
    BedDay,
}

impl PaidBy {
    /// The word of the JSON contract's `price_kind`.
    pub fn name(self) -> &'static str {
        match self {
            PaidBy::Points(kind) => kind.name(),
            PaidBy::FixedQuota => "fixed_quota",
            PaidBy::BedDay => "bed_day",
        }
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            PaidBy::Points(kind) => kind.chinese(),
            PaidBy::FixedQuota => "项目定额",
            PaidBy::BedDay => "床日标准",
        }
    }
}

/// The coefficients of a case, exact. Nothing in the pack means 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppliedCoefficients {
    /// 医院系数
    pub hospital: Ratio,
    /// 病种系数
    pub group: Ratio,
    /// 加成系数 as 1+J.
    pub bonus: Ratio,
    /// 辅助目录系数; 1 when the group takes none or nothing matched.
    pub auxiliary: Ratio,
    /// Which auxiliary level gave it; `None` without a match, and for several in product mode the first.
    pub auxiliary_choice: Option<AuxiliaryChoice>,
}

/// One case priced in one group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Priced {
    /// Index of the group in [`Policy::groups`].
    pub group: usize,
    /// 标准分, rounded for show.
    pub standard_points: Points,
    /// 基准率 rounded for show (scoring.toml `[rounding] ratio`); exact by [`Priced::exact_ratio`].
    pub ratio: Option<Ratio>,
    /// Numerator of 基准率, the cost the pack names.
    pub ratio_cost: Option<Fen>,
    /// Denominator of 基准率 (基准费用), yuan.
    pub base_cost: Option<Decimal>,
    /// 展示区间: index into the pack's band labels.
    pub band: Option<u8>,
    /// 计分分段: scheme and segment index.
    pub segment: Option<(u16, u16)>,
    /// Segment factor a·ratio + b, rounded for show.
    pub factor: Option<Ratio>,
    /// Coefficients.
    pub coefficients: AppliedCoefficients,
    /// 得分, rounded to the pack's digits; the payment is made from this number.
    pub earned_points: Option<Points>,
    /// What the payment was made from; `None` when nothing could be chosen.
    pub paid_by: Option<PaidBy>,
    /// 分值价钱 used, yuan a point; `None` for quota and bed days.
    pub price: Option<Decimal>,
    /// 分值费用
    pub payment: Option<Fen>,
    /// 结余 = 分值费用 − the cost the pack measures against.
    pub surplus: Option<Fen>,
    /// The segment asks for a review (特例单议).
    pub review: bool,
    /// No parameter used is UNCONFIRMED.
    pub confirmed: bool,
    /// Why there is no 基准率.
    pub ratio_missing: Option<Missing>,
    /// Why there is no 得分 or 分值费用.
    pub payment_missing: Option<Missing>,
    /// Why there is no 结余.
    pub surplus_missing: Option<Missing>,
}

impl Priced {
    pub(crate) fn empty(group: usize) -> Priced {
        Priced {
            group,
            standard_points: Points::ZERO,
            ratio: None,
            ratio_cost: None,
            base_cost: None,
            band: None,
            segment: None,
            factor: None,
            coefficients: AppliedCoefficients {
                hospital: Ratio::ONE,
                group: Ratio::ONE,
                bonus: Ratio::ONE,
                auxiliary: Ratio::ONE,
                auxiliary_choice: None,
            },
            earned_points: None,
            paid_by: None,
            price: None,
            payment: None,
            surplus: None,
            review: false,
            confirmed: false,
            ratio_missing: None,
            payment_missing: None,
            surplus_missing: None,
        }
    }

    pub(crate) fn unknown_group(group: usize) -> Priced {
        let missing = Some(Missing::Group);
        Priced {
            ratio_missing: missing,
            payment_missing: missing,
            surplus_missing: missing,
            ..Priced::empty(group)
        }
    }

    /// 基准率 exact to 28 digits.
    pub fn exact_ratio(&self) -> Option<Ratio> {
        self.ratio_cost?.yuan().checked_div(self.base_cost?)
    }

    /// The first thing that stopped the calculation.
    pub fn missing(&self) -> Option<Missing> {
        self.ratio_missing.or(self.payment_missing).or(self.surplus_missing)
    }

    /// Label of the display band (`0.75~1`), empty without a ratio.
    pub fn band_label<'p>(&self, policy: &'p Policy) -> &'p str {
        self.band.map_or("", |band| band_label(policy, band))
    }

    /// The scoring segment used.
    pub fn segment_of<'p>(&self, policy: &'p Policy) -> Option<&'p policy::Segment> {
        segment_at(policy, self.segment?)
    }

    /// Name of the scoring segment (低倍率 …), empty without one.
    pub fn segment_name<'p>(&self, policy: &'p Policy) -> &'p str {
        self.segment_of(policy).map_or("", |segment| segment.name.as_str())
    }

    /// The review the segment asks for (特例单议), empty for none.
    pub fn review_text<'p>(&self, policy: &'p Policy) -> &'p str {
        self.segment_of(policy).map_or("", |segment| segment.review.as_str())
    }

    /// The word of the JSON contract's `price_kind`.
    pub fn price_kind(&self) -> Option<&'static str> {
        self.paid_by.map(PaidBy::name)
    }
}

/// The segment at a scheme and segment index.
pub(crate) fn segment_at(policy: &Policy, (scheme, segment): (u16, u16)) -> Option<&policy::Segment> {
    policy.scoring.schemes.get(usize::from(scheme))?.segments.get(usize::from(segment))
}

/// The label of a display band (`0.75~1`).
pub(crate) fn band_label(policy: &Policy, band: u8) -> &str {
    policy.scoring.bands.labels.get(usize::from(band)).map_or("", String::as_str)
}
