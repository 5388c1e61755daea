//! A column's kind: what a source may write there and how it is kept.

/// What a column holds. Everything is kept as text or as a whole number, so that every database stores the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text as written, surrounding blanks removed.
    Text,
    /// A whole number.
    Integer,
    /// 是/否 as 1/0.
    Flag,
    /// 金额 in 分.
    Money,
    /// 数量, 单价, 比例, 分值: ten-thousandths, exact (four decimals).
    Decimal4,
    /// 日期: days since 1970-01-01.
    Day,
    /// 时间: seconds since 1970-01-01 00:00 of the hospital's wall clock, no zone.
    Moment,
}

impl Kind {
    /// Kept as text rather than as a whole number.
    pub fn is_text(self) -> bool {
        self == Kind::Text
    }

    /// As in a message to the user.
    pub fn chinese(self) -> &'static str {
        match self {
            Kind::Text => "文本",
            Kind::Integer => "整数",
            Kind::Flag => "是否（1/0）",
            Kind::Money => "金额（元，最多两位小数）",
            Kind::Decimal4 => "小数（最多四位）",
            Kind::Day => "日期（如 2025-03-01）",
            Kind::Moment => "时间（如 2025-03-01 08:00:00）",
        }
    }
}

/// What of a person a column would give away; decides the mask by role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Private {
    /// 姓名 of a patient or a relative.
    Name,
    /// 证件号, 医保个人编号.
    IdNumber,
    /// 电话
    Phone,
    /// 住址, 单位.
    Address,
}

/// One column of a table.
#[derive(Debug)]
pub struct Column {
    /// Name in the store and in mapping packs.
    pub name: &'static str,
    /// As on a screen and in messages.
    pub chinese: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// A row without it is refused.
    pub required: bool,
    /// Names on the wire, blank-separated: 医保 interface fields, HQMS codes.
    pub wire: &'static str,
    /// What of a person it would give away.
    pub private: Option<Private>,
    /// The table whose `key` it holds.
    pub refers_to: Option<&'static str>,
}

impl Column {
    const fn new(kind: Kind, name: &'static str, chinese: &'static str) -> Column {
        Column { name, chinese, kind, required: false, wire: "", private: None, refers_to: None }
    }

    pub(super) const fn wire(mut self, wire: &'static str) -> Column {
        self.wire = wire;
        self
    }

    pub(super) const fn required(mut self) -> Column {
        self.required = true;
        self
    }

    pub(super) const fn private(mut self, private: Private) -> Column {
        self.private = Some(private);
        self
    }
}

pub(super) const fn key() -> Column {
    Column::new(Kind::Text, "key", "主键").required()
}

/// The encounter that a row belongs to.
pub(super) const fn of_encounter() -> Column {
    let mut column = Column::new(Kind::Text, "encounter_key", "住院就诊").required();
    column.refers_to = Some("encounter");
    column
}

pub(super) const fn refer(table: &'static str, name: &'static str, chinese: &'static str) -> Column {
    let mut column = Column::new(Kind::Text, name, chinese);
    column.refers_to = Some(table);
    column
}

pub(super) const fn text(name: &'static str, chinese: &'static str) -> Column {
    Column::new(Kind::Text, name, chinese)
}

pub(super) const fn integer(name: &'static str, chinese: &'static str) -> Column {
    Column::new(Kind::Integer, name, chinese)
}

pub(super) const fn flag(name: &'static str, chinese: &'static str) -> Column {
    Column::new(Kind::Flag, name, chinese)
}

pub(super) const fn money(name: &'static str, chinese: &'static str) -> Column {
    Column::new(Kind::Money, name, chinese)
}

pub(super) const fn decimal(name: &'static str, chinese: &'static str) -> Column {
    Column::new(Kind::Decimal4, name, chinese)
}

pub(super) const fn day(name: &'static str, chinese: &'static str) -> Column {
    Column::new(Kind::Day, name, chinese)
}

pub(super) const fn moment(name: &'static str, chinese: &'static str) -> Column {
    Column::new(Kind::Moment, name, chinese)
}
