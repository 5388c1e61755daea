//! Documents of 疑点: rules on the stay as a whole.

use super::super::{Kind, Pattern};
use super::{Members, Read, units};
use crate::UNIT;
use rust_decimal::prelude::ToPrimitive;

/// 类目: the part of a diagnosis code that names the disease.
const CATEGORY: i64 = 3;

impl Members<'_> {
    /// A kind that asks the stay; `None` for another.
    pub(super) fn of_stay(&mut self, kind: &str) -> Read<Option<(Kind, Vec<Vec<Pattern>>)>> {
        Ok(Some(match kind {
            "readmission" => {
                let days = self.whole("days", 0)?.ok_or_else(|| self.wrong("days", "缺少间隔天数"))?;
                let same = self.whole("same", 0)?.unwrap_or(CATEGORY);
                let same = same.to_usize().filter(|same| *same <= 20);
                let same = same.ok_or_else(|| self.wrong("same", "应为诊断编码前几位，0 到 20"))?;
                let planned = match self.text("planned")?.as_deref() {
                    None | Some("exempt") => false,
                    Some("counted") => true,
                    Some(_) => {
                        return Err(
                            self.wrong("planned", "应为 exempt（计划再住院除外）或 counted（不除外）")
                        );
                    }
                };
                (Kind::Readmission { days, same, planned }, Vec::new())
            }
            "long_stay" => {
                let days = self.whole("days", 1)?.ok_or_else(|| self.wrong("days", "缺少最多天数"))?;
                (Kind::LongStay { days }, Vec::new())
            }
            "low_admission" => {
                let days = self.whole("max_days", 1)?;
                let days = days.ok_or_else(|| self.wrong("max_days", "缺少最多住院天数"))?;
                let share = self.number("share")?.and_then(units).filter(|share| (1..=UNIT).contains(share));
                let share = share.ok_or_else(|| self.wrong("share", "应为大于 0、不大于 1 的费用占比"))?;
                let cost = self.whole("max_fen", 0)?;
                (Kind::LowAdmission { days, share, cost }, vec![self.items("items")?])
            }
            "idle_bed" => {
                let days = self.whole("days", 1)?.ok_or_else(|| self.wrong("days", "缺少最少天数"))?;
                (Kind::IdleBed { days }, vec![self.items("items")?])
            }
            _ => return Ok(None),
        }))
    }

    /// A whole number, at least so great.
    fn whole(&mut self, field: &str, least: i64) -> Read<Option<i64>> {
        let Some(number) = self.number(field)? else { return Ok(None) };
        let whole = number.is_integer().then(|| number.to_i64()).flatten().filter(|number| *number >= least);
        whole.map(Some).ok_or_else(|| self.wrong(field, &format!("应为不小于 {least} 的整数")))
    }
}
