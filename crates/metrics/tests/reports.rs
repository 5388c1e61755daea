//! Report definitions: they load whole or every problem is named by file and line.

mod support;

use metrics::report::{DefaultPeriod, Reports, Table};
use support::layer;

const MODULES: &str = "[[module]]\nid = \"surplus\"\ntitle = \"盈亏\"\n";

const REPORT: &str = r#"
id = "by-department"
title = "科室盈亏"
module = "surplus"
requirements = ["DIP-5.04"]
permission = "workbench"
period = "month"
filters = ["department"]
kpis = ["surplus"]

[[tab]]
only = ["priced"]
views = [
  { title = "科室", by = ["department"], drill = ["kind"] },
  { title = "类型", by = ["kind"] },
]
[[tab.chart]]
title = "结余"
kind = "rank"
by = "row"
measures = ["surplus"]
[tab.table]
order = "-surplus"
[[tab.table.columns]]
measures = ["surplus", "cases"]
compare = ["year", "period"]
"#;

#[test]
fn a_page_with_views_is_a_page_for_each() {
    let reports = Reports::load(&[("m.toml", MODULES), ("a.toml", REPORT)], &layer()).unwrap();
    let report = reports.report("by-department").unwrap();
    assert_eq!(report.period, DefaultPeriod::Month);
    let titles: Vec<&str> = report.tabs.iter().map(|tab| tab.title.as_str()).collect();
    assert_eq!(titles, ["科室", "类型"]);
    let Table::Numbers(table) = &report.tabs[0].table else { panic!("no numbers") };
    assert_eq!(table.order, Some(("surplus".to_owned(), true)));
    assert_eq!(table.level(1).unwrap()[0].id, "kind");
    assert!(table.level(2).is_none());
    assert_eq!(report.tabs[1].charts[0].by.id, "kind");
    assert_eq!(reports.of_module("surplus").count(), 1);
}

#[test]
fn every_problem_is_named_with_file_and_line() {
    let wrong = r#"id = "By"
title = "科室盈亏"
module = "nothing"
requirements = ["DIP5"]
permission = "walk"
filters = ["operation"]
kpis = ["none"]
[[tab]]
only = ["nobody"]
[tab.table]
by = ["operation", "month"]
[[tab.table.columns]]
measures = ["surplus", "surplus_per_case"]
share = true
compare = ["week", "period"]
"#;
    let problems = Reports::load(&[("m.toml", MODULES), ("a.toml", wrong)], &layer()).unwrap_err().0;
    let found: Vec<(usize, &str)> = problems.iter().map(|p| (p.line, p.message.as_str())).collect();
    for (line, part) in [
        (1, "小写字母"),
        (3, "没有报表模块 nothing"),
        (4, "DIP5"),
        (5, "没有权限 walk"),
        (6, "不是病例的维度"),
        (7, "没有指标 none"),
        (9, "没有病例范围 nobody"),
        (10, "不能按“手术操作”统计"),
        (10, "不能写环比"),
        (12, "没有占比"),
        (15, "比较“week”"),
    ] {
        assert!(
            found.iter().any(|(at, said)| *at == line && said.contains(part)),
            "{line} {part}: {found:#?}"
        );
    }
    assert!(problems.iter().all(|problem| problem.file == "a.toml"));
}

#[test]
fn a_misspelt_key_is_named() {
    let text = REPORT.replace("kpis =", "kpi =");
    let problems = Reports::load(&[("m.toml", MODULES), ("a.toml", &text)], &layer()).unwrap_err().0;
    assert_eq!((problems[0].line, problems[0].message.as_str()), (9, "不认识的参数 kpi"));
}
