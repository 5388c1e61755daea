//! The live feel: what happens in a HIS after it was built. Every change moves 更新时间, except a row that is just deleted.

use crate::error::HisError;
use crate::layout::{From, HisColumn, HisTable, Layout};
use crate::schema::Dialect;
use crate::spelling::{Speller, write_moment};
use model::canonical::Value;

/// A row as texts.
pub(crate) type Cells = Vec<Option<String>>;

/// A built HIS that can be changed.
pub trait Live {
    /// How it speaks.
    fn dialect(&self) -> Dialect;

    /// Runs a statement; how many rows it touched.
    fn execute(&mut self, sql: &str) -> Result<u64, HisError>;

    /// The first row of a query.
    fn first_row(&mut self, sql: &str) -> Result<Option<Vec<Option<String>>>, HisError>;
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// 补记费用: a charge that comes late; like an earlier line of the stay in all but item, price and time.
    LateCharge {
        /// Encounter key.
        encounter: String,
        /// Charge item's code.
        item: String,
        /// Whole units.
        units: i64,
        /// 单价, ten-thousandths of a yuan, whole 分.
        price: i64,
        /// 费用发生时间, seconds.
        at: i64,
    },
    /// 退费 of a whole line.
    Refund {
        /// Key of the line.
        line: String,
        /// When, seconds.
        at: i64,
    },
    /// 作废: the row's 作废标志 becomes 1.
    Void {
        /// Canonical table.
        table: String,
        /// Key of the row.
        key: String,
    },
    /// Another diagnosis in the place of one.
    Recode {
        /// Key of the diagnosis.
        diagnosis: String,
        /// 诊断编码
        code: String,
        /// 诊断名称
        name: String,
    },
    /// 出院 of a patient in house: the stay gets its end, nothing else.
    Discharge {
        /// Encounter key.
        encounter: String,
        /// 出院时间, seconds.
        at: i64,
        /// 离院方式
        way: String,
    },
    /// A value of any row.
    Set {
        /// Canonical table.
        table: String,
        /// Key of the row.
        key: String,
        /// Canonical column.
        column: String,
        /// What it becomes, in the unit of the column.
        value: Value,
    },
    /// The row is gone without a trace.
    Delete {
        /// Canonical table.
        table: String,
        /// Key of the row.
        key: String,
    },
}

impl Change {
    /// Makes the change at `now` (seconds, the server's clock). Returns the key of the row that was added or changed.
    pub fn apply(&self, his: &mut dyn Live, now: i64) -> Result<String, HisError> {
        let layout = Layout::shipped()?;
        Changing { layout: &layout, his, now }.apply(self)
    }
}

struct Changing<'c> {
    layout: &'c Layout,
    his: &'c mut dyn Live,
    now: i64,
}

impl Changing<'_> {
    fn apply(&mut self, change: &Change) -> Result<String, HisError> {
        match change {
            Change::LateCharge { encounter, item, units, price, at } => {
                let amount = units * price / 100;
                let model = self.line_of(encounter)?;
                let set = [
                    ("refund_of", Value::Null),
                    ("order_key", Value::Null),
                    ("charged_at", Value::Int(*at)),
                    ("item_key", Value::from(item.as_str())),
                    ("quantity", Value::Int(units * 10_000)),
                    ("price", Value::Int(*price)),
                    ("amount", Value::Int(amount)),
                    ("in_scope", Value::Int(amount)),
                    ("own_pay", Value::Int(0)),
                ];
                self.copy_line(&model, &set)
            }
            Change::Refund { line, at } => {
                let table = self.layout.table("charge_line")?;
                let cells = self.row(table, line)?;
                let negative = |column: &str| -> Result<(String, Option<String>), HisError> {
                    let own = table.base_column(column)?;
                    let at = table.stored().position(|c| c.base == own.base).unwrap_or_default();
                    let text = cells.get(at).cloned().flatten();
                    let minus = text.map(|text| match text.strip_prefix('-') {
                        Some(rest) => rest.to_owned(),
                        None => format!("-{text}"),
                    });
                    Ok((own.base.clone(), minus))
                };
                let written: Vec<_> = ["quantity", "amount", "in_scope", "own_pay"]
                    .into_iter()
                    .map(negative)
                    .collect::<Result<_, _>>()?;
                let set = [("refund_of", Value::from(line.as_str())), ("charged_at", Value::Int(*at))];
                let key = self.copy_line(&cells, &set)?;
                let dialect = self.his.dialect();
                let parts: Vec<String> = written
                    .iter()
                    .map(|(base, text)| {
                        let text = text.as_deref().map_or("NULL".to_owned(), |text| dialect.text(text));
                        format!("{} = {text}", dialect.name(base))
                    })
                    .collect();
                self.update(table, &key, &parts.join(", "))?;
                Ok(key)
            }
            Change::Void { table, key } => {
                let table = self.layout.table(table)?;
                let void = format!("{} = '1'", self.his.dialect().name("ZFBZ"));
                self.update(table, key, &void)?;
                Ok(key.clone())
            }
            Change::Recode { diagnosis, code, name } => {
                let table = self.layout.table("diagnosis")?;
                let set = [("code", Value::from(code.as_str())), ("name", Value::from(name.as_str()))];
                self.set(table, diagnosis, &set)
            }
            Change::Discharge { encounter, at, way } => {
                let table = self.layout.table("encounter")?;
                let set = [
                    ("state", Value::from("discharged")),
                    ("discharged_at", Value::Int(*at)),
                    ("discharge_way", Value::from(way.as_str())),
                ];
                self.set(table, encounter, &set)
            }
            Change::Set { table, key, column, value } => {
                let table = self.layout.table(table)?;
                self.set(table, key, &[(column.as_str(), value.clone())])
            }
            Change::Delete { table, key } => {
                let table = self.layout.table(table)?;
                let sql = format!(
                    "DELETE FROM {} WHERE {}",
                    self.his.dialect().name(&table.base),
                    self.key_condition(table, key)
                );
                self.touched(&sql, key)?;
                Ok(key.clone())
            }
        }
    }

    fn set(&mut self, table: &HisTable, key: &str, set: &[(&str, Value)]) -> Result<String, HisError> {
        let mut parts = Vec::new();
        for (column, value) in set {
            let column = table.base_column(column)?;
            parts.push(format!(
                "{} = {}",
                self.his.dialect().name(&column.base),
                self.literal(column, value)
            ));
        }
        self.update(table, key, &parts.join(", "))?;
        Ok(key.to_owned())
    }

    fn update(&mut self, table: &HisTable, key: &str, set: &str) -> Result<(), HisError> {
        let dialect = self.his.dialect();
        let mut now = String::new();
        write_moment(self.now, &mut now);
        let sql = format!(
            "UPDATE {} SET {set}, {} = {} WHERE {}",
            dialect.name(&table.base),
            dialect.name("GXSJ"),
            dialect.text(&now),
            self.key_condition(table, key)
        );
        self.touched(&sql, key)
    }

    fn touched(&mut self, sql: &str, key: &str) -> Result<(), HisError> {
        match self.his.execute(sql)? {
            0 => Err(HisError::Change(format!("没有 {key} 这一行"))),
            _ => Ok(()),
        }
    }

    /// A line of a stay to copy from.
    fn line_of(&mut self, encounter: &str) -> Result<Cells, HisError> {
        let table = self.layout.table("charge_line")?;
        let dialect = self.his.dialect();
        let (inpatient, visit) = encounter.rsplit_once('-').unwrap_or((encounter, ""));
        let condition = format!(
            "{} AND {} = {}",
            self.padded("ZYH", inpatient),
            dialect.name("ZYCS"),
            dialect.text(visit)
        );
        let sql = format!("SELECT * FROM {} WHERE {condition} LIMIT 1", dialect.name(&table.base));
        let row = self.his.first_row(&sql)?;
        row.ok_or_else(|| HisError::Change(format!("{encounter} 没有费用明细可参照")))
    }

    fn row(&mut self, table: &HisTable, key: &str) -> Result<Cells, HisError> {
        let sql = format!(
            "SELECT * FROM {} WHERE {}",
            self.his.dialect().name(&table.base),
            self.key_condition(table, key)
        );
        let row = self.his.first_row(&sql)?;
        row.ok_or_else(|| HisError::Change(format!("没有 {key} 这一行")))
    }

    /// Adds a line like another, with the next number.
    fn copy_line(&mut self, model: &Cells, set: &[(&str, Value)]) -> Result<String, HisError> {
        let table = self.layout.table("charge_line")?;
        let dialect = self.his.dialect();
        let last = self.his.first_row(&format!(
            "SELECT max({}) FROM {}",
            dialect.name("HBS"),
            dialect.name(&table.base)
        ))?;
        let last = last.and_then(|row| row.into_iter().next().flatten()).unwrap_or_default();
        let number: u64 = last.parse().unwrap_or_default();
        let key = hospital::ChargeLine::key(number + 1);
        let mut values = Vec::new();
        for (at, column) in table.stored().enumerate() {
            let name = match column.from {
                From::Column(at) => table.table.columns.get(at).map_or("", |c| c.name),
                _ => "",
            };
            let own = set.iter().find(|(column, _)| *column == name);
            values.push(match (own, name, column.base.as_str()) {
                (Some((_, value)), ..) => self.literal(column, value),
                (_, "key", _) => self.literal(column, &Value::from(key.as_str())),
                (_, _, "GXSJ") => {
                    let mut now = String::new();
                    write_moment(self.now, &mut now);
                    dialect.text(&now)
                }
                _ => model.get(at).cloned().flatten().map_or("NULL".to_owned(), |text| dialect.text(&text)),
            });
        }
        let sql = format!("INSERT INTO {} VALUES ({})", dialect.name(&table.base), values.join(", "));
        self.his.execute(&sql)?;
        Ok(key)
    }

    fn literal(&self, column: &HisColumn, value: &Value) -> String {
        let mut text = String::new();
        match Speller::new(self.layout, false).write(&column.style, value, &mut text) {
            true => self.his.dialect().text(&text),
            false => "NULL".to_owned(),
        }
    }

    fn key_condition(&self, table: &HisTable, key: &str) -> String {
        let dialect = self.his.dialect();
        if table.table.name != "encounter" {
            let own = table.columns.iter().find(|column| column.from == From::Column(0));
            let key = own.map_or_else(|| dialect.text(key), |own| self.literal(own, &Value::from(key)));
            return format!("{} = {key}", dialect.name("HBS"));
        }
        let (inpatient, visit) = key.rsplit_once('-').unwrap_or((key, ""));
        format!("{} AND {} = {}", self.padded("ZYH", inpatient), dialect.name("ZYCS"), dialect.text(visit))
    }

    /// 住院号 is kept padded.
    fn padded(&self, column: &str, text: &str) -> String {
        let mut written = String::new();
        let style = crate::layout::Style::Pad;
        Speller::new(self.layout, false).write(&style, &Value::from(text), &mut written);
        format!("{} = {}", self.his.dialect().name(column), self.his.dialect().text(&written))
    }
}
