//! 病例头部: who the case is and what came of it, over every tab.

use super::entry::Entry;
use super::result_head::{RatioBar, ResultHead};
use crate::query::{Fields, encode};
use crate::text;
use crate::who::Who;
use model::Permission;
use store::CaseRecord;
use sync::ExplainedCase;

/// Tabs of a case: name in the address, title.
pub(super) const TABS: [(&str, &str); 9] = [
    ("process", "入组与计价过程"),
    ("diagnoses", "诊断"),
    ("operations", "手术操作"),
    ("fees", "费用结构"),
    ("charges", "费用明细"),
    ("settlement", "结算"),
    ("transfers", "转科"),
    ("front_page", "病案首页"),
    ("results", "历次结果"),
];

/// What stands over every tab.
pub(super) struct CaseHead {
    pub(super) number: i64,
    pub(super) tabs: Vec<Tab>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) head: Option<ResultHead>,
    pub(super) bar: Option<RatioBar>,
    pub(super) grouping: bool,
    /// List that the reader came from.
    pub(super) list: String,
}

pub(super) struct Tab {
    pub(super) title: &'static str,
    pub(super) address: String,
    pub(super) here: bool,
}

/// `病案号 住院号` of the page's way; no name.
pub(super) fn title(record: &CaseRecord) -> String {
    format!(
        "{} 第 {} 次",
        record.encounter.text("inpatient_number"),
        record.encounter.int("visit_number").unwrap_or(1)
    )
}

/// `back=…` of the address as it is.
pub(super) fn back_field(asked: &Fields) -> String {
    match asked.text("back") {
        "" => String::new(),
        back => format!("back={}", encode(back)),
    }
}

/// The head of an export: which case.
pub(super) fn about(record: &CaseRecord) -> Vec<(String, String)> {
    let encounter = &record.encounter;
    let dates =
        format!("{} 至 {}", moment(encounter.int("admitted_at")), moment(encounter.int("discharged_at")));
    vec![
        ("住院号".to_owned(), encounter.text("inpatient_number").to_owned()),
        ("住院次数".to_owned(), encounter.shown("visit_number").to_string()),
        ("科室".to_owned(), record.department(&record.department_key).to_owned()),
        ("住院时间".to_owned(), dates),
    ]
}

fn moment(at: Option<i64>) -> String {
    at.map_or(text::NONE.to_owned(), text::moment)
}

pub(super) fn head(
    who: &Who,
    record: &CaseRecord,
    tab: &str,
    asked: &Fields,
    explained: Option<&ExplainedCase>,
) -> CaseHead {
    let (encounter, patient) = (&record.encounter, record.patient.as_ref());
    let back = back_field(asked);
    let tabs = TABS
        .into_iter()
        .filter(|(name, _)| *name != "charges" || who.viewer.may(Permission::Charges))
        .map(|(name, title)| {
            let path = match name {
                "charges" => format!("/case/{}/charges?", record.number),
                name => format!("/case/{}?tab={name}&", record.number),
            };
            Tab { title, address: format!("{path}{back}"), here: name == tab }
        })
        .chain(who.viewer.may(Permission::Warnings).then(|| Tab {
            title: "违规预警",
            address: format!("/warnings?by=patient&case={}", record.number),
            here: false,
        }))
        .collect();
    let of_patient = |column: &str| patient.map_or("", |patient| patient.text(column));
    let sex = match of_patient("sex") {
        "1" => "男",
        "2" => "女",
        _ => text::NONE,
    };
    let age = match (encounter.int("age_years"), encounter.int("age_days")) {
        (Some(0) | None, Some(days)) => format!("{days} 天"),
        (Some(years), _) => format!("{years} 岁"),
        (None, None) => text::NONE.to_owned(),
    };
    let stay = encounter.int("admitted_at").zip(encounter.int("discharged_at")).map_or_else(
        || if record.month == 0 { "在院".to_owned() } else { text::NONE.to_owned() },
        |(from, to)| format!("{} 天", (to.div_euclid(86_400) - from.div_euclid(86_400)).max(1)),
    );
    let or_none = |text: &str| if text.is_empty() { text::NONE.to_owned() } else { text.to_owned() };
    let facts = vec![
        ("姓名", or_none(of_patient("name"))),
        ("性别", sex.to_owned()),
        ("年龄", age),
        ("住院号", or_none(encounter.text("inpatient_number"))),
        ("病案号", or_none(encounter.text("record_number"))),
        ("住院次数", or_none(&encounter.shown("visit_number"))),
        ("证件号码", or_none(of_patient("id_number"))),
        ("科室", or_none(record.department(&record.department_key))),
        ("主诊医师", or_none(record.staff(encounter.text("attending_key")))),
        ("住院医师", or_none(record.staff(encounter.text("resident_key")))),
        ("床号", or_none(encounter.text("bed"))),
        ("入院时间", moment(encounter.int("admitted_at"))),
        ("出院时间", moment(encounter.int("discharged_at"))),
        ("住院天数", stay),
        ("险种", or_none(encounter.text("insurance_type"))),
        ("离院方式", or_none(discharge_way(encounter.text("discharge_way")))),
    ];
    CaseHead {
        number: record.number,
        tabs,
        facts,
        head: record.current().map(|current| ResultHead::of(&current.result, &current.group_name)),
        bar: explained.and_then(|explained| {
            let ratio = explained.explanation.priced.and_then(|priced| priced.ratio);
            RatioBar::of(explained.pack.policy(), ratio, explained.bands.as_ref())
        }),
        grouping: who.viewer.may(Permission::Grouping),
        list: list_address(asked),
    }
}

/// The list that the reader came from; whatever the address holds, it is a list of cases.
pub(super) fn list_address(asked: &Fields) -> String {
    Entry::of_back(asked.text("back")).1
}

/// What that list is called.
pub(super) fn list_name(asked: &Fields) -> &'static str {
    Entry::of_back(asked.text("back")).0.name()
}

/// 离院方式 (RC019).
fn discharge_way(code: &str) -> &str {
    match code {
        "1" => "医嘱离院",
        "2" => "医嘱转院",
        "3" => "医嘱转社区",
        "4" => "非医嘱离院",
        "5" => "死亡",
        "9" => "其他",
        other => other,
    }
}
