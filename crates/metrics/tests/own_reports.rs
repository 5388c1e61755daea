//! 自定义报表: parts become the text of a report and come back; nothing that is typed gets out of its place.

#![allow(clippy::unwrap_used, reason = "tests stop where they fail")]

mod support;

use metrics::report::own::{self, ChartParts, ColumnParts, Content, Parts};
use metrics::report::{Reports, Table};
use support::layer;

const HOSTILE: &str = "</script>\"'\\ [[tab]] = 1 # 名称";

fn parts(title: &str) -> Parts {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut parts = Parts::new(title, "workbench");
    parts.about = HOSTILE.to_owned();
    parts.filters = texts(&["department", "band"]);
    parts.period = "month".into();
    parts.kpis = texts(&["surplus"]);
    parts.set(Content {
        only: texts(&["priced"]),
        charts: vec![ChartParts {
            title: title.into(),
            kind: "rank".into(),
            by: "row".into(),
            measures: texts(&["surplus"]),
            top: Some(20),
        }],
        by: texts(&["department"]),
        drill: texts(&["kind"]),
        order: "-surplus".into(),
        least: vec![10, 0],
        columns: vec![
            ColumnParts {
                measures: texts(&["surplus"]),
                compare: texts(&["year"]),
                rank: true,
                ..Default::default()
            },
            ColumnParts { measures: texts(&["cases"]), share: true, target: true, ..Default::default() },
        ],
    });
    parts
}

#[test]
fn parts_come_back_from_their_text() {
    let parts = parts(HOSTILE);
    let text = parts.text().unwrap();
    assert_eq!(Parts::of(&text), Some(parts));
    let report = own::report(&text, 7, &layer()).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    assert_eq!(
        (report.id.as_str(), report.title.as_str(), report.about.as_str()),
        ("own-7", HOSTILE, HOSTILE)
    );
    assert_eq!(
        (own::number("own-7"), own::number("by-department"), own::number("own-x")),
        (Some(7), None, None)
    );
    let Table::Numbers(table) = &report.tabs[0].table else { panic!("no numbers") };
    assert_eq!(table.least, [10, 0]);
    let renamed = own::rename(&text, "新\"名").unwrap();
    assert_eq!(own::report(&renamed, 7, &layer()).unwrap().title, "新\"名");
    assert_eq!(Parts::of(&renamed).unwrap().content(), Parts::of(&text).unwrap().content());
}

#[test]
fn own_reports_stand_under_the_same_checks() {
    for (change, said) in [
        (["\"surplus\"", "\"profit\""], "没有指标 profit"),
        (["by = [\"department\"]", "by = [\"operation\"]"], "不能按"),
        (["permission = \"workbench\"", "permission = \"root\""], "没有权限 root"),
        (["[tab.table]", "[tab.table]\nsql = \"SELECT 1\""], "sql"),
        (["[\"priced\"]", "[\"1=1\"]"], "没有病例范围 1=1"),
    ] {
        let text = parts("科室").text().unwrap().replace(change[0], change[1]);
        let problems = own::report(&text, 1, &layer()).unwrap_err().to_string();
        assert!(problems.contains(said), "{said}: {problems}");
    }
    for title in ["", "  ", &"长".repeat(61), "两\n行"] {
        let problems = own::report(&parts(title).text().unwrap(), 1, &layer()).unwrap_err().to_string();
        assert!(problems.contains("名称应为"), "{title}: {problems}");
    }
}

/// Any file of packs/reports may be taken over, and goes back as one.
#[test]
fn a_file_of_the_packs_is_adopted() {
    let file = r#"
id = "by-department"
title = "科室盈亏"
module = "surplus"
requirements = ["DIP-5.04"]
permission = "workbench"
[[tab]]
views = [ { title = "科室", by = ["department"], drill = ["kind"] }, { title = "类型", by = ["kind"] } ]
[tab.table]
[[tab.table.columns]]
measures = ["surplus", "cases"]
"#;
    let text = own::adopt(file).unwrap();
    let report = own::report(&text, 3, &layer()).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    assert_eq!((report.tabs.len(), report.requirements.len()), (2, 0));
    assert_eq!(Parts::of(&text), None, "the form has no views");
    let back =
        text.replace("\"own\"", "\"surplus\"").replace("requirements = []", "requirements = [\"DIP-5.04\"]");
    let modules = "[[module]]\nid = \"surplus\"\ntitle = \"盈亏\"\n";
    let reports = Reports::load(&[("m.toml", modules), ("a.toml", &back)], &layer()).unwrap();
    assert_eq!(reports.reports[0].tabs.len(), 2);
    assert!(own::adopt("id = ").is_err());
}
