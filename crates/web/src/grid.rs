//! 表格: one model that is drawn as HTML and saved as XLSX or CSV, so that an export equals the screen.

mod export;

use crate::query::Fields;
use crate::text;
use askama::Template;
use model::Viewer;
use rust_decimal::Decimal;
use std::ops::Range;
use store::Moment;

/// A table with what a reader needs to understand it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grid {
    /// Key of the column settings; empty: the columns are fixed.
    pub(crate) id: &'static str,
    pub(crate) title: String,
    /// Name of the exported file without its end, where it says more than the title; else empty.
    pub(crate) file: String,
    /// 筛选条件 and other lines of the head, name and value; exported with the table.
    pub(crate) about: Vec<(String, String)>,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    /// 合计, a cell a column.
    pub(crate) total: Option<Vec<Cell>>,
    pub(crate) paging: Option<Paging>,
    /// Said instead of an empty table: what to do.
    pub(crate) empty: String,
    /// Address of this table with its filters, for sorting, paging and export: `/cases?month=202503`.
    pub(crate) address: String,
    /// The viewer may export.
    pub(crate) exportable: bool,
}

/// A column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    pub(crate) key: String,
    pub(crate) title: String,
    /// Shown in the header, `元`; empty for none.
    pub(crate) unit: String,
    pub(crate) kind: Kind,
    /// Title over several columns.
    pub(crate) group: String,
    /// Rows may be ordered by it.
    pub(crate) sortable: bool,
    /// Not shown unless the user chose it.
    pub(crate) hidden: bool,
    /// Address of its 口径.
    pub(crate) definition: String,
}

/// How a column's values are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Left aligned.
    #[default]
    Text,
    /// Right aligned.
    Number,
}

/// A row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    /// Class of the whole row; empty for none.
    pub(crate) class: &'static str,
}

/// A cell: a value, and where a click on it leads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) value: Value,
    pub(crate) link: String,
    /// Class of the text, for tags: `tag tag-core`.
    pub(crate) class: &'static str,
}

/// A value of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Value {
    /// Shown as `—`.
    #[default]
    Nothing,
    Text(String),
    Whole(i64),
    /// 分, shown in 元.
    Money(i64),
    /// With so many places.
    Decimal(Decimal, u32),
    /// A share 0–1, shown as a percentage with so many places.
    Percent(Decimal, u32),
    /// Days since 1970.
    Day(i64),
    /// Seconds since 1970.
    Moment(Moment),
}

/// Where in a long table the page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paging {
    /// From 1.
    pub(crate) page: i64,
    pub(crate) size: i64,
    /// Rows in all.
    pub(crate) total: i64,
}

/// Rows a page, unless asked otherwise.
pub(crate) const PAGE_SIZE: i64 = 50;

impl Paging {
    /// From `page` and `size` of a query string; the total comes later.
    pub(crate) fn asked(fields: &Fields) -> Paging {
        let number = |name: &str| fields.text(name).parse::<i64>().ok();
        let size = number("size").filter(|size| [20, 50, 100, 200].contains(size)).unwrap_or(PAGE_SIZE);
        Paging { page: number("page").unwrap_or(1).clamp(1, 1_000_000), size, total: 0 }
    }

    /// Rows before this page.
    pub(crate) fn offset(self) -> i64 {
        (self.page - 1) * self.size
    }

    /// The rows of a page of a table that was read whole; all of them without a page and when they fit on one.
    pub(crate) fn cut<T>(page: Option<Paging>, rows: &[T]) -> (Option<Paging>, &[T]) {
        let total = rows.len() as i64;
        let Some(page) = page.filter(|page| total > page.size) else { return (None, rows) };
        let paging = Paging { total, ..page };
        (Some(paging), &rows[paging.places()])
    }

    /// Where the rows of this page stand among all.
    fn places(self) -> Range<usize> {
        let at = |row: i64| usize::try_from(row.clamp(0, self.total)).unwrap_or_default();
        at(self.offset())..at(self.offset() + self.size)
    }

    pub(crate) fn total_text(&self) -> String {
        text::whole(self.total)
    }

    pub(crate) fn pages(self) -> i64 {
        ((self.total + self.size - 1) / self.size).max(1)
    }
}

impl Column {
    pub(crate) fn text(key: &str, title: &str) -> Column {
        Column { key: key.to_owned(), title: title.to_owned(), ..Column::default() }
    }

    pub(crate) fn number(key: &str, title: &str, unit: &str) -> Column {
        Column { unit: unit.to_owned(), kind: Kind::Number, ..Column::text(key, title) }
    }

    /// Rows may be ordered by it.
    pub(crate) fn sortable(mut self) -> Column {
        self.sortable = true;
        self
    }

    pub(crate) fn hidden(mut self) -> Column {
        self.hidden = true;
        self
    }

    pub(crate) fn group(mut self, group: &str) -> Column {
        group.clone_into(&mut self.group);
        self
    }

    pub(crate) fn with_unit(mut self, unit: &str) -> Column {
        unit.clone_into(&mut self.unit);
        self
    }

    pub(crate) fn defined(mut self, definition: String) -> Column {
        self.definition = definition;
        self
    }

    pub(crate) fn is_number(&self) -> bool {
        self.kind == Kind::Number
    }
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Cell {
        let text = text.into();
        Cell { value: if text.is_empty() { Value::Nothing } else { Value::Text(text) }, ..Cell::default() }
    }

    pub(crate) fn whole(number: i64) -> Cell {
        Value::Whole(number).into()
    }

    pub(crate) fn money(fen: impl Into<Option<i64>>) -> Cell {
        fen.into().map_or(Value::Nothing, Value::Money).into()
    }

    pub(crate) fn moment(at: impl Into<Option<i64>>) -> Cell {
        at.into().map_or(Value::Nothing, Value::Moment).into()
    }

    pub(crate) fn day(day: impl Into<Option<i64>>) -> Cell {
        day.into().map_or(Value::Nothing, Value::Day).into()
    }

    pub(crate) fn link(mut self, link: impl Into<String>) -> Cell {
        self.link = link.into();
        self
    }

    pub(crate) fn class(mut self, class: &'static str) -> Cell {
        self.class = class;
        self
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Cell {
        Cell { value, ..Cell::default() }
    }
}

impl Value {
    /// As a reader sees it.
    pub(crate) fn show(&self) -> String {
        match self {
            Value::Nothing => text::NONE.to_owned(),
            Value::Text(text) => text.clone(),
            Value::Whole(number) => text::whole(*number),
            Value::Money(fen) => text::money(*fen),
            Value::Decimal(number, places) => text::decimal(*number, *places),
            Value::Percent(share, places) => {
                text::decimal(share.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(*share), *places) + "%"
            }
            Value::Day(day) => text::day(*day),
            Value::Moment(at) => text::moment(*at),
        }
    }

    pub(crate) fn is_negative(&self) -> bool {
        match self {
            Value::Whole(n) | Value::Money(n) => *n < 0,
            Value::Decimal(n, _) | Value::Percent(n, _) => n.is_sign_negative() && !n.is_zero(),
            _ => false,
        }
    }

    /// A day or a moment stays on one line.
    pub(crate) fn is_time(&self) -> bool {
        matches!(self, Value::Day(_) | Value::Moment(_))
    }
}

impl Grid {
    /// Puts the columns as a user set them: `key,-key` in order, a minus hides; columns not named keep their place at the end.
    pub(crate) fn arrange(&mut self, setting: &str) {
        let named: Vec<&str> = setting.split(',').filter(|part| !part.is_empty()).collect();
        if named.is_empty() {
            return;
        }
        let place = |key: &str| named.iter().position(|name| name.trim_start_matches('-') == key);
        let mut order: Vec<usize> = (0..self.columns.len()).collect();
        order.sort_by_key(|at| (place(&self.columns[*at].key).unwrap_or(usize::MAX), *at));
        let put = |cells: &[Cell]| order.iter().filter_map(|at| cells.get(*at).cloned()).collect::<Vec<_>>();
        for row in &mut self.rows {
            row.cells = put(&row.cells);
        }
        self.total = self.total.take().map(|total| put(&total));
        self.columns = order.iter().map(|at| self.columns[*at].clone()).collect();
        for column in &mut self.columns {
            if let Some(at) = place(&column.key) {
                column.hidden = named[at].starts_with('-');
            }
        }
    }

    /// Keeps the rows of one page of a table that was read whole.
    pub(crate) fn show_page(&mut self, asked: Paging) {
        let paging = Paging { total: self.rows.len() as i64, ..asked };
        self.rows = self.rows.drain(paging.places()).collect();
        self.paging = Some(paging);
    }

    /// Whether `viewer` gets the export buttons.
    pub(crate) fn for_viewer(mut self, viewer: &Viewer) -> Grid {
        self.exportable = viewer.may(model::Permission::Export);
        self
    }

    /// The address with one more field.
    pub(crate) fn address_with(&self, name: &str, value: &str) -> String {
        let (path, query) = self.address.split_once('?').unwrap_or((&self.address, ""));
        let mut fields = Fields::parse(query);
        if name != "page" {
            fields.0.retain(|(field, _)| field != "page");
        }
        format!("{path}?{}", fields.with(name, value))
    }

    /// Address that orders by a column, or turns the order round.
    pub(crate) fn sort_address(&self, column: &Column) -> String {
        let descending = self.order_of(column) != "descending";
        self.address_with("order", &format!("{}{}", if descending { "-" } else { "" }, column.key))
    }

    /// `ascending`, `descending` or `none`, as `aria-sort` wants it.
    pub(crate) fn order_of(&self, column: &Column) -> &'static str {
        let query = self.address.split_once('?').map_or("", |(_, query)| query);
        let fields = Fields::parse(query);
        match fields.text("order").strip_prefix('-') {
            Some(key) if key == column.key => "descending",
            None if fields.text("order") == column.key => "ascending",
            _ => "none",
        }
    }

    pub(crate) fn shown(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| !column.hidden)
    }

    /// Titles over columns with the number of columns under each; empty when no column has one.
    pub(crate) fn groups(&self) -> Vec<(String, usize)> {
        let mut groups: Vec<(String, usize)> = Vec::new();
        if self.shown().all(|(_, column)| column.group.is_empty()) {
            return groups;
        }
        for (_, column) in self.shown() {
            match groups.last_mut() {
                Some((title, width)) if *title == column.group => *width += 1,
                _ => groups.push((column.group.clone(), 1)),
            }
        }
        groups
    }

    /// The table as HTML; `{{ grid.html()?|safe }}`.
    pub(crate) fn html(&self) -> Result<String, askama::Error> {
        GridTemplate { grid: self }.render()
    }
}

#[derive(Template)]
#[template(path = "grid.html")]
struct GridTemplate<'a> {
    grid: &'a Grid,
}

impl GridTemplate<'_> {
    fn cell<'c>(&self, row: &'c [Cell], at: &usize) -> &'c Cell {
        static NOTHING: Cell = Cell { value: Value::Nothing, link: String::new(), class: "" };
        row.get(*at).unwrap_or(&NOTHING)
    }
}

#[cfg(test)]
mod tests;
