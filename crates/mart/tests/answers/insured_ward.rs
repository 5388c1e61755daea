//! A ward with insurances, settlements and results of every kind, shared by the tests.

use crate::furnish::{self, maybe_flag, pick};
use crate::support::{DAY, Ward, month_of, no_progress, table};
use fastrand::Rng;
use mart::Mart;
use metrics::report::{Report, Reports, Tab, Table};
use metrics::{Answer, Basis, Dimension, Layer, Measure, Period, Query, Selection};
use model::canonical::Value;
use model::{DataScope, Viewer};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use store::{ComputeCause, ComputeRun, ComputeState, ComputedCase, StoredResult};

pub(crate) struct Insured {
    pub(crate) layer: Layer,
    pub(crate) mart: Mart,
    store: PathBuf,
    _folder: tempfile::TempDir,
}

/// Made once.
pub(crate) fn insured() -> &'static Insured {
    static MADE: OnceLock<Insured> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store.db");
        let mut ward = Ward::open(&store, 11);
        furnish::dictionaries(&mut ward);
        for _ in 0..260 {
            let key = ward.arrive(70);
            let stay = ward.encounters.get_mut(&key).unwrap();
            // Two winters, and more who are home again than the ward's.
            stay.admitted -= [0, 0, 366 * DAY, 380 * DAY][ward.random.usize(..4)];
            let length = ward.random.i64(0..20) * DAY + ward.random.i64(0..DAY);
            stay.discharged = (ward.random.u8(..8) > 0).then_some(stay.admitted + length);
            let stay = stay.clone();
            furnish::patient(&mut ward, &stay);
            insure(&mut ward, &key);
            furnish::records(&mut ward, &key);
        }
        ward.flush();
        compute(&mut ward);
        let mart = Mart::open(folder.path().join("mart.duckdb")).unwrap();
        mart.refresh(&ward.store, &mut no_progress()).unwrap();
        Insured { layer: layer(), mart, store, _folder: folder }
    })
}

impl Insured {
    pub(crate) fn answer(&self, query: &Query, scope: DataScope) -> Answer {
        let compiled = self.layer.compile(query, &viewer(scope)).unwrap();
        self.mart.answer(&compiled).unwrap_or_else(|error| panic!("{error}\n{:?}", compiled.statements()))
    }

    pub(crate) fn total(
        &self,
        measure: &str,
        cases: Selection,
        scope: DataScope,
    ) -> Option<rust_decimal::Decimal> {
        self.answer(&Query::of([measure], cases), scope).total_of(measure)
    }

    /// All shipped reports.
    pub(crate) fn reports(&self) -> Reports {
        let files = pack("reports");
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Reports::load(&files, &self.layer).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// What tables, the levels below them, charts and cards of every report definition ask for, of the year 2025.
    pub(crate) fn report_queries(&self) -> Vec<Query> {
        let reports = self.reports();
        let mut queries = Vec::new();
        for report in &reports.reports {
            for tab in &report.tabs {
                let year =
                    Selection { basis: report.basis, ..Selection::within(Period::year(2025).unwrap()) };
                let cases = tab.only.iter().fold(year, |cases, only| match only.strip_prefix('!') {
                    Some(population) => cases.is(population, false),
                    None => cases.is(only.as_str(), true),
                });
                for (measures, by) in asked(report, tab) {
                    let of_fact: BTreeSet<&str> = measures.iter().map(|measure| measure.fact()).collect();
                    for fact in of_fact {
                        let own = measures.iter().filter(|measure| measure.fact() == fact);
                        let own: BTreeSet<&str> = own.map(|measure| measure.id.as_str()).collect();
                        let query = Query::of(own, cases.clone());
                        queries
                            .push(by.iter().fold(query, |query, dimension| query.by(dimension.id.as_str())));
                    }
                }
            }
        }
        assert!(queries.len() > 200, "{} queries of {} reports", queries.len(), reports.reports.len());
        queries
    }

    /// The store, for plain SQL that knows nothing of the mart.
    pub(crate) fn sqlite(&self) -> Connection {
        Connection::open_with_flags(&self.store, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }

    /// Ids of the measures that can be divided by a dimension.
    pub(crate) fn measures_by(&self, dimension: &Dimension) -> Vec<&str> {
        let can = |measure: &&Arc<Measure>| self.layer.can_divide(measure, dimension, Basis::Discharge);
        self.layer.measures().iter().filter(can).map(|measure| measure.id.as_str()).collect()
    }
}

/// Measures by dimensions.
type Asked<'a> = (Vec<Arc<Measure>>, Vec<&'a Arc<Dimension>>);

fn asked<'a>(report: &Report, tab: &'a Tab) -> Vec<Asked<'a>> {
    let mut all: Vec<Asked<'_>> = Vec::new();
    if let Table::Numbers(table) = &tab.table {
        for level in 0..=table.drill.len() {
            let below = level.checked_sub(1).map(|at| &table.drill[at]);
            let by = below.map_or_else(|| table.by.iter().collect(), |dimension| vec![dimension]);
            all.push((table.measures(), by.into_iter().chain(&table.across).collect()));
        }
    }
    for chart in &tab.charts {
        let measures = chart.measures.iter().chain(&chart.second).cloned().collect();
        all.push((measures, [&chart.by].into_iter().chain(&chart.split).collect()));
    }
    all.push((report.kpis.clone(), Vec::new()));
    all
}

pub(crate) fn viewer(scope: DataScope) -> Viewer {
    Viewer { scope, ..Viewer::default() }
}

/// Name and text of the files of a folder of packs.
fn pack(name: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(name);
    let mut paths: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), read_to_string(path).unwrap()))
        .collect()
}

/// All shipped definitions.
fn layer() -> Layer {
    let files = pack("metrics");
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut layer = Layer::load(&files, &mart::schema()).unwrap_or_else(|problems| panic!("{problems}"));
    layer.set_home("999901");
    layer
}

/// The encounter again, with insurance, doctors and ways, and its settlement with funds.
fn insure(ward: &mut Ward, key: &str) {
    let stay = ward.encounters[key].clone();
    let department =
        if stay.patient == 7 { Value::Null } else { format!("K{}", stay.department).as_str().into() };
    let random = &mut ward.random;
    let insurance = pick(random, &["310", "390", "390", "", "410"]);
    let age = random.i64(0..95);
    let set: Vec<(&str, Value)> = vec![
        ("key", key.into()),
        ("patient_key", format!("P{}", stay.patient).as_str().into()),
        ("inpatient_number", format!("Z{key}").as_str().into()),
        ("admitted_at", stay.admitted.into()),
        ("discharged_at", stay.discharged.into()),
        ("admission_department_key", "K1".into()),
        ("discharge_department_key", department),
        ("attending_key", pick(random, &["D1", "D2", "D3", ""])),
        ("resident_key", pick(random, &["D2", "D4", "O'Neil\"; --", ""])),
        ("discharge_way", pick(random, &["1", "1", "2", "3", "4", "5", "9", ""])),
        ("insurance_type", insurance.clone()),
        ("admission_way", pick(random, &["1", "2", "3", "9", ""])),
        ("readmission_planned", maybe_flag(random)),
        ("age_years", [Value::Null, age.into()][random.usize(..2)].clone()),
        ("day_surgery", i64::from(random.u8(..9) == 0).into()),
        ("settlement_way", pick(random, &["1", "2"])),
        ("discharge_ward", pick(random, &["一病区", "' OR 1=1 --", "100%", "a_b!c", ""])),
    ];
    ward.put("encounter", &set);
    if stay.discharged.is_none() || insurance == Value::Null {
        return;
    }
    // Twice for some: an interim one; cancelled for others.
    let settlement = |ward: &mut Ward, row: &str, kind: &str, cancels: Value| {
        let total = ward.random.i64(1..3_000_000);
        let own = ward.random.i64(0..=total / 5);
        let (fund, part) = (ward.random.i64(0..=total - own), ward.random.i64(0..=total));
        let maybe = |ward: &mut Ward, n: i64| if ward.random.u8(..8) == 0 { Value::Null } else { n.into() };
        let set: Vec<(&str, Value)> = vec![
            ("key", row.into()),
            ("encounter_key", key.into()),
            ("settlement_number", row.into()),
            ("kind", kind.into()),
            ("cancels", cancels),
            ("settled_at", (stay.admitted + (20 + i64::from(kind == "final")) * DAY).into()),
            ("total", total.into()),
            ("own_pay", maybe(ward, own)),
            ("fund_total", maybe(ward, fund)),
            ("pooled_fund", maybe(ward, fund / 2)),
            ("personal_part", maybe(ward, part)),
            ("in_scope", maybe(ward, total - own)),
            ("hospital_part", maybe(ward, part / 9)),
            ("insurer_payable", maybe(ward, fund - 7_777)),
            ("insurance_type", insurance.clone()),
        ];
        ward.put("settlement", &set);
    };
    let row = format!("{key}-j");
    settlement(ward, &row, "final", Value::Null);
    match ward.random.u8(..6) {
        0 => settlement(ward, &format!("{key}-i"), "interim", Value::Null),
        1 => settlement(ward, &format!("{key}-c"), "cancel", row.as_str().into()),
        _ => {}
    }
}

/// Results drawn at random: ungrouped, grouped without a price, priced with profit, loss or neither.
fn compute(ward: &mut Ward) {
    let run = ComputeRun {
        id: 0,
        cause: ComputeCause::Sync,
        state: ComputeState::Running,
        packs: vec![1],
        scope_from: None,
        scope_to: None,
        started_at: 0,
        ended_at: None,
        total: 0,
        done: 0,
        cursor: 0,
    };
    let id = ward.store.begin_compute(&run).unwrap();
    let up_to = ward.store.latest_change().unwrap();
    let inputs = ward.store.case_inputs("", up_to, 5000).unwrap();
    let at = |name: &str| table("encounter").position(name).unwrap();
    let (left, insured) = (at("discharged_at"), at("insurance_type"));
    let cases: Vec<ComputedCase> = inputs
        .iter()
        .map(|case| {
            let row = case.encounter.as_ref().unwrap();
            let discharged = row[left].int();
            let cost = case.fees.iter().map(|fee| fee.1).sum::<i64>();
            ComputedCase {
                encounter_key: case.encounter_key.clone(),
                month: discharged.map_or(0, month_of),
                discharge_day: discharged.map(|at| at / DAY),
                input: String::new(),
                result: Some(result(&mut ward.random, id, cost, row[insured].str())),
            }
        })
        .collect();
    let last = inputs.last().unwrap().encounter_key.clone();
    ward.store.save_computed(id, &cases, ("", &last), up_to).unwrap();
    ward.store.end_compute(id, ComputeState::Done, 1).unwrap();
}

fn result(random: &mut Rng, run: i64, cost: i64, insurance: &str) -> StoredResult {
    let mut result = StoredResult { run, pack: 1, kind: "ungrouped".into(), ..StoredResult::default() };
    if insurance == "410" || random.u8(..10) == 0 {
        result.reason = if insurance == "410" { "not_dip" } else { "no_row" }.into();
        return result;
    }
    result.kind = ["core", "composite", "primary"][random.usize(..3)].into();
    result.group_code = format!("G{}", random.u8(..6));
    result.confirmed = random.bool();
    result.trial = random.u8(..7) == 0;
    result.group_coefficient = (random.u8(..5) > 0).then(|| random.i64(500_000..1_500_000));
    result.factor = Some([1_000_000, 500_000, 1_200_000][random.usize(..3)]);
    result.standard_points = Some(random.i64(1..2_000) * 1_000_000);
    let ratio = random.i64(0..30_000) * 100;
    result.benchmark_ratio = Some(ratio);
    result.ratio_cost = Some(cost.abs());
    result.base_cost = random.bool().then(|| random.i64(1..3_000_000));
    let bands = [(400_000, "0~0.4"), (1_000_000, "0.4~1"), (2_000_000, "1~2"), (i64::MAX, "2+")];
    result.band = bands.iter().find(|(below, _)| ratio < *below).unwrap().1.into();
    result.earned_points = Some(random.i64(1..20_000_000) * 100);
    if insurance.is_empty() {
        result.reason = "insurance_type_unknown".into();
    } else if random.u8(..12) == 0 {
        result.reason = "price_missing".into();
    } else {
        let payment = if random.u8(..10) == 0 { cost.abs() } else { random.i64(1..2_000_000) };
        result.payment = Some(payment);
        result.surplus = Some(payment - cost.abs());
        result.price_kind = "final".into();
    }
    result
}
