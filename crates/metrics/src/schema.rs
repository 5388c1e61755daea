//! 事实表结构: what facts there are and what their columns hold, handed in by the mart that builds them.

/// 病例: the fact that every other fact belongs to by its `number`, and that says whose case it is.
pub const CASE: &str = "case_fact";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// 是/否; never empty.
    Flag,
    /// 金额: kept in 分, asked for and shown in 元.
    Money,
    /// A decimal with this many places.
    Decimal(u8),
    /// 日期
    Day,
    /// 时间
    Moment,
}

impl Kind {
    /// Whether sums are made of it.
    pub fn is_number(self) -> bool {
        matches!(self, Kind::Whole | Kind::Money | Kind::Decimal(_))
    }
}

/// A column of a fact. Names are written in the program, so whatever SQL is made of is no user's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// Name in the database.
    pub name: &'static str,
    /// As on a screen.
    pub chinese: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// A fact: one row a case, an operation, a charge line ….
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Table in the database.
    pub name: &'static str,
    /// As on a screen.
    pub chinese: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
}

impl Fact {
    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<Column> {
        self.columns.iter().find(|column| column.name == name).copied()
    }

    /// Whether each of its rows belongs to a case. Open beds belong to none.
    pub fn of_cases(&self) -> bool {
        self.column("number").is_some()
    }
}

/// All facts; [`CASE`] must be among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The facts.
    pub facts: Vec<Fact>,
    /// 字典: tables that say what keys of the facts mean; each has a column `key`.
    pub dictionaries: Vec<Fact>,
}

impl Schema {
    /// A fact by its name.
    pub fn fact(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.name == name)
    }

    /// A dictionary by its name.
    pub fn dictionary(&self, name: &str) -> Option<&Fact> {
        self.dictionaries.iter().find(|table| table.name == name)
    }

    /// Where a column is found from a row of `fact`: in the fact itself, else in the row's case.
    pub(crate) fn place(&self, fact: &str, name: &str) -> Option<Place> {
        let fact = self.fact(fact)?;
        let own = fact.column(name).map(|column| Place::new(fact.name == CASE, column));
        let of_case = || Some(Place::new(true, self.fact(CASE)?.column(name)?));
        own.or_else(|| if fact.of_cases() { of_case() } else { None })
    }
}

/// A column as a statement names it: `c.` for the case, `f.` for another fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) of_case: bool,
    pub(crate) column: Column,
    pub(crate) form: Form,
}

/// What is made of a column's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// Nothing.
    Plain,
    /// 行政区划 seen from this one: 1 the same district, 2 the same city, 3 the same province, 4 elsewhere.
    From(u32),
}

impl Place {
    pub(crate) fn new(of_case: bool, column: Column) -> Place {
        Place { of_case, column, form: Form::Plain }
    }
}
