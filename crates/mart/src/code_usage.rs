//! 编码使用次数: how often the hospital's records hold a code. It ranks what search boxes offer; no number of it is shown.

use crate::{Cell, Mart, MartError};

impl Mart {
    /// 诊断编码 with the number of records that hold them.
    pub fn diagnosis_usage(&self) -> Result<Vec<(String, u32)>, MartError> {
        self.code_usage("SELECT code, COUNT(*) FROM diagnosis_fact WHERE code <> '' GROUP BY code")
    }

    /// 手术操作编码 with the number of records that hold them.
    pub fn operation_usage(&self) -> Result<Vec<(String, u32)>, MartError> {
        self.code_usage("SELECT code, COUNT(*) FROM operation_fact WHERE code <> '' GROUP BY code")
    }

    fn code_usage(&self, sql: &str) -> Result<Vec<(String, u32)>, MartError> {
        let rows = self.query(sql, &[])?.rows;
        let used = rows.into_iter().filter_map(|row| match row.as_slice() {
            [Cell::Text(code), Cell::Whole(count)] => {
                Some((code.clone(), u32::try_from(*count).unwrap_or(u32::MAX)))
            }
            _ => None,
        });
        Ok(used.collect())
    }
}
