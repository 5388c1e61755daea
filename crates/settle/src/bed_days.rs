//! 床日: days of the stay × the day's rate.

use crate::missing::Missing;
use model::{Case, Fen};
use policy::Policy;
use rust_decimal::Decimal;

/// A run of days paid at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BedDayPart {
    /// First day of the stay it pays, 1-based.
    pub first_day: u32,
    /// Last day of the stay it pays.
    pub last_day: u32,
    /// Yuan a day.
    pub rate: Decimal,
    /// Row in [`Policy::bed_days`].
    pub row: usize,
}

/// 床日费用 of a stay.
#[derive(Clone, Debug, PartialEq)]
pub struct BedDayPayment {
    /// 住院天数
    pub days: u32,
    /// The runs, in order of days.
    pub parts: Vec<BedDayPart>,
    /// Their sum.
    pub amount: Fen,
    /// Every rate used is confirmed.
    pub confirmed: bool,
}

/// 床日费用 = Σ days in the range × rate (bed_days.csv). Each day takes the first row that holds it, rows of the
/// hospital's level before rows for all levels. A day without a rate is an error, not a zero.
pub(crate) fn payment(policy: &Policy, case: &Case, level: &str) -> Result<BedDayPayment, Missing> {
    let days = case.stay_days().ok_or(Missing::StayDays)?;
    let rates = || {
        let all = policy.bed_days.iter().enumerate();
        all.filter(|(_, rate)| rate.settlement_way.as_str() == case.settlement_way.as_str())
    };
    let mut payment = BedDayPayment { days, parts: Vec::new(), amount: Fen::ZERO, confirmed: true };
    let mut total = Decimal::ZERO;
    for day in 1..=days {
        let own = rates().find(|(_, rate)| rate.hospital_level == level && rate.days.holds(day));
        let any = || rates().find(|(_, rate)| rate.hospital_level.is_empty() && rate.days.holds(day));
        let (row, rate) = own.or_else(any).ok_or(Missing::BedDayRate)?;
        total = total.checked_add(rate.rate).ok_or(Missing::OutOfRange)?;
        payment.confirmed &= rate.source.confirmed();
        match payment.parts.last_mut() {
            Some(part) if part.row == row => part.last_day = day,
            _ => payment.parts.push(BedDayPart { first_day: day, last_day: day, rate: rate.rate, row }),
        }
    }
    payment.amount = Fen::from_yuan(total).ok_or(Missing::OutOfRange)?;
    Ok(payment)
}
