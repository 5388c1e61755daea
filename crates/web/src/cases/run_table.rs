//! 历次结果: what each run made of the case, side by side, what differs from the current result marked.

use super::result_head::{kind_name, millionths, reason_text};
use crate::grid::{Cell, Column, Grid, Row};
use crate::text;
use store::{CaseRecord, CaseRunResult, ComputeState, StoredResult};

/// Runs shown beside the current one.
const MOST: usize = 7;

/// A line of the table: name, and how a result shows it.
type Line = (&'static str, fn(&CaseRunResult) -> String);

const LINES: &[Line] = &[
    ("政策包", |run| format!("{}（{}）", run.pack_name, run.pack_id)),
    ("病种编码", |run| run.result.group_code.clone()),
    ("病种名称", |run| run.group_name.clone()),
    ("病种类型", |run| kind_name(&run.result.kind).to_owned()),
    ("标准分", |run| millionths(run.result.standard_points)),
    ("基准率", |run| millionths(run.result.benchmark_ratio)),
    ("基准率区间", |run| run.result.band.clone()),
    ("计分分段", |run| run.result.segment.clone()),
    ("分段系数", |run| millionths(run.result.factor)),
    ("医院系数", |run| millionths(run.result.hospital_coefficient)),
    ("病种系数", |run| millionths(run.result.group_coefficient)),
    ("加成系数", |run| millionths(run.result.bonus_coefficient)),
    ("辅助目录系数", |run| millionths(run.result.auxiliary_coefficient)),
    ("得分", |run| millionths(run.result.earned_points)),
    ("分值价钱（元/分）", |run| millionths(run.result.point_price)),
    ("计分费用（元）", |run| money(run.result.ratio_cost)),
    ("分值费用（元）", |run| money(run.result.payment)),
    ("结余（元）", |run| money(run.result.surplus)),
    ("试算", |run| flag(run.result.trial)),
    ("特例单议", |run| flag(run.result.review)),
    ("参数已确认", |run| flag(run.result.confirmed)),
    ("未入组或未测算原因", |run| reason_text(&run.result.reason)),
];

fn money(fen: Option<i64>) -> String {
    fen.map_or(text::NONE.to_owned(), text::money)
}

fn flag(is: bool) -> String {
    if is { "是" } else { "否" }.to_owned()
}

/// One column a run, the current one first.
pub(super) fn runs(record: &CaseRecord) -> Grid {
    let runs: Vec<&CaseRunResult> = record.results.iter().take(MOST + 1).collect();
    let current = record.current();
    let mut columns = vec![Column::text("line", "项目")];
    columns.extend(runs.iter().map(|run| Column::text(&format!("run{}", run.result.run), &heading(run))));
    let mut rows: Vec<Row> = LINES
        .iter()
        .map(|(name, show)| {
            let now = current.map(show);
            let mut cells = vec![Cell::text(*name)];
            cells.extend(runs.iter().map(|run| {
                let said = show(run);
                let differs = now.as_ref().is_some_and(|now| *now != said);
                let cell = Cell::text(said);
                if differs { cell.class("diff") } else { cell }
            }));
            Row { cells, class: "" }
        })
        .collect();
    rows.push(differences(&runs, current.map(|current| &current.result)));
    Grid {
        title: "历次结果".into(),
        columns,
        rows: if runs.is_empty() { Vec::new() } else { rows },
        empty: "本例还没有计算过".into(),
        ..Grid::default()
    }
}

fn heading(run: &CaseRunResult) -> String {
    let state = match (run.current, run.state) {
        (true, _) => "当前".to_owned(),
        (false, ComputeState::Done) => "未发布".to_owned(),
        (false, ComputeState::Published) => "曾经".to_owned(),
        (false, state) => state.chinese().to_owned(),
    };
    format!("{state} {}（{}）", text::moment(run.run_started_at), run.cause.chinese())
}

/// 结余与当前之差
fn differences(runs: &[&CaseRunResult], current: Option<&StoredResult>) -> Row {
    let mut cells = vec![Cell::text("结余与当前之差（元）")];
    cells.extend(runs.iter().map(|run| {
        let difference = current.and_then(|current| Some(run.result.surplus? - current.surplus?));
        Cell::money(difference.filter(|_| !run.current))
    }));
    Row { cells, class: "" }
}
