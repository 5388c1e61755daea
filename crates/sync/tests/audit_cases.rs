//! Every violation planted in a hospital is found through the store, with its line and its money; a new audit looks at what
//! changed and keeps what people did.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use audit::RulePack;
use hospital::{Hospital, Options};
use jiff::civil::{Date, date};
use model::canonical::{Row, TABLES, Table};
use model::{DataScope, Viewer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use store::{
    CollectedRow, FindingState, FindingStep, Origin, RuleEditor, RuleState, Store, WarnedPatients,
    WarningFilter, WarningsBy,
};
use sync::{CaseRules, PackSet, pack_dir};

const TODAY: Date = date(2025, 6, 30);
const BY: RuleEditor<'_> = RuleEditor { login: "system", name: "随版本提供", at: 1 };

struct Place {
    store: Store,
    now: i64,
    rules: CaseRules,
    hospital: Hospital,
    packs: PackSet,
    _folder: tempfile::TempDir,
}

fn place(discharges: u32) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
    let policy = Arc::new(pack_dir::load(Path::new("sample/2025")).unwrap());
    let options = Options { in_house: 20, ..Options::small(TODAY, discharges) };
    let hospital = Hospital::new(&policy, options).unwrap();
    let now = hospital.now();
    let stays: Vec<_> = hospital.stays().collect();
    for table in TABLES {
        let mut rows = hospital.dictionary(table.name);
        for stay in &stays {
            rows.extend(stay.rows(table.name).iter().cloned());
            if table.name == "charge_line" {
                rows.extend(stay.charge_rows(&hospital));
            }
        }
        collect(&store, table, rows, now);
    }
    let pack = sync::add_pack(&store, &pack_dir::read(Path::new("sample/2025")).unwrap(), now).unwrap();
    store.put_in_force(&[pack], now).unwrap();
    let rules = CaseRules { hospital_level: "3".into(), ..CaseRules::default() };
    let packs = PackSet::in_force(&store, &rules).unwrap();
    Place { store, now, rules, hospital, packs, _folder: folder }
}

fn collect(store: &Store, table: &'static Table, rows: Vec<Row>, now: i64) {
    let rows: Vec<CollectedRow> =
        rows.into_iter().map(|row| CollectedRow { row, updated_at: now, deleted: false }).collect();
    let origin = Origin { source: "test", run: 0, now };
    store.collect(table, &rows, &origin, &|_, _| Ok(())).unwrap();
}

impl Place {
    fn compute(&self) {
        sync::compute_changed(&self.store, &self.packs, TODAY, self.now, &mut |_: &str, _: u64, _: u64| true)
            .unwrap();
    }

    fn audit(&self) -> u64 {
        let mut going = |_: &str, _: u64, _: u64| true;
        sync::audit_changed(&self.store, &self.rules, self.now, &mut going).unwrap()
    }

    fn warnings(&self, rule: &str) -> Vec<store::Warning> {
        let mut all = Vec::new();
        for patients in [WarnedPatients::Discharged, WarnedPatients::InHouse] {
            let filter = WarningFilter { patients, rule: rule.into(), ..WarningFilter::default() };
            all.extend(self.store.warnings_page(&everyone(), &filter, (0, 1_000_000)).unwrap().0);
        }
        all
    }
}

fn everyone() -> Viewer {
    Viewer { scope: DataScope::Hospital, ..Viewer::default() }
}

fn shipped() -> Vec<(String, String)> {
    let pack = RulePack::load(&RulePack::built_in("sample").unwrap()).unwrap();
    pack.rules.iter().map(|rule| rule.id.clone()).zip(pack.documents).collect()
}

#[test]
fn what_was_planted_is_found_and_only_what_changed_is_audited_again() {
    let place = place(600);
    let store = &place.store;
    place.compute();
    assert_eq!(place.audit(), 0, "no rules, no audit");
    store.add_shipped_rules(&shipped(), "样例规则", BY).unwrap();
    let all = place.audit();
    // A stay that was void from the start is no case.
    assert_eq!(all, u64::try_from(store.count_audit_inputs((0, 0)).unwrap()).unwrap());
    assert!(all + 5 > place.hospital.stay_count() as u64);
    assert_eq!(place.audit(), 0, "nothing changed");

    // By line: what was found.
    let mut found: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    let warnings = place.warnings("");
    for warning in &warnings {
        found.entry(warning.finding.found.line_key.clone()).or_default().insert(warning.finding.found.amount);
        // 疑点 of the stay have neither line nor money.
        let of_stay = warning.finding.found.line_key.is_empty();
        assert_eq!(warning.finding.found.content.contains("违规金额"), !of_stay, "{warning:?}");
        assert!(!warning.patient.is_empty() && !warning.inpatient_number.is_empty());
        assert_eq!(warning.item.is_empty(), of_stay);
    }
    let mut planted = 0;
    let state = Table::named("encounter").unwrap().position("state").unwrap();
    let refund_of = Table::named("charge_line").unwrap().position("refund_of").unwrap();
    for stay in place.hospital.stays().filter(|stay| stay.rows("encounter")[0][state].str() != "voided") {
        let refunded: BTreeSet<String> =
            stay.charge_rows(&place.hospital).map(|row| row[refund_of].str().to_owned()).collect();
        let charged = |answer: &&hospital::Planted| {
            answer.table == "charge_line" && !answer.row_keys.iter().any(|key| refunded.contains(key))
        };
        for answer in stay.planted.iter().filter(charged) {
            planted += 1;
            for key in &answer.row_keys {
                assert!(found.contains_key(key), "{} {key}", answer.note);
            }
            if let [key] = answer.row_keys.as_slice() {
                assert!(found[key].contains(&answer.amount), "{} {key}: {:?}", answer.note, found[key]);
            }
        }
    }
    assert!(planted > 10, "{planted}");

    // A charge is taken out of one stay: only it is audited, its warning is gone, its neighbours' stand.
    let warning = warnings.iter().find(|warning| warning.finding.found.kind == "sex").unwrap();
    let step =
        FindingStep { state: FindingState::Ignored, reason: "核对中".into(), ..FindingStep::default() };
    let other = warnings.iter().find(|other| other.finding.id != warning.finding.id).unwrap();
    store.step_findings(&[(other.finding.id, FindingState::Open)], &step).unwrap();
    let table = Table::named("charge_line").unwrap();
    let row = place
        .hospital
        .stays()
        .flat_map(|stay| stay.charge_rows(&place.hospital).collect::<Vec<_>>())
        .find(|row| row[0].str() == warning.finding.found.line_key)
        .unwrap();
    let gone = CollectedRow { row, updated_at: place.now + 1, deleted: true };
    store
        .collect(table, &[gone], &Origin { source: "test", run: 0, now: place.now }, &|_, _| Ok(()))
        .unwrap();
    place.compute();
    assert_eq!(place.audit(), 1);
    let after = place.warnings("");
    assert_eq!(after.len() + 1, warnings.len());
    let of_case = store.case_audit_findings(&everyone(), warning.finding.case).unwrap();
    assert!(of_case.iter().any(|f| f.id == warning.finding.id && f.gone.is_some_and(|(_, rule)| !rule)));
    assert!(
        after.iter().any(|w| w.finding.id == other.finding.id && w.finding.state == FindingState::Ignored)
    );

    // A rule is closed: everything is audited, its warnings are gone because of it.
    let rule =
        &warnings.iter().find(|warning| warning.finding.found.kind == "freq").unwrap().finding.found.rule;
    let seen = store.audit_rule(rule).unwrap().unwrap().version;
    store.set_rule_state(rule, RuleState::Closed, "试停", seen, BY).unwrap();
    assert_eq!(place.audit(), all);
    assert!(place.warnings(rule).is_empty());
    let sums = store.warning_sums(&everyone(), &WarningFilter::default(), WarningsBy::Rule).unwrap();
    assert!(!sums.is_empty() && sums.iter().all(|sum| sum.key != *rule));
    // Opened for trial: it counts and warns nobody.
    store.set_rule_state(rule, RuleState::Shadow, "先试", seen + 1, BY).unwrap();
    assert_eq!(place.audit(), all);
    assert!(place.warnings(rule).is_empty());
    assert!(store.rule_findings(rule).unwrap().warnings > 0);
}

#[test]
fn a_stopped_audit_goes_on_where_it_was() {
    let place = place(1200);
    place.compute();
    place.store.add_shipped_rules(&shipped(), "样例规则", BY).unwrap();
    let mut first = |_: &str, _: u64, _: u64| false;
    assert!(sync::audit_changed(&place.store, &place.rules, place.now, &mut first).is_err());
    let left = place.audit();
    assert!(left > 0 && left < place.hospital.stay_count() as u64, "{left}");
    let stopped = place.warnings("").len();
    // The same from nothing.
    place.store.add_shipped_rules(&[("X".into(), shipped()[0].1.replace("\"S-", "\"X-"))], "", BY).unwrap();
    place.audit();
    assert_eq!(place.warnings("").iter().filter(|w| w.finding.found.rule.starts_with("S-")).count(), stopped);
}

#[test]
fn stays_as_a_whole_are_suspected_by_what_the_hospital_recorded() {
    let place = place(600);
    let store = &place.store;
    place.compute();
    let rules = [
        ("any", r#"{"id":"any","kind":"readmission","days":15,"same":0,"planned":"counted"}"#),
        ("same", r#"{"id":"same","kind":"readmission","days":15}"#),
        ("long", r#"{"id":"long","kind":"long_stay","days":14}"#),
        ("idle", r#"{"id":"idle","kind":"idle_bed","items":["0011*|床位费","0012*|护理费"],"days":3}"#),
    ];
    let rules: Vec<(String, String)> =
        rules.iter().map(|(id, text)| ((*id).into(), (*text).into())).collect();
    store.add_shipped_rules(&rules, "疑点", BY).unwrap();
    place.audit();

    let table = Table::named("encounter").unwrap();
    let at = |column: &str| table.position(column).unwrap();
    let day = |value: &model::canonical::Value| value.int().map(|moment| moment.div_euclid(86_400));
    let stays: Vec<Row> = place
        .hospital
        .stays()
        .map(|stay| stay.rows("encounter")[0].clone())
        .filter(|row| row[at("state")].str() != "voided")
        .collect();
    let number = |row: &Row| row[at("inpatient_number")].str().to_owned();
    let admitted = |row: &Row| row[at("admitted_at")].int().unwrap();
    // Every stay looked at with every other.
    let again = stays.iter().filter(|row| {
        let same = |other: &&Row| other[at("patient_key")] == row[at("patient_key")];
        let before = stays.iter().filter(same).filter(|other| admitted(other) < admitted(row));
        let last = before.max_by_key(|other| admitted(other));
        last.and_then(|last| day(&last[at("discharged_at")]))
            .is_some_and(|left| (0..=15).contains(&(admitted(row).div_euclid(86_400) - left)))
    });
    let wanted: BTreeSet<String> = again.map(number).collect();
    let long = stays.iter().filter(|row| {
        let to = day(&row[at("discharged_at")]).unwrap_or(place.now.div_euclid(86_400) + 1);
        to - admitted(row).div_euclid(86_400) > 14
    });
    let wanted_long: BTreeSet<String> = long.map(number).collect();
    let found = |rule: &str| -> BTreeSet<String> {
        place.warnings(rule).into_iter().map(|warning| warning.inpatient_number).collect()
    };
    assert!(wanted.len() > 3 && wanted_long.len() > 3, "{} {}", wanted.len(), wanted_long.len());
    assert_eq!(found("any"), wanted);
    assert_eq!(found("long"), wanted_long);
    let same = found("same");
    assert!(!same.is_empty() && same.is_subset(&wanted), "{} of {}", same.len(), wanted.len());
    for warning in place.warnings("") {
        let found = &warning.finding.found;
        assert!(
            found.line_key.is_empty() && found.amount == 0 && found.content.contains("请核实"),
            "{found:?}"
        );
        assert!(!warning.patient.is_empty() && found.charged_at > 0);
    }

    // What people said of a stay stands when it is audited again, and is gone with the rule.
    let warnings = place.warnings("long");
    let step =
        FindingStep { state: FindingState::Ignored, reason: "病情需要".into(), ..FindingStep::default() };
    store.step_findings(&[(warnings[0].finding.id, FindingState::Open)], &step).unwrap();
    let seen = store.audit_rule("idle").unwrap().unwrap().version;
    store.set_rule_state("idle", RuleState::Closed, "试停", seen, BY).unwrap();
    place.audit();
    let after = place.warnings("long");
    assert_eq!(after.len(), warnings.len());
    let again = after.iter().find(|warning| warning.finding.id == warnings[0].finding.id).unwrap();
    assert_eq!(again.finding.state, FindingState::Ignored);
    assert!(place.warnings("idle").is_empty());
}
