//! `dipper policy fit`: what the insurer's returned cases prove of a pack's parameters.

use crate::pack_dir;
use anyhow::{Context, bail};
use model::Fen;
use policy::Kind;
use serde::Deserialize;
use settle::fit::{FitReport, FittedSegment, ReturnedCase, Verdict, fit};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use terms::table::{Hint, Row, Table, read_table};

/// The fields of a returned case and the wire names of transaction 4160 (结算清单分值查询).
const FIELDS: [(&str, &str); 15] = [
    ("group", "diag_grp"),
    ("kind", "kind"),
    ("standard_points", "dise_sco"),
    ("matched_points", "act_dise_sco"),
    ("settled_points", "act_setl_sco"),
    ("total_cost", "total_payamt"),
    ("insurer_cost", "insurer_cost"),
    ("in_scope_cost", "inscp_amt"),
    ("pooled_fund", "fund_payamt"),
    ("self_pay", "psn_selfpay_amt"),
    ("payable", "payb_setl_amt"),
    ("insurance_type", "insutype"),
    ("hospital", "fixmedins_code"),
    ("hospital_level", "hospital_level"),
    ("auxiliary", "auxiliary_coefficient"),
];

/// Column map of a return file that does not use the names of 4160.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnMap {
    /// Field → column.
    columns: BTreeMap<String, String>,
    /// Field → the value every row has.
    #[serde(default)]
    constants: BTreeMap<String, String>,
}

pub(crate) fn text(pack: &Path, input: &Path, map: Option<&Path>) -> anyhow::Result<String> {
    let policy = pack_dir::load(pack)?;
    let bytes = std::fs::read(input).with_context(|| format!("打不开返回文件 {}", input.display()))?;
    let table =
        read_table(&bytes, &Hint::default()).with_context(|| format!("读不了 {}", input.display()))?;
    let columns = Columns::bind(&table, map)?;
    let (mut cases, mut wrong) = (Vec::new(), Vec::new());
    for row in table.rows() {
        match columns.read(&row) {
            Ok(case) => cases.push(case),
            Err(message) => wrong.push(format!("第 {} 行：{message}", row.line())),
        }
    }
    wrong.extend(table.wrong.iter().map(|row| format!("第 {} 行：{}", row.line, row.message)));
    Ok(page(&policy, &fit(&policy, &cases), &wrong))
}

/// Where each field stands.
struct Columns {
    columns: BTreeMap<&'static str, usize>,
    constants: BTreeMap<&'static str, String>,
}

impl Columns {
    fn bind(table: &Table, map: Option<&Path>) -> anyhow::Result<Columns> {
        let map: Option<ReturnMap> = match map {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("读不了列对照 {}", path.display()))?;
                Some(toml::from_str(&text).with_context(|| format!("列对照 {} 有误", path.display()))?)
            }
        };
        let mut bound = Columns { columns: BTreeMap::new(), constants: BTreeMap::new() };
        for (field, wire) in FIELDS {
            match &map {
                Some(map) => {
                    if let Some(column) = map.columns.get(field) {
                        bound.columns.insert(field, table.column(column)?);
                    }
                    if let Some(value) = map.constants.get(field) {
                        bound.constants.insert(field, value.clone());
                    }
                }
                None if table.header().iter().any(|name| name == wire) => {
                    bound.columns.insert(field, table.column(wire)?);
                }
                None => {}
            }
        }
        if let Some(map) = &map {
            let known = |field: &&String| FIELDS.iter().any(|(name, _)| *name == field.as_str());
            if let Some(field) = map.columns.keys().chain(map.constants.keys()).find(|field| !known(field)) {
                let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
                bail!("列对照中的“{field}”不是返回字段：可用 {}", names.join("、"));
            }
        }
        for (field, wire) in
            FIELDS.iter().filter(|(field, _)| ["standard_points", "settled_points"].contains(field))
        {
            if !bound.columns.contains_key(field) {
                bail!(
                    "返回文件中没有“{wire}”列（{field}）：请用 --map 指定列对照；表头为：{}",
                    table.header().join("、")
                );
            }
        }
        Ok(bound)
    }

    fn read(&self, row: &Row<'_>) -> Result<ReturnedCase, String> {
        let text = |field: &'static str| {
            let cell = self.columns.get(field).map(|at| row.get(*at).trim()).filter(|cell| !cell.is_empty());
            cell.or_else(|| self.constants.get(field).map(String::as_str)).unwrap_or("")
        };
        let money = |field: &'static str| match text(field) {
            "" => Ok(None),
            yuan => Fen::parse_yuan(yuan).map(Some).map_err(|error| format!("{field}：{error}")),
        };
        let points = |field: &'static str| match text(field) {
            "" => Ok(None),
            number => {
                model::parse_decimal(number).map(Some).ok_or_else(|| format!("{field}：“{number}”不是数字"))
            }
        };
        let needed = |field| points(field)?.ok_or_else(|| format!("{field} 为空"));
        let kind = Kind::NAMES.iter().find(|(name, kind)| [*name, kind.chinese()].contains(&text("kind")));
        Ok(ReturnedCase {
            group: Some(text("group").to_owned()).filter(|group| !group.is_empty()),
            kind: kind.map(|(_, kind)| *kind),
            standard_points: needed("standard_points")?,
            matched_points: points("matched_points")?,
            settled_points: needed("settled_points")?,
            total_cost: money("total_cost")?,
            insurer_cost: money("insurer_cost")?,
            in_scope_cost: money("in_scope_cost")?,
            pooled_fund: money("pooled_fund")?,
            self_pay: money("self_pay")?,
            payable: money("payable")?,
            insurance_type: text("insurance_type").to_owned(),
            hospital: text("hospital").to_owned(),
            hospital_level: text("hospital_level").to_owned(),
            auxiliary: points("auxiliary")?,
        })
    }
}

/// The report as a page to read.
fn page(policy: &policy::Policy, report: &FitReport, wrong: &[String]) -> String {
    let mut text =
        format!("{}：返回病例 {} 例，未能读取 {} 行\n", policy.identity.name, report.cases, wrong.len());
    for line in wrong.iter().take(10) {
        let _ = writeln!(text, "  {line}");
    }
    let _ = writeln!(text, "\n基准率的读法（能解释的病例越多越可信）");
    for score in report.hypotheses.iter().take(5) {
        let _ = writeln!(
            text,
            "  {} ÷ {}：解释 {} / {} 例",
            score.numerator.chinese(),
            score.divisor.chinese(),
            score.explained,
            score.cases
        );
    }
    if report.ambiguous {
        let _ = writeln!(text, "  几种读法解释的病例相同，分子与分母尚不能确定");
    }
    for stratum in &report.strata {
        let _ = writeln!(
            text,
            "\n{}：{} 例，解释 {} 例",
            stratum.stratum.chinese(),
            stratum.cases,
            stratum.explained
        );
        for segment in &stratum.segments {
            let _ = writeln!(text, "  {}", segment_text(segment));
        }
        for note in &stratum.notes {
            let _ = writeln!(text, "  {note}");
        }
    }
    for price in &report.prices {
        let shown =
            price.price.map_or("样本不足".to_owned(), |price| format!("{} 元/分", price.normalize()));
        let _ = writeln!(
            text,
            "\n{} 分值价钱 {shown}（{}），{} / {} 例逐分一致",
            price.stratum.chinese(),
            price.formula.chinese(),
            price.explained,
            price.cases
        );
    }
    let _ = writeln!(text, "\n与政策包比较");
    for row in &report.comparisons {
        let _ = writeln!(
            text,
            "  [{}] {}：返回 {}，政策包 {}",
            row.verdict.chinese(),
            row.what,
            row.found,
            row.present
        );
    }
    let count = |verdict| report.comparisons.iter().filter(|row| row.verdict == verdict).count();
    let _ = writeln!(
        text,
        "  一致 {}，不一致 {}，无法判断 {}。一致的参数可在政策包中写入依据，替换 UNCONFIRMED。",
        count(Verdict::Agrees),
        count(Verdict::Differs),
        count(Verdict::Unknown)
    );
    text
}

fn segment_text(segment: &FittedSegment) -> String {
    let from = match (segment.lo, segment.lo_bracket) {
        (None, _) => "自 0 起".to_owned(),
        (Some(lo), Some((least, most))) => {
            format!("自 {} 起（在 {} 与 {} 之间）", lo.normalize(), least.round_dp(4), most.round_dp(4))
        }
        (Some(lo), None) => format!("自 {} 起", lo.normalize()),
    };
    let line = format!(
        "系数 = {} × 基准率 + {}",
        segment.a.round_dp(6).normalize(),
        segment.b.round_dp(6).normalize()
    );
    let enough = if segment.enough { "" } else { "；病例太少，仅供参考" };
    format!(
        "{from}：{line}，{}；{} 例吻合，{} 例不符，最大残差 {} 分，平均残差 {} 分{enough}",
        segment.coefficient.chinese(),
        segment.cases,
        segment.off,
        segment.largest_residual.round_dp(4).normalize(),
        segment.mean_residual.round_dp(4).normalize()
    )
}
