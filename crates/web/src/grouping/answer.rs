//! 测算结果: group, money, schemes, candidates and steps of what the form holds, and the way from the real case to it.

use super::form::Form;
use crate::app::App;
use crate::cases::explained::{self, Explained};
use crate::cases::result_head::{kind_name, millionths, reason_text};
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::text;
use crate::who::Who;
use store::{CaseRecord, StoredResult};
use sync::{ExplainedCase, SyncError};

/// What the form leads to.
#[derive(Default)]
pub(super) struct Answer {
    /// What is wrong and the remedy; empty when there is an answer.
    pub(super) problem: String,
    /// Nothing was typed yet.
    pub(super) waiting: bool,
    pub(super) explained: Option<Explained>,
    /// 与原病例比较; first of the tables when a real case was the beginning.
    pub(super) grids: Vec<(&'static str, Grid)>,
}

impl Answer {
    pub(super) fn of(app: &App, who: &Who, form: &Form) -> Result<(Answer, Option<ExplainedCase>), ApiError> {
        if form.is_empty() {
            return Ok((Answer { waiting: true, ..Answer::default() }, None));
        }
        let problem = |problem: String| (Answer { problem, ..Answer::default() }, None);
        let case = match form.case() {
            Ok(case) => case,
            Err(error) => {
                let field =
                    casework::FIELDS.iter().find(|field| field.0 == error.field).map_or("", |field| field.1);
                let field = if error.field == "as_of" { "判定日期" } else { field };
                let said =
                    if field.is_empty() { error.message } else { format!("{field}：{}", error.message) };
                return Ok(problem(said));
            }
        };
        // A chosen day of judgement is the case's own day for the search of its pack.
        let today = case.policy_date.unwrap_or_else(|| app.today());
        let explained = match app.packs().what_if(app.store(), case, form.pack, today) {
            Ok(explained) => explained,
            Err(error @ (SyncError::NoPack | SyncError::Pack(..))) => return Ok(problem(error.to_string())),
            Err(SyncError::Store(store::StoreError::Missing(what))) => {
                return Ok(problem(format!("没有找到{what}；请在“政策包”中重新选择")));
            }
            Err(other) => return Err(other.into()),
        };
        let schemes = explained.schemes(form.siblings);
        let mut grids = Vec::new();
        if let Some(number) = form.of
            && let Some(record) = app.store().case_record(&who.viewer, number)?
        {
            grids.push(("compare", compare(&record, &explained)));
        }
        grids.push(("schemes", explained::schemes(&explained, &schemes)));
        grids.push(("candidates", explained::candidates(&explained)));
        if explained.explanation.priced.is_some() {
            grids.push(("numbers", explained::numbers(&explained)));
        }
        grids.push(("steps", explained::steps(&explained)));
        let answer = Answer { explained: Some(Explained::of(&explained)), grids, ..Answer::default() };
        Ok((answer, Some(explained)))
    }
}

/// The kept result of the real case beside the one of the form.
fn compare(record: &CaseRecord, explained: &ExplainedCase) -> Grid {
    let Some(current) = record.current() else {
        return Grid {
            title: "与原病例比较".into(),
            empty: "原病例还没有计算结果".into(),
            ..Grid::default()
        };
    };
    let policy = explained.pack.policy();
    let name = explained.explanation.grouping.group().and_then(|at| policy.groups.get(at));
    let name = name.map_or("", |group| group.name.as_str());
    let (was, is): (&StoredResult, &StoredResult) = (&current.result, &explained.result);
    let mut rows = Vec::new();
    let mut put = |title: &str, before: String, after: String, difference: Cell| {
        let changed = before != after;
        let after = Cell::text(after);
        let after = if changed { after.class("diff") } else { after };
        rows.push(Row { cells: vec![Cell::text(title), Cell::text(before), after, difference], class: "" });
    };
    put("病种编码", was.group_code.clone(), is.group_code.clone(), Cell::default());
    put("病种名称", current.group_name.clone(), name.to_owned(), Cell::default());
    put("病种类型", kind_name(&was.kind).to_owned(), kind_name(&is.kind).to_owned(), Cell::default());
    let decimals = |before: Option<i64>, after: Option<i64>| {
        let difference =
            before.zip(after).map(|(before, after)| rust_decimal::Decimal::new(after - before, 6));
        difference.map_or_else(Cell::default, |n| crate::grid::Value::Decimal(n, 4).into())
    };
    for (title, before, after) in [
        ("标准分", was.standard_points, is.standard_points),
        ("基准率", was.benchmark_ratio, is.benchmark_ratio),
        ("得分", was.earned_points, is.earned_points),
        ("分值价钱（元/分）", was.point_price, is.point_price),
    ] {
        put(title, millionths(before), millionths(after), decimals(before, after));
    }
    let money = |fen: Option<i64>| fen.map_or(text::NONE.to_owned(), text::money);
    for (title, before, after) in
        [("分值费用（元）", was.payment, is.payment), ("结余（元）", was.surplus, is.surplus)]
    {
        let difference = before.zip(after).map(|(before, after)| after - before);
        put(title, money(before), money(after), Cell::money(difference));
    }
    put("未入组或未测算原因", reason_text(&was.reason), reason_text(&is.reason), Cell::default());
    Grid {
        title: "与原病例比较".into(),
        columns: vec![
            Column::text("line", "项目"),
            Column::text("before", "原结果"),
            Column::text("after", "测算"),
            Column::number("difference", "差额", ""),
        ],
        rows,
        ..Grid::default()
    }
}
