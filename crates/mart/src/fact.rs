//! 事实表 as data: what a fact's rows are, and for each column its name, its Chinese name, its type and how it is made.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// 是/否; never empty.
    Flag,
    /// 金额 in 分.
    Fen,
    /// 数量, 小时, 比例 of the hospital's data: four decimals.
    Decimal4,
    /// 分值, 系数, 基准率, 分值价钱: six decimals.
    Decimal6,
    /// 日期
    Day,
    /// 时间
    Moment,
}

impl Holds {
    /// The type in DuckDB.
    pub fn sql(self) -> &'static str {
        match self {
            Holds::Text => "VARCHAR",
            Holds::Whole | Holds::Fen => "BIGINT",
            Holds::Flag => "BOOLEAN",
            Holds::Decimal4 => "DECIMAL(18,4)",
            Holds::Decimal6 => "DECIMAL(18,6)",
            Holds::Day => "DATE",
            Holds::Moment => "TIMESTAMP",
        }
    }
}

/// A column of a fact or of a dimension.
#[derive(Clone, Copy, Debug)]
pub struct FactColumn {
    /// Name in the mart and in the Parquet export.
    pub name: &'static str,
    /// As on a screen.
    pub chinese: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// How it is made: an expression over the fact's parts (see the fact's file), in DuckDB's SQL.
    pub sql: &'static str,
}

/// A fact: one row a case, a diagnosis, a charge line ….
#[derive(Debug)]
pub struct Fact {
    /// Table in the mart.
    pub name: &'static str,
    /// As on a screen.
    pub chinese: &'static str,
    /// Columns; the first two are always the case's `number` and `month`.
    pub columns: &'static [FactColumn],
    /// Parts that the rows are made from, each `name AS (query)`; a part may use those before it.
    pub(crate) parts: &'static [(&'static str, &'static str)],
    /// `FROM …` over staging tables, dimensions, finished facts and the parts.
    pub(crate) from: &'static str,
    /// Dimension rows whose names the fact carries.
    pub(crate) lookups: &'static [Lookup],
}

/// A row of a dimension that a fact's row points at.
#[derive(Debug)]
pub(crate) struct Lookup {
    /// Name of the row in the columns' expressions; a column of a lookup is written `alias.column` and nothing else.
    pub(crate) alias: &'static str,
    /// The dimension's table.
    pub(crate) table: &'static str,
    /// The key where the fact is made.
    pub(crate) key: &'static str,
    /// The key in the finished fact.
    pub(crate) kept_key: &'static str,
}

impl Fact {
    /// `CREATE OR REPLACE TABLE …`: also what empties the fact for a whole rebuild.
    pub(crate) fn create(&self) -> String {
        create(self.name, self.columns)
    }

    /// Adds the rows of what is staged.
    pub(crate) fn insert(&self) -> String {
        let expressions: Vec<String> = self
            .columns
            .iter()
            .map(|c| format!("CAST({} AS {}) AS {}", c.sql, c.holds.sql(), c.name))
            .collect();
        let parts: Vec<String> =
            self.parts.iter().map(|(name, query)| format!("{name} AS MATERIALIZED ({query})")).collect();
        let with = if parts.is_empty() { String::new() } else { format!("WITH {} ", parts.join(",\n")) };
        let joins: Vec<String> = self.lookups.iter().map(|lookup| lookup.join(lookup.key)).collect();
        format!(
            "INSERT INTO {} {with}SELECT {}\nFROM {} {}",
            self.name,
            expressions.join(",\n"),
            self.from,
            joins.join(" ")
        )
    }

    /// Brings the names that rows carry up to the dimensions; `None` when the fact carries none.
    pub(crate) fn rename(&self) -> Option<String> {
        let of_lookup = |c: &&FactColumn| {
            self.lookups.iter().any(|l| c.sql.strip_prefix(l.alias).is_some_and(|r| r.starts_with('.')))
        };
        let carried: Vec<&FactColumn> = self.columns.iter().filter(of_lookup).collect();
        if carried.is_empty() {
            return None;
        }
        let list = |each: &dyn Fn(&FactColumn) -> String, between: &str| {
            carried.iter().map(|c| each(c)).collect::<Vec<_>>().join(between)
        };
        let joins: Vec<String> = self.lookups.iter().map(|lookup| lookup.join(lookup.kept_key)).collect();
        Some(format!(
            "UPDATE {0} SET {1} FROM (SELECT fact.rowid AS fact_row, {2} FROM {0} fact {3}) now \
             WHERE now.fact_row = {0}.rowid AND ({4})",
            self.name,
            list(&|c| format!("{0} = now.{0}", c.name), ", "),
            list(&|c| format!("{} AS {}", c.sql, c.name), ", "),
            joins.join(" "),
            list(&|c| format!("{1}.{0} IS DISTINCT FROM now.{0}", c.name, self.name), " OR "),
        ))
    }
}

/// A dimension row that a fact's row points at.
pub(crate) const fn lookup(
    alias: &'static str,
    table: &'static str,
    key: &'static str,
    kept_key: &'static str,
) -> Lookup {
    Lookup { alias, table, key, kept_key }
}

impl Lookup {
    fn join(&self, key: &str) -> String {
        format!("LEFT JOIN {0} {1} ON {1}.key = {2}", self.table, self.alias, key)
    }
}

/// `CREATE OR REPLACE TABLE name (…)`.
pub(crate) fn create(name: &str, columns: &[FactColumn]) -> String {
    let columns: Vec<String> = columns.iter().map(|c| format!("{} {}", c.name, c.holds.sql())).collect();
    format!("CREATE OR REPLACE TABLE {name} ({})", columns.join(", "))
}

pub(crate) const fn text(name: &'static str, chinese: &'static str, sql: &'static str) -> FactColumn {
    FactColumn { name, chinese, holds: Holds::Text, sql }
}

pub(crate) const fn whole(name: &'static str, chinese: &'static str, sql: &'static str) -> FactColumn {
    FactColumn { name, chinese, holds: Holds::Whole, sql }
}

pub(crate) const fn flag(name: &'static str, chinese: &'static str, sql: &'static str) -> FactColumn {
    FactColumn { name, chinese, holds: Holds::Flag, sql }
}

pub(crate) const fn fen(name: &'static str, chinese: &'static str, sql: &'static str) -> FactColumn {
    FactColumn { name, chinese, holds: Holds::Fen, sql }
}

pub(crate) const fn decimal4(name: &'static str, chinese: &'static str, sql: &'static str) -> FactColumn {
    FactColumn { name, chinese, holds: Holds::Decimal4, sql }
}

pub(crate) const fn decimal6(name: &'static str, chinese: &'static str, sql: &'static str) -> FactColumn {
    FactColumn { name, chinese, holds: Holds::Decimal6, sql }
}

pub(crate) const fn day(name: &'static str, chinese: &'static str, sql: &'static str) -> FactColumn {
    FactColumn { name, chinese, holds: Holds::Day, sql }
}

pub(crate) const fn moment(name: &'static str, chinese: &'static str, sql: &'static str) -> FactColumn {
    FactColumn { name, chinese, holds: Holds::Moment, sql }
}
