//! 病例: what the grouper and the settlement need to know of one inpatient stay.

use crate::{Code, Fen};
use compact_str::CompactString;
use jiff::civil::{Date, DateTime};

/// A code with the hospital's own spelling kept beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coded {
    /// The normalised code.
    pub code: Code,
    /// As the hospital wrote it.
    pub written: CompactString,
}

impl Coded {
    /// A 诊断 as written.
    pub fn diagnosis(written: &str) -> Coded {
        Coded { code: Code::diagnosis(written), written: written.into() }
    }

    /// A 手术操作 as written.
    pub fn procedure(written: &str) -> Coded {
        Coded { code: Code::procedure(written), written: written.into() }
    }
}

/// 性别 (GB/T 2261.1: 1 男, 2 女).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

/// 病例. `None` means not recorded, which is never the same as zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    /// The caller's case id, returned unchanged.
    pub id: CompactString,
    /// 主诊断; empty code when the record has none.
    pub principal_diagnosis: Coded,
    /// 其他诊断, in record order.
    pub other_diagnoses: Vec<Coded>,
    /// 手术操作, in record order; the first is the 主要手术操作.
    pub procedures: Vec<Coded>,
    /// 性别
    pub sex: Option<Sex>,
    /// 年龄, full years.
    pub age_years: Option<u32>,
    /// 日龄 of newborns and infants, days.
    pub age_days: Option<u32>,
    /// 出生体重, grams.
    pub birth_weight_g: Option<u32>,
    /// 入院时间, local.
    pub admitted: Option<DateTime>,
    /// 出院时间, local.
    pub discharged: Option<DateTime>,
    /// 结算时间, local.
    pub settled: Option<DateTime>,
    /// The date to judge the case by when it is not the record's own: 在院 patients and trial runs (试算).
    pub policy_date: Option<Date>,
    /// 离院方式 (RC019: 1 医嘱离院 … 5 死亡).
    pub discharge_way: CompactString,
    /// 险种, insurer's code (310 职工, 390 居民 …).
    pub insurance_type: CompactString,
    /// 结算方式, the pack's own code list; empty means DIP.
    pub settlement_way: CompactString,
    /// 医院等级 as the pack writes it.
    pub hospital_level: CompactString,
    /// 医院 id.
    pub hospital: CompactString,
    /// 总费用
    pub total_cost: Option<Fen>,
    /// 医保费用
    pub insurer_cost: Option<Fen>,
    /// 范围内费用 (符合政策范围金额)
    pub in_scope_cost: Option<Fen>,
    /// 统筹记账金额
    pub pooled_fund: Option<Fen>,
    /// 个人自付自费 paid by the patient.
    pub self_pay: Option<Fen>,
    /// 药品费
    pub drug_cost: Option<Fen>,
    /// 治疗费, operations excluded.
    pub treatment_cost: Option<Fen>,
    /// 重症监护天数
    pub icu_days: Option<u32>,
}

impl Case {
    /// 住院天数: calendar days between admission and discharge, at least 1. `None` when a date is missing or they
    /// stand in the wrong order.
    pub fn stay_days(&self) -> Option<u32> {
        let (from, to) = (self.admitted?, self.discharged?);
        let days = (to.date() - from.date()).get_days();
        u32::try_from(days).ok().map(|d| d.max(1))
    }

    /// Whether the patient died in hospital (离院方式 5).
    pub fn died(&self) -> bool {
        self.discharge_way == "5"
    }
}

/// Reads `2025-03-01T08:00`, `2025-03-01 08:00:00`, `2025-03-01`, `2025/3/1 8:00` or `20250301`.
pub fn parse_moment(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<DateTime>() {
        return Some(moment);
    }
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let mut parts = date.splitn(3, ['/', '-', '.']).map(|p| p.parse::<i16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let mut clock = time.split(':').map(|p| p.parse::<i8>().ok());
    let hour = if time.is_empty() { 0 } else { clock.next()?? };
    let minute = clock.next().flatten().unwrap_or(0);
    DateTime::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?, hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_in_the_usual_spellings() {
        for text in ["2025-03-01T08:00", "2025-03-01 08:00:00", "2025/3/1 8:00", "2025.03.01 08:00"] {
            assert_eq!(parse_moment(text), Some(jiff::civil::datetime(2025, 3, 1, 8, 0, 0, 0)), "{text}");
        }
        for text in ["2025-03-01", "20250301", "2025/3/1"] {
            assert_eq!(parse_moment(text), Some(jiff::civil::datetime(2025, 3, 1, 0, 0, 0, 0)), "{text}");
        }
        for text in ["", "2025-13-01", "yesterday", "2025-02-30", "03/01/2025x"] {
            assert_eq!(parse_moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_stay_within_a_day_counts_one() {
        let day = |text| parse_moment(text);
        let mut case = Case {
            admitted: day("2025-03-01T08:00"),
            discharged: day("2025-03-01T20:00"),
            ..Case::default()
        };
        assert_eq!(case.stay_days(), Some(1));
        case.discharged = day("2025-03-07T01:00");
        assert_eq!(case.stay_days(), Some(6));
        case.discharged = day("2025-02-07T01:00");
        assert_eq!(case.stay_days(), None);
    }
}
