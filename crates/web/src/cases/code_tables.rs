//! 诊断与手术操作: what the admission, the doctor, the coder and the settlement list wrote, side by side, differences marked.

use crate::grid::{Cell, Column, Grid, Row};
use model::Code;
use store::{CaseRecord, NamedRow};

/// Origins in the order they come about, with their names.
const ORIGINS: [(&str, &str); 4] =
    [("admission", "入院诊断"), ("clinical", "临床"), ("coded", "编码（首页）"), ("insurer", "医保清单")];

/// One code with what each origin says of it.
struct Line<'r> {
    code: Code,
    name: String,
    /// The row of each of the [`ORIGINS`].
    of: [Option<&'r NamedRow>; 4],
}

/// Rows of several origins by code: principal ones first, then as they come.
fn lines<'r>(rows: impl Iterator<Item = &'r NamedRow>, read: fn(&str) -> Code) -> Vec<Line<'r>> {
    let mut lines: Vec<Line<'r>> = Vec::new();
    let mut rows: Vec<&NamedRow> = rows.collect();
    rows.sort_by_key(|row| (row.int("principal") != Some(1), row.int("sequence")));
    for row in rows {
        let Some(at) = ORIGINS.iter().position(|origin| origin.0 == row.text("origin")) else { continue };
        let code = read(row.text("code"));
        // Without a code the name tells rows apart.
        let same = |line: &Line<'_>| line.code == code && (!code.is_empty() || line.name == row.text("name"));
        let line = match lines.iter().position(|line| same(line) && line.of[at].is_none()) {
            Some(found) => &mut lines[found],
            None => {
                lines.push(Line { code, name: row.text("name").to_owned(), of: [None; 4] });
                let last = lines.len() - 1;
                &mut lines[last]
            }
        };
        line.of[at] = Some(row);
        if line.name.is_empty() {
            row.text("name").clone_into(&mut line.name);
        }
    }
    lines
}

/// Origins of which there is any row: only between them a code can be missing.
fn present(lines: &[Line<'_>]) -> [bool; 4] {
    std::array::from_fn(|at| lines.iter().any(|line| line.of[at].is_some()))
}

/// What an origin says of a code: `主` or its number.
fn place(row: Option<&NamedRow>) -> Cell {
    match row {
        None => Cell::default(),
        Some(row) if row.int("principal") == Some(1) => Cell::text("主要").class("tag tag-ok"),
        Some(row) => Cell::text(row.int("sequence").map_or("有".to_owned(), |n| format!("第 {n}"))),
    }
}

/// Where the origins differ, in words; empty when they agree.
fn difference(line: &Line<'_>, present: [bool; 4], origins: &[usize]) -> String {
    let there = origins.iter().filter(|at| present[**at]);
    let missing: Vec<&str> =
        there.clone().filter(|at| line.of[**at].is_none()).map(|at| ORIGINS[*at].1).collect();
    if !missing.is_empty() {
        return format!("{}没有", missing.join("、"));
    }
    let principal = |at: &usize| line.of[*at].is_some_and(|row| row.int("principal") == Some(1));
    let mut marks = there.map(principal);
    let first = marks.next();
    match marks.any(|mark| Some(mark) != first) {
        true => "主次不同".to_owned(),
        false => String::new(),
    }
}

/// 诊断 of the four origins side by side. The admission's diagnosis may differ without being a fault.
pub(super) fn diagnoses(record: &CaseRecord) -> Grid {
    let western = record.diagnoses.iter().filter(|row| row.text("kind") == "western");
    let lines = lines(western, Code::diagnosis);
    let present = present(&lines);
    let row = |line: &Line<'_>| {
        let said = difference(line, present, &[1, 2, 3]);
        let condition = [2, 3, 1].iter().find_map(|at| {
            let text = line.of[*at]?.text("admission_condition");
            (!text.is_empty()).then(|| admission_condition(text))
        });
        let mut cells = vec![Cell::text(line.code.to_string()), Cell::text(line.name.clone())];
        cells.extend(line.of.iter().map(|row| place(*row)));
        cells.push(Cell::text(condition.unwrap_or_default()));
        cells.push(if said.is_empty() {
            Cell::text("一致")
        } else {
            Cell::text(said).class("tag tag-bad")
        });
        Row { cells, class: "" }
    };
    let mut columns = vec![Column::text("code", "诊断编码"), Column::text("name", "诊断名称")];
    columns.extend(ORIGINS.map(|(key, name)| Column::text(key, name)));
    columns.push(Column::text("condition", "入院病情"));
    columns.push(Column::text("difference", "差异"));
    Grid {
        title: "诊断对照".into(),
        columns,
        rows: lines.iter().map(row).collect(),
        empty: "还没有采集到西医诊断".into(),
        ..Grid::default()
    }
}

/// 主要诊断 of each origin in one sentence; the flag says that clinical, coded and insurer's differ.
pub(super) fn principals(record: &CaseRecord) -> (String, bool) {
    let mut said = Vec::new();
    let mut codes: Vec<Code> = Vec::new();
    for (at, (origin, name)) in ORIGINS.iter().enumerate() {
        let row = record.diagnoses.iter().find(|row| {
            row.text("origin") == *origin && row.text("kind") == "western" && row.int("principal") == Some(1)
        });
        let Some(row) = row else { continue };
        said.push(format!("{name} {} {}", row.text("code"), row.text("name")));
        if at > 0 {
            codes.push(Code::diagnosis(row.text("code")));
        }
    }
    codes.dedup();
    (said.join("；"), codes.len() > 1)
}

/// Diagnoses of the other kinds: 中医, 门急诊, 病理, 外因.
pub(super) fn other_diagnoses(record: &CaseRecord) -> Grid {
    let rows = record.diagnoses.iter().filter(|row| row.text("kind") != "western").map(|row| {
        let origin = ORIGINS.iter().find(|origin| origin.0 == row.text("origin"));
        Row {
            cells: vec![
                Cell::text(diagnosis_kind(row.text("kind"))),
                Cell::text(origin.map_or(row.text("origin"), |origin| origin.1)),
                Cell::text(row.text("code")),
                Cell::text(row.text("name")),
                Cell::text(row.text("pathology_number")),
            ],
            class: "",
        }
    });
    Grid {
        title: "其他诊断类别".into(),
        columns: [
            ("kind", "类别"),
            ("origin", "来源"),
            ("code", "编码"),
            ("name", "名称"),
            ("pathology", "病理号"),
        ]
        .map(|(key, title)| Column::text(key, title))
        .to_vec(),
        rows: rows.collect(),
        ..Grid::default()
    }
}

fn diagnosis_kind(kind: &str) -> &str {
    match kind {
        "chinese" => "中医诊断",
        "outpatient" => "门急诊诊断",
        "pathology" => "病理诊断",
        "external" => "损伤中毒外因",
        other => other,
    }
}

/// 入院病情 (RC027).
fn admission_condition(code: &str) -> &str {
    match code {
        "1" => "有",
        "2" => "临床未确定",
        "3" => "情况不明",
        "4" => "无",
        other => other,
    }
}

/// 手术操作 of the origins side by side, with what the fullest of them knows of each.
pub(super) fn operations(record: &CaseRecord) -> Grid {
    let lines = lines(record.operations.iter(), Code::procedure);
    let present = present(&lines);
    let row = |line: &Line<'_>| {
        let best = [2, 1, 3].into_iter().find_map(|at| line.of[at]);
        let text = |column: &str| best.map_or("", |row| row.text(column));
        let staff = |column: &str| Cell::text(record.staff(text(column)));
        let moment = |column: &str| Cell::moment(best.and_then(|row| row.int(column)));
        let said = difference(line, present, &[1, 2, 3]);
        let mut cells = vec![Cell::text(line.code.to_string()), Cell::text(line.name.clone())];
        cells.extend(line.of.iter().skip(1).map(|row| place(*row)));
        cells.extend([
            Cell::text(text("level")),
            moment("started_at"),
            moment("ended_at"),
            staff("surgeon_key"),
            staff("assistant1_key"),
            Cell::text(text("anaesthesia")),
            staff("anaesthetist_key"),
            Cell::text(text("incision_healing")),
            Cell::text(
                best.and_then(|row| row.int("elective")).map_or("", |n| if n == 1 { "是" } else { "否" }),
            ),
        ]);
        cells.push(if said.is_empty() {
            Cell::text("一致")
        } else {
            Cell::text(said).class("tag tag-bad")
        });
        Row { cells, class: "" }
    };
    let mut columns = vec![Column::text("code", "手术操作编码"), Column::text("name", "手术操作名称")];
    columns.extend(ORIGINS.iter().skip(1).map(|(key, name)| Column::text(key, name)));
    columns.extend(
        [
            ("level", "级别"),
            ("started", "开始"),
            ("ended", "结束"),
            ("surgeon", "术者"),
            ("assistant", "Ⅰ助"),
            ("anaesthesia", "麻醉方式"),
            ("anaesthetist", "麻醉医师"),
            ("incision", "切口愈合"),
            ("elective", "择期"),
            ("difference", "差异"),
        ]
        .map(|(key, title)| Column::text(key, title)),
    );
    Grid {
        title: "手术操作对照".into(),
        columns,
        rows: lines.iter().map(row).collect(),
        empty: "本例没有手术操作".into(),
        ..Grid::default()
    }
}
