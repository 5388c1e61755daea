//! 分值库比对: 新增, 修改, 删除, 出错 and 提示 between two catalogues, as tables.

use super::source::Source;
use crate::grid::{Cell, Column, Grid, Row, Value};
use crate::query::Fields;
use model::{Changes, WrongRow};
use policy::catalogue_text::CatalogueText;
use policy::tables::column_title;
use policy::{Group, PackFiles};
use rust_decimal::Decimal;

/// Which rows are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Added,
    Changed,
    Removed,
    Wrong,
    Warnings,
}

impl List {
    const ALL: [(List, &'static str, &'static str); 5] = [
        (List::Added, "added", "新增"),
        (List::Changed, "changed", "修改"),
        (List::Removed, "removed", "删除"),
        (List::Wrong, "wrong", "出错"),
        (List::Warnings, "warnings", "提示"),
    ];

    pub(super) fn chinese(self) -> &'static str {
        List::ALL[self as usize].2
    }
}

/// Two catalogues compared.
pub(super) struct Difference<'d> {
    pub(super) changes: &'d Changes<Group>,
    pub(super) warnings: &'d [WrongRow],
    pub(super) before: CatalogueText,
    pub(super) after: CatalogueText,
    /// Pages of groups that the later catalogue has.
    pub(super) linked: Option<&'d Source>,
}

/// A count that leads to its list.
pub(super) struct Count {
    pub(super) name: &'static str,
    pub(super) rows: String,
    /// Empty: no list.
    pub(super) link: String,
    pub(super) here: bool,
    pub(super) is_bad: bool,
}

impl Difference<'_> {
    pub(super) fn texts(before: &PackFiles, after: &PackFiles) -> (CatalogueText, CatalogueText) {
        let text = |files: &PackFiles| CatalogueText::new(files.get("catalogue.csv"));
        (text(before), text(after))
    }

    fn count(&self, list: List) -> usize {
        match list {
            List::Added => self.changes.added.len(),
            List::Changed => self.changes.changed.len(),
            List::Removed => self.changes.removed.len(),
            List::Wrong => self.changes.wrong.len(),
            List::Warnings => self.warnings.len(),
        }
    }

    /// The list an address asks for; else the first that has rows, wrong ones before all others.
    pub(super) fn asked(&self, fields: &Fields) -> List {
        let named = List::ALL.iter().find(|entry| entry.1 == fields.text("list")).map(|entry| entry.0);
        let order = [List::Wrong, List::Changed, List::Added, List::Removed, List::Warnings];
        named.or(order.into_iter().find(|list| self.count(*list) > 0)).unwrap_or(List::Changed)
    }

    /// The counts, each with the address of its list; `address` has no query.
    pub(super) fn counts(&self, here: List, address: &str) -> Vec<Count> {
        let text = |rows: usize| crate::text::whole(i64::try_from(rows).unwrap_or(i64::MAX));
        let mut counts: Vec<Count> = List::ALL
            .iter()
            .filter(|(list, _, _)| !matches!(list, List::Wrong | List::Warnings) || self.count(*list) > 0)
            .map(|(list, id, name)| Count {
                name,
                rows: text(self.count(*list)),
                link: format!("{address}?list={id}"),
                here: *list == here,
                is_bad: *list == List::Wrong,
            })
            .collect();
        counts.push(Count {
            name: "不变",
            rows: text(self.changes.unchanged),
            link: String::new(),
            here: false,
            is_bad: false,
        });
        counts
    }

    /// The table of a list.
    pub(super) fn grid(
        &self,
        list: List,
        title: &str,
        about: Vec<(String, String)>,
        address: String,
    ) -> Grid {
        let exact = |number: Option<Decimal>| number.map_or(Value::Nothing, |n| Value::Decimal(n, n.scale()));
        let code = |code: &str| match self.linked {
            Some(source) => super::group_page::linked(source, code),
            None => Cell::text(code.to_owned()),
        };
        let group_columns = || {
            vec![
                Column::text("code", "病种编码"),
                Column::text("name", "病种名称"),
                Column::text("kind", "类型"),
                Column::number("points", "分值", "分"),
                Column::number("reference_cost", "参照费用", "元"),
            ]
        };
        let group_row = |group: &Group, link: bool| Row {
            cells: vec![
                if link { code(&group.code) } else { Cell::text(group.code.clone()) },
                Cell::text(group.name.clone()),
                Cell::text(group.kind.chinese()),
                exact(Some(group.points)).into(),
                exact(group.reference_cost).into(),
            ],
            class: "",
        };
        let (columns, rows): (Vec<Column>, Vec<Row>) = match list {
            List::Added => (group_columns(), self.changes.added.iter().map(|g| group_row(g, true)).collect()),
            List::Removed => {
                (group_columns(), self.changes.removed.iter().map(|g| group_row(g, false)).collect())
            }
            List::Changed => (
                vec![
                    Column::text("code", "病种编码"),
                    Column::text("name", "病种名称"),
                    Column::number("before", "原分值", "分"),
                    Column::number("after", "新分值", "分"),
                    Column::number("change", "分值变化", "分"),
                    Column::text("fields", "变化的内容"),
                ],
                self.changes
                    .changed
                    .iter()
                    .map(|change| {
                        let cells = self.before.changes(&self.after, &change.after.code);
                        let shown = |cell: &str| {
                            if cell.is_empty() { "（空）".to_owned() } else { cell.to_owned() }
                        };
                        let fields: Vec<String> = cells
                            .iter()
                            .map(|cell| {
                                let title = column_title(cell.column);
                                format!("{title}：{} → {}", shown(&cell.before), shown(&cell.after))
                            })
                            .collect();
                        let fields = if fields.is_empty() {
                            "本行文字未变：所引用的清单或缺省依据有变化".to_owned()
                        } else {
                            fields.join("；")
                        };
                        Row {
                            cells: vec![
                                code(&change.after.code),
                                Cell::text(change.after.name.clone()),
                                exact(Some(change.before.points)).into(),
                                exact(Some(change.after.points)).into(),
                                exact(Some(change.after.points - change.before.points)).into(),
                                Cell::text(fields),
                            ],
                            class: "",
                        }
                    })
                    .collect(),
            ),
            List::Wrong | List::Warnings => {
                let rows = if list == List::Wrong { &self.changes.wrong } else { self.warnings };
                (
                    vec![
                        Column::number("line", "行号", ""),
                        Column::text("column", "列"),
                        Column::text("message", if list == List::Wrong { "问题与改法" } else { "提示" }),
                    ],
                    rows.iter()
                        .map(|row| Row {
                            cells: vec![
                                Cell::whole(i64::try_from(row.line).unwrap_or(i64::MAX)),
                                Cell::text(row.column.clone()),
                                Cell::text(row.message.clone()),
                            ],
                            class: "",
                        })
                        .collect(),
                )
            }
        };
        Grid {
            title: format!("{title} {}", list.chinese()),
            about,
            columns,
            rows,
            empty: format!("没有{}的病种", list.chinese()),
            address,
            ..Grid::default()
        }
    }
}
