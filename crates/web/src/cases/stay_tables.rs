//! 转科, 结算 and 首页: the other tables of a case's record.

use crate::grid::{Cell, Column, Grid, Row};
use crate::text;
use store::{CaseRecord, NamedRow};

/// 在科记录
pub(super) fn department_stays(record: &CaseRecord) -> Grid {
    let row = |row: &NamedRow| Row {
        cells: vec![
            Cell::text(row.int("sequence").map_or(String::new(), |n| n.to_string())),
            Cell::text(record.department(row.text("department_key"))),
            Cell::text(row.text("ward")),
            Cell::text(row.text("bed")),
            Cell::text(record.staff(row.text("doctor_key"))),
            Cell::moment(row.int("entered_at")),
            Cell::moment(row.int("left_at")),
            hours(row.int("entered_at"), row.int("left_at")),
            Cell::text(row.text("leave_way")),
        ],
        class: "",
    };
    Grid {
        title: "转科记录".into(),
        columns: vec![
            Column::text("sequence", "序号"),
            Column::text("department", "科室"),
            Column::text("ward", "病区"),
            Column::text("bed", "床号"),
            Column::text("doctor", "主管医师"),
            Column::text("entered", "入科"),
            Column::text("left", "出科"),
            Column::number("hours", "停留", "小时"),
            Column::text("way", "出科方式"),
        ],
        rows: record.department_stays.iter().map(row).collect(),
        empty: "没有转科记录".into(),
        ..Grid::default()
    }
}

fn hours(from: Option<i64>, to: Option<i64>) -> Cell {
    from.zip(to).map_or_else(Cell::default, |(from, to)| Cell::whole((to - from).div_euclid(3600)))
}

/// 重症监护
pub(super) fn icu_stays(record: &CaseRecord) -> Grid {
    let row = |row: &NamedRow| Row {
        cells: vec![
            Cell::text(row.text("unit")),
            Cell::moment(row.int("entered_at")),
            Cell::moment(row.int("left_at")),
            hours(row.int("entered_at"), row.int("left_at")),
            Cell::text(row.shown("ventilator_hours").to_string()),
        ],
        class: "",
    };
    Grid {
        title: "重症监护".into(),
        columns: vec![
            Column::text("unit", "监护病房类型"),
            Column::text("entered", "进入"),
            Column::text("left", "退出"),
            Column::number("hours", "停留", "小时"),
            Column::number("ventilator", "呼吸机", "小时"),
        ],
        rows: record.icu_stays.iter().map(row).collect(),
        empty: "没有进入重症监护".into(),
        ..Grid::default()
    }
}

/// 结算: one column a settlement, one line a part of it.
pub(super) fn settlements(record: &CaseRecord) -> Grid {
    let cancelled: Vec<&str> = record.settlements.iter().map(|row| row.text("cancels")).collect();
    let mut columns = vec![Column::text("line", "项目")];
    for row in &record.settlements {
        let state = if cancelled.contains(&row.key()) { "，已冲销" } else { "" };
        let title = format!("{} {}{state}", settlement_kind(row.text("kind")), row.text("settlement_number"));
        columns.push(Column::number(row.key(), &title, ""));
    }
    let lines = record.settlements.first().map_or(&[][..], |row| row.table().columns);
    let skipped = ["key", "encounter_key", "settlement_number", "kind", "cancels", "civil_servant"];
    let rows = lines
        .iter()
        .filter(|column| !skipped.contains(&column.name))
        .filter(|column| record.settlements.iter().any(|row| !row.value(column.name).is_null()))
        .map(|column| {
            let mut cells = vec![Cell::text(column.chinese)];
            cells.extend(record.settlements.iter().map(|row| match (column.kind, row.int(column.name)) {
                (model::canonical::Kind::Money, fen) => Cell::money(fen),
                (model::canonical::Kind::Moment, at) => Cell::moment(at),
                _ => Cell::text(row.shown(column.name).to_string()),
            }));
            Row { cells, class: "" }
        });
    Grid {
        title: "医保结算".into(),
        columns,
        rows: rows.collect(),
        empty: "还没有医保结算".into(),
        ..Grid::default()
    }
}

fn settlement_kind(kind: &str) -> &str {
    match kind {
        "final" => "正式结算",
        "interim" => "中途结算",
        "preview" => "预结算",
        "cancel" => "冲销",
        other => other,
    }
}

/// 基金支付明细
pub(super) fn funds(record: &CaseRecord) -> Grid {
    let row = |row: &NamedRow| Row {
        cells: vec![
            Cell::text(row.text("settlement_key")),
            Cell::text(row.text("fund_type")),
            Cell::text(row.text("fund_name")),
            Cell::money(row.int("in_scope")),
            Cell::money(row.int("payable_limit")),
            Cell::money(row.int("paid")),
        ],
        class: "",
    };
    Grid {
        title: "基金支付明细".into(),
        columns: vec![
            Column::text("settlement", "结算"),
            Column::text("type", "基金类型"),
            Column::text("name", "基金名称"),
            Column::number("in_scope", "符合范围金额", "元"),
            Column::number("limit", "可支付限额", "元"),
            Column::number("paid", "基金支付", "元"),
        ],
        rows: record.funds.iter().map(row).collect(),
        ..Grid::default()
    }
}

/// 医保返回与本系统测算: the insurer's points and money beside ours.
pub(super) fn returned(record: &CaseRecord) -> Grid {
    let standing = record.settlements.iter().rev().find(|row| {
        row.text("kind") == "final"
            && !record.settlements.iter().any(|other| other.text("cancels") == row.key())
    });
    let (Some(row), Some(current)) = (standing, record.current()) else { return Grid::default() };
    let points = |column: &str| row.int(column).map(|n| rust_decimal::Decimal::new(n, 4));
    let ours = |n: Option<i64>| n.map(|n| rust_decimal::Decimal::new(n, 6));
    let decimal = |n: Option<rust_decimal::Decimal>| {
        n.map_or_else(Cell::default, |n| crate::grid::Value::Decimal(n, 4).into())
    };
    let mut rows = Vec::new();
    for (name, theirs, mine) in [
        ("病种分值", points("insurer_points"), ours(current.result.standard_points)),
        ("结算分值", points("insurer_earned_points"), ours(current.result.earned_points)),
    ] {
        if theirs.is_some() {
            let difference = theirs.zip(mine).map(|(theirs, mine)| mine - theirs);
            rows.push(Row {
                cells: vec![Cell::text(name), decimal(theirs), decimal(mine), decimal(difference)],
                class: "",
            });
        }
    }
    if let Some(theirs) = row.int("insurer_payable") {
        let mine = current.result.payment;
        rows.push(Row {
            cells: vec![
                Cell::text("应付结算金额（元）"),
                Cell::money(theirs),
                Cell::money(mine),
                Cell::money(mine.map(|mine| mine - theirs)),
            ],
            class: "",
        });
    }
    Grid {
        title: "医保返回与本系统测算".into(),
        columns: vec![
            Column::text("line", "项目"),
            Column::number("insurer", "医保返回", ""),
            Column::number("own", "本系统", ""),
            Column::number("difference", "差额", ""),
        ],
        rows,
        ..Grid::default()
    }
}

/// 病案首页: whatever is filled in, masked where it must be.
pub(super) fn front_page(record: &CaseRecord) -> Grid {
    let Some(page) = &record.front_page else {
        return Grid {
            title: "病案首页".into(), empty: "还没有采集到病案首页".into(), ..Grid::default()
        };
    };
    let filled = page.table().columns.iter().skip(2).filter(|column| !page.value(column.name).is_null());
    let rows = filled.map(|column| {
        let shown = match (column.kind, page.int(column.name)) {
            (model::canonical::Kind::Money, Some(fen)) => Cell::money(fen),
            _ if column.name == "state" => Cell::text(front_page_state(page.text("state"))),
            (model::canonical::Kind::Flag, Some(flag)) => Cell::text(if flag == 1 { "是" } else { "否" }),
            _ => Cell::text(page.shown(column.name).to_string()),
        };
        Row { cells: vec![Cell::text(column.wire), Cell::text(column.chinese), shown], class: "" }
    });
    Grid {
        title: "病案首页".into(),
        columns: vec![
            Column::text("wire", "首页代码"),
            Column::text("name", "项目"),
            Column::text("value", "内容"),
        ],
        rows: rows.collect(),
        empty: "还没有采集到病案首页".into(),
        ..Grid::default()
    }
}

fn front_page_state(state: &str) -> &str {
    match state {
        "draft" => "暂存",
        "coded" => "已编码",
        "checked" => "已质控",
        "written_back" => "已归档",
        other => other,
    }
}

/// 违规与评分 of every run that found any.
pub(super) fn findings(record: &CaseRecord) -> Grid {
    let finding = |finding: &store::CaseFinding| Row {
        cells: vec![
            Cell::text(if finding.engine == "audit" { "费用审核" } else { "病案质控" }),
            Cell::text(finding.rule.clone()),
            Cell::text(finding.severity.clone()),
            Cell::money(finding.amount),
            Cell::text(finding.evidence.clone()),
            Cell::text(finding.run.to_string()),
        ],
        class: "",
    };
    let score = |score: &store::CaseScore| Row {
        cells: vec![
            Cell::text("评分"),
            Cell::text(score.kind.clone()),
            Cell::default(),
            Cell::default(),
            Cell::text(text::decimal(rust_decimal::Decimal::new(score.score, 4), 1)),
            Cell::text(score.run.to_string()),
        ],
        class: "",
    };
    Grid {
        title: "审核与评分".into(),
        columns: vec![
            Column::text("engine", "类别"),
            Column::text("rule", "规则"),
            Column::text("severity", "级别"),
            Column::number("amount", "涉及金额", "元"),
            Column::text("evidence", "依据"),
            Column::text("run", "批次"),
        ],
        rows: record.findings.iter().map(finding).chain(record.scores.iter().map(score)).collect(),
        empty: "规则尚未运行，或本例没有违规与缺陷".into(),
        ..Grid::default()
    }
}
