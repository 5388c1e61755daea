//! 入组与计价的依据: steps, coefficients, candidates and schemes of an explained case as tables.

use super::kind_class;
use super::result_head::{RatioBar, ResultHead, range_text};
use crate::grid::{Cell, Column, Grid, Row, Value};
use crate::text;
use casework::{CandidateRow, Part, Scheme};
use grouper::Outcome;
use model::Code;
use rust_decimal::Decimal;
use settle::Priced;
use sync::ExplainedCase;

/// What a page shows of an explained case.
pub(crate) struct Explained {
    pub(crate) head: ResultHead,
    pub(crate) bar: Option<RatioBar>,
    /// The pack and the date that it was judged by.
    pub(crate) pack: String,
    pub(crate) grouping: Vec<StepView>,
    pub(crate) pricing: Vec<StepView>,
    /// 测算参考: what costs the group bears, in words.
    pub(crate) hints: Vec<(&'static str, String)>,
}

/// A step in words.
pub(crate) struct StepView {
    pub(crate) stage: String,
    pub(crate) text: String,
    pub(crate) source: String,
    pub(crate) evidence: String,
    pub(crate) confirmed: bool,
    /// Nothing came of it.
    pub(crate) failed: bool,
}

impl Explained {
    pub(crate) fn of(explained: &ExplainedCase) -> Explained {
        let policy = explained.pack.policy();
        let group = explained.explanation.grouping.group().and_then(|at| policy.groups.get(at));
        let step = |step: &casework::ExplainedStep| StepView {
            stage: step.stage.clone(),
            text: step.text.clone(),
            source: step.source.clone().unwrap_or_default(),
            // The tag says it already.
            evidence: step.evidence.clone().filter(|text| text != policy::UNCONFIRMED).unwrap_or_default(),
            confirmed: step.confirmed,
            failed: matches!(step.result.as_str(), "none" | "0" | "—"),
        };
        let of =
            |part: Part| explained.explanation.steps.iter().filter(move |step| step.part == part).map(step);
        let ratio = explained.explanation.priced.and_then(|priced| priced.ratio);
        let day = explained.case.policy_date.or_else(|| policy.date_of(&explained.case));
        let day = day.map_or(String::new(), |day| format!("，按 {day} 判定"));
        Explained {
            head: ResultHead::of(&explained.result, group.map_or("", |group| group.name.as_str())),
            bar: RatioBar::of(policy, ratio, explained.bands.as_ref()),
            pack: format!("{}（{}）{day}", policy.identity.name, policy.identity.id),
            grouping: of(Part::Grouping).collect(),
            pricing: of(Part::Pricing).collect(),
            hints: hints(explained),
        }
    }
}

/// 推荐合理区间, 盈亏平衡点 and 基准费用.
fn hints(explained: &ExplainedCase) -> Vec<(&'static str, String)> {
    let Some(bands) = &explained.bands else { return Vec::new() };
    let mut hints = vec![("基准费用（基准率 = 1）", format!("{} 元", text::decimal(bands.base_cost, 2)))];
    hints.extend(bands.cost.map(|cost| ("本例计分费用", format!("{} 元", text::money(cost.0)))));
    hints.extend(bands.recommended.map(|range| ("推荐合理区间", range_text(range))));
    hints.extend(
        bands.break_even.map(|cost| ("盈亏平衡点", format!("{} 元，超过即亏损", text::money(cost.0)))),
    );
    hints.extend(bands.best_surplus.map(|fen| ("正常区间内最多结余", format!("{} 元", text::money(fen.0)))));
    hints
}

/// 测算数值: every number from the points to the surplus.
pub(crate) fn numbers(explained: &ExplainedCase) -> Grid {
    let mut rows = Vec::new();
    let mut put = |name: &str, value: Cell, note: String| {
        rows.push(Row { cells: vec![Cell::text(name), value, Cell::text(note)], class: "" });
    };
    let policy = explained.pack.policy();
    let Some(priced) = &explained.explanation.priced else { return Grid::default() };
    let digits = policy.scoring.rounding;
    let decimal = |number: Option<Decimal>, places: u32| {
        number.map_or_else(Cell::default, |n| Value::Decimal(n, places).into())
    };
    let fen = |fen: Option<model::Fen>| Cell::money(fen.map(|fen| fen.0));
    let applied = priced.coefficients;
    put("标准分", decimal(Some(priced.standard_points), digits.points), String::new());
    put("计分费用", fen(priced.ratio_cost), format!("基准率的分子：{}", policy.scoring.numerator.chinese()));
    put("基准费用", decimal(priced.base_cost, 2), "基准率的分母".to_owned());
    put("基准率", decimal(priced.ratio, digits.ratio), priced.band_label(policy).to_owned());
    put("分段系数", decimal(priced.factor, digits.factor), priced.segment_name(policy).to_owned());
    put("医院系数", decimal(Some(applied.hospital), digits.coefficient), String::new());
    put("病种系数", decimal(Some(applied.group), digits.coefficient), String::new());
    put("加成系数", decimal(Some(applied.bonus), digits.coefficient), String::new());
    put("辅助目录系数", decimal(Some(applied.auxiliary), digits.coefficient), String::new());
    put("得分", decimal(priced.earned_points, digits.points), String::new());
    let paid_by = priced.paid_by.map_or("", settle::PaidBy::chinese);
    put("分值价钱（元/分）", decimal(priced.price, digits.price), paid_by.to_owned());
    put(
        "分值费用（元）",
        fen(priced.payment),
        priced.payment_missing.map(|m| m.chinese().to_owned()).unwrap_or_default(),
    );
    put(
        "结余（元）",
        fen(priced.surplus),
        priced.surplus_missing.map(|m| m.chinese().to_owned()).unwrap_or_default(),
    );
    Grid {
        title: "测算数值".into(),
        columns: vec![
            Column::text("name", "项目"),
            Column::number("value", "数值", ""),
            Column::text("note", "说明"),
        ],
        rows,
        ..Grid::default()
    }
}

/// The steps as a table, for the file.
pub(crate) fn steps(explained: &ExplainedCase) -> Grid {
    let rows = explained.explanation.steps.iter().map(|step| Row {
        cells: [
            if step.part == Part::Grouping { "入组" } else { "计价" },
            &step.stage,
            &step.text,
            step.source.as_deref().unwrap_or_default(),
            step.evidence.as_deref().unwrap_or_default(),
        ]
        .map(Cell::text)
        .to_vec(),
        class: "",
    });
    Grid {
        title: "入组与计价过程".into(),
        columns: [
            ("part", "部分"),
            ("stage", "步骤"),
            ("text", "说明"),
            ("source", "依据位置"),
            ("evidence", "依据"),
        ]
        .map(|(key, title)| Column::text(key, title))
        .to_vec(),
        rows: rows.collect(),
        ..Grid::default()
    }
}

/// 候选病种 with why each is or is not the case's group.
pub(crate) fn candidates(explained: &ExplainedCase) -> Grid {
    let policy = explained.pack.policy();
    let row = |candidate: &CandidateRow| {
        let group = policy.groups.get(candidate.group)?;
        let stage = policy.grouping.stages.get(candidate.stage).map_or("", |stage| stage.name.as_str());
        let (word, class) = match candidate.outcome {
            Outcome::Chosen => ("入组", "tag tag-ok"),
            Outcome::Lost { .. } => ("让位", "tag"),
            Outcome::Preceded { .. } => ("顺序在后", "tag"),
            Outcome::Refused => ("条件不符", "tag tag-none"),
        };
        let mut cells = vec![
            Cell::text(word).class(class),
            Cell::text(group.code.clone()),
            Cell::text(group.name.clone()),
            Cell::text(group.kind.chinese()).class(kind_class(group.kind.name())),
            Cell::text(stage),
            Cell::text(codes(&candidate.matched)),
            Cell::text(codes(&candidate.unmatched)),
            Value::Decimal(group.points, policy.scoring.rounding.points).into(),
        ];
        cells.extend(money_cells(policy, candidate.priced.as_ref()));
        cells.push(Cell::text(candidate.text.clone()));
        Some(Row { cells, class: "" })
    };
    let mut columns = vec![
        Column::text("outcome", "结果"),
        Column::text("code", "病种编码"),
        Column::text("name", "病种名称"),
        Column::text("kind", "类型"),
        Column::text("stage", "阶段"),
        Column::text("matched", "匹配的手术操作"),
        Column::text("unmatched", "未用到的手术操作"),
        Column::number("points", "标准分", "分"),
    ];
    columns.extend(money_columns());
    columns.push(Column::text("why", "原因"));
    Grid {
        title: "候选病种".into(),
        columns,
        rows: explained.explanation.candidates.iter().filter_map(row).collect(),
        empty: "目录中没有此主诊断的病种；请核对主诊断编码".into(),
        ..Grid::default()
    }
}

/// 入组方案, each against the group as it stands.
pub(crate) fn schemes(explained: &ExplainedCase, schemes: &[Scheme]) -> Grid {
    let policy = explained.pack.policy();
    let first = schemes.iter().find(|scheme| scheme.first_choice).map(|scheme| &scheme.priced);
    let row = |scheme: &Scheme| {
        let group = policy.groups.get(scheme.group)?;
        let marks = [
            (scheme.first_choice, "首选"),
            (scheme.most_points, "最高分值"),
            (scheme.best_surplus, "最优结余"),
            (scheme.needs_review, "须编码员复核"),
            (scheme.undocumented, "病历无此诊断"),
        ];
        let said: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
        let class = if scheme.undocumented {
            "tag tag-bad"
        } else if scheme.first_choice {
            "tag tag-ok"
        } else {
            "tag"
        };
        let marks = if said.is_empty() { Cell::default() } else { Cell::text(said.join(" ")).class(class) };
        let mut cells = vec![
            marks,
            Cell::text(group.code.clone()),
            Cell::text(group.name.clone()),
            Cell::text(group.kind.chinese()).class(kind_class(group.kind.name())),
            Cell::text(scheme.principal.to_string()),
            Cell::text(codes(&scheme.matched)),
            Cell::text(codes(&scheme.unmatched)),
            Value::Decimal(group.points, policy.scoring.rounding.points).into(),
        ];
        cells.extend(money_cells(policy, Some(&scheme.priced)));
        let difference = first.and_then(|first| Some(scheme.priced.surplus?.0 - first.surplus?.0));
        cells.push(Cell::money(difference.filter(|_| !scheme.first_choice)));
        Some(Row { cells, class: "" })
    };
    let mut columns = vec![
        Column::text("marks", "标记"),
        Column::text("code", "病种编码"),
        Column::text("name", "病种名称"),
        Column::text("kind", "类型"),
        Column::text("principal", "主要诊断"),
        Column::text("matched", "匹配的手术操作"),
        Column::text("unmatched", "未用到的手术操作"),
        Column::number("points", "标准分", "分"),
    ];
    columns.extend(money_columns());
    columns.push(Column::number("difference", "结余与首选之差", "元"));
    Grid {
        title: "入组方案".into(),
        columns,
        rows: schemes.iter().filter_map(row).collect(),
        empty: "没有可入组的方案；请核对主诊断与手术操作".into(),
        ..Grid::default()
    }
}

fn money_columns() -> [Column; 5] {
    [
        Column::number("ratio", "基准率", ""),
        Column::text("band", "区间"),
        Column::number("earned", "得分", "分"),
        Column::number("payment", "分值费用", "元"),
        Column::number("surplus", "结余", "元"),
    ]
}

fn money_cells(policy: &policy::Policy, priced: Option<&Priced>) -> [Cell; 5] {
    let digits = policy.scoring.rounding;
    let decimal = |number: Option<Decimal>, places: u32| {
        number.map_or_else(Cell::default, |n| Value::Decimal(n, places).into())
    };
    let fen = |fen: Option<model::Fen>| Cell::money(fen.map(|fen| fen.0));
    [
        decimal(priced.and_then(|p| p.ratio), digits.ratio),
        Cell::text(priced.map_or("", |p| p.band_label(policy))),
        decimal(priced.and_then(|p| p.earned_points), digits.points),
        fen(priced.and_then(|p| p.payment)),
        fen(priced.and_then(|p| p.surplus)),
    ]
}

fn codes(codes: &[Code]) -> String {
    codes.iter().map(Code::as_str).collect::<Vec<_>>().join(" ")
}
