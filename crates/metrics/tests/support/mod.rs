//! A small layer: facts with a few columns, a few definitions.

#![allow(dead_code, clippy::panic, reason = "shared by tests, which stop where they fail")]

use metrics::{Column, Fact, Kind, Layer, Schema};
use model::{DataScope, Viewer};

pub(crate) fn schema() -> Schema {
    let column = |(name, chinese, kind)| Column { name, chinese, kind };
    let case = [
        ("number", "病例号", Kind::Whole),
        ("month", "出院月份", Kind::Whole),
        ("encounter_key", "住院就诊", Kind::Text),
        ("patient_key", "患者", Kind::Text),
        ("in_house", "在院", Kind::Flag),
        ("department_key", "所在科室", Kind::Text),
        ("department_name", "科室名称", Kind::Text),
        ("attending_key", "主诊医师", Kind::Text),
        ("resident_key", "住院医师", Kind::Text),
        ("discharge_day", "出院日期", Kind::Day),
        ("settlement_day", "结算日期", Kind::Day),
        ("settlement_month", "结算月份", Kind::Whole),
        ("admission_day", "入院日期", Kind::Day),
        ("band", "基准率区间", Kind::Text),
        ("region", "现住址", Kind::Text),
        ("kind", "病种类型", Kind::Text),
        ("grouped", "已入组", Kind::Flag),
        ("payment", "分值费用", Kind::Money),
        ("surplus", "结余", Kind::Money),
        ("points", "得分", Kind::Decimal(6)),
        ("stay_days", "住院天数", Kind::Whole),
    ];
    let operation = [
        ("number", "病例号", Kind::Whole),
        ("month", "出院月份", Kind::Whole),
        ("operation_key", "手术操作号", Kind::Text),
        ("code", "编码", Kind::Text),
        ("name", "名称", Kind::Text),
        ("minutes", "分钟", Kind::Whole),
        ("surgeon_key", "术者", Kind::Text),
    ];
    let stay = [
        ("number", "病例号", Kind::Whole),
        ("month", "出院月份", Kind::Whole),
        ("stay_key", "在科记录号", Kind::Text),
        ("department_key", "科室", Kind::Text),
        ("entered_day", "入科日期", Kind::Day),
        ("entered_month", "入科月份", Kind::Whole),
        ("present_from", "在科起", Kind::Day),
        ("present_to", "在科止", Kind::Day),
        ("present_month", "在科月份", Kind::Whole),
    ];
    let beds = [
        ("department_key", "科室", Kind::Text),
        ("department_name", "科室名称", Kind::Text),
        ("bed_day", "日期", Kind::Day),
        ("bed_month", "月份", Kind::Whole),
        ("open_beds", "开放床位", Kind::Whole),
    ];
    let charge = [
        ("number", "病例号", Kind::Whole),
        ("month", "出院月份", Kind::Whole),
        ("item_key", "项目编码", Kind::Text),
        ("insurer_code", "医保目录编码", Kind::Text),
        ("quantity", "数量", Kind::Decimal(4)),
        ("amount", "金额", Kind::Money),
    ];
    let staff = [("key", "工号", Kind::Text), ("name", "姓名", Kind::Text)];
    let fact = |name, chinese, columns: Vec<_>| Fact {
        name,
        chinese,
        columns: columns.into_iter().map(column).collect(),
    };
    Schema {
        dictionaries: vec![fact("staff", "人员", staff.to_vec())],
        facts: vec![
            fact("stay_fact", "在科记录", stay.to_vec()),
            fact("bed_fact", "开放床位", beds.to_vec()),
            fact("charge_fact", "费用明细", charge.to_vec()),
            Fact { name: "case_fact", chinese: "病例", columns: case.into_iter().map(column).collect() },
            Fact {
                name: "operation_fact",
                chinese: "手术操作",
                columns: operation.into_iter().map(column).collect(),
            },
        ],
    }
}

pub(crate) const DEFINITIONS: &str = r#"
[[population]]
id = "priced"
name = "已测算病例"
definition = "有结余"
where = ["surplus known", "kind in core|primary"]

[[dimension]]
id = "month"
name = "月"
calendar = "month"
discharge = "month"
settlement = "settlement_month"
unknown = "在院"

[[dimension]]
id = "department"
name = "科室"
column = "department_key"
label = "department_name"
[dimension.elsewhere]
stay_fact = "department_key"
bed_fact = ["department_key", "department_name"]

[[dimension]]
id = "attending"
name = "主诊医师"
column = "attending_key"

[[dimension]]
id = "surgeon"
name = "术者"
fact = "operation_fact"
column = "surgeon_key"
dictionary = "staff.name"

[[dimension]]
id = "source"
name = "患者来源"
column = "region"
from_home = true
values = [["1", "本区县"], ["2", "本市"], ["3", "本省"], ["4", "外省"]]

[[dimension]]
id = "band"
name = "区间"
column = "band"
sort = "number"
parent = "kind"

[[dimension]]
id = "kind"
name = "病种类型"
column = "kind"
values = [["core", "核心病种"], ["primary", "基层病种"]]

[[dimension]]
id = "operation"
name = "手术操作"
fact = "operation_fact"
column = "code"
label = "name"

[[measure]]
id = "cases"
name = "例数"
format = "count"
numerator = { count = "number" }
definition = "d"
evidence = "e"

[[measure]]
id = "persons"
name = "人头数"
format = "count"
unit = "人"
numerator = { distinct = "patient_key" }
definition = "d"
evidence = "e"

[[measure]]
id = "surplus"
name = "结余"
format = "money"
numerator = { sum = "surplus" }
direction = "up"
definition = "d"
evidence = "e"

[[measure]]
id = "surplus_per_case"
name = "次均结余"
format = "money"
numerator = { sum = "surplus" }
denominator = { count = "surplus" }
definition = "d"
evidence = "UNCONFIRMED 按人次"
version = 2

[[measure]]
id = "loss"
name = "亏损额"
format = "money"
numerator = { sum = "surplus", where = ["priced", "surplus < 0"] }
definition = "d"
evidence = "e"

[[measure]]
id = "cost"
name = "费用"
format = "money"
numerator = { sum = ["payment", "-surplus"], where = ["!priced", "band != 2+"] }
definition = "d"
evidence = "e"

[[measure]]
id = "points"
name = "得分"
format = "points"
numerator = { sum = "points" }
definition = "d"
evidence = "e"

[[measure]]
id = "longest"
name = "最长住院日"
format = "days"
numerator = { max = "stay_days" }
definition = "d"
evidence = "e"

[[measure]]
id = "operations"
name = "手术操作例数"
format = "count"
fact = "operation_fact"
numerator = { count = "operation_key", where = ["grouped"] }
definition = "d"
evidence = "e"

[[measure]]
id = "entries"
name = "入科人次"
format = "count"
fact = "stay_fact"
time = "entered"
numerator = { count = "stay_key" }
definition = "d"
evidence = "e"

[[measure]]
id = "present"
name = "在科人次"
format = "count"
fact = "stay_fact"
time = "present"
numerator = { distinct = "stay_key" }
definition = "d"
evidence = "e"

[[measure]]
id = "turnover"
name = "周转次数"
format = "number"
numerator = { count = "number" }
times = { fact = "bed_fact", time = "bed", distinct = "bed_day" }
denominator = { fact = "bed_fact", time = "bed", sum = "open_beds" }
definition = "d"
evidence = "e"

[[measure]]
id = "difference"
name = "入科减例数"
format = "count"
difference = ["entries", "cases"]
definition = "d"
evidence = "e"

[[measure]]
id = "minor"
name = "小手术"
format = "count"
fact = "operation_fact"
numerator = { count = "operation_key", where = ["code begins 86|84.1", "name contains 缝合", "!code begins 99"] }
definition = "d"
evidence = "e"
"#;

pub(crate) fn layer() -> Layer {
    Layer::load(&[("a.toml", DEFINITIONS)], &schema()).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(crate) fn viewer(scope: DataScope) -> Viewer {
    Viewer { scope, ..Viewer::default() }
}
