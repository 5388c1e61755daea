//! 入口: the list of cases stands on two pages, with other forms over it.

use crate::query::Fields;

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// 病例查询
    Cases,
    /// 医保查询
    Insurance,
}

/// What tells 医保查询 in the `back` of a case's address.
const LIST: &str = "list";

impl Entry {
    pub(super) fn path(self) -> &'static str {
        match self {
            Entry::Cases => "/cases",
            Entry::Insurance => "/insurance-query",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Entry::Cases => "病例查询",
            Entry::Insurance => "医保查询",
        }
    }

    /// Key of the column settings.
    pub(super) fn grid(self) -> &'static str {
        match self {
            Entry::Cases => "cases",
            Entry::Insurance => "insurance-query",
        }
    }

    /// Fields that the form shows itself.
    pub(super) fn form(self) -> &'static [&'static str] {
        match self {
            Entry::Cases => super::list::BAR,
            Entry::Insurance => super::insurance_query::FORM,
        }
    }

    /// What a case's address keeps, to come back here.
    pub(super) fn back(self, list: &Fields) -> String {
        match self {
            Entry::Cases => list.without(&[]),
            Entry::Insurance => list.with(LIST, "insurance"),
        }
    }

    /// The page that a `back` leads to, and its address; whatever it holds, it is a list of cases.
    pub(super) fn of_back(back: &str) -> (Entry, String) {
        let fields = Fields::parse(back);
        let entry = if fields.text(LIST) == "insurance" { Entry::Insurance } else { Entry::Cases };
        let rest = fields.without(&["format", LIST]);
        (entry, if rest.is_empty() { entry.path().to_owned() } else { format!("{}?{rest}", entry.path()) })
    }
}
