//! A small ward whose records change at random, and the comparison of two marts.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "shared by tests, which stop where they fail"
)]

use fastrand::Rng;
use mart::{Answer, Cell, FACTS, Mart};
use model::canonical::{FEE_CLASSES, Row, Table, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use store::{
    CollectedRow, ComputeCause, ComputeRun, ComputeState, ComputedCase, Origin, Store, StoredResult,
};

pub(crate) const DAY: i64 = 86_400;
/// 2024-12-01
pub(crate) const FIRST_DAY: i64 = 20_058;
pub(crate) const DEPARTMENTS: usize = 5;
pub(crate) const ITEMS: usize = 60;

pub(crate) fn table(name: &str) -> &'static Table {
    Table::named(name).unwrap()
}

/// A row with the named columns set, other required ones filled with something, the rest empty.
pub(crate) fn row(table: &Table, set: &[(&str, Value)]) -> Row {
    let mut row: Row = table
        .columns
        .iter()
        .map(|column| match (column.required, column.kind.is_text()) {
            (false, _) => Value::Null,
            (true, true) => Value::from("x"),
            (true, false) => Value::Int(0),
        })
        .collect();
    for (name, value) in set {
        row[table.position(name).unwrap_or_else(|| panic!("{}.{name}", table.name))] = value.clone();
    }
    row
}

/// A store being written to, and where its records stand.
pub(crate) struct Ward {
    pub(crate) store: Store,
    pub(crate) random: Rng,
    /// Time of change of the next row; rises, so that the last change wins.
    clock: i64,
    next: usize,
    /// Encounter: patient, admission, discharge, lines charged.
    pub(crate) encounters: BTreeMap<String, Stay>,
    waiting: BTreeMap<&'static str, Vec<CollectedRow>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Stay {
    pub(crate) patient: usize,
    pub(crate) admitted: i64,
    pub(crate) discharged: Option<i64>,
    pub(crate) lines: Vec<String>,
    pub(crate) department: usize,
}

impl Ward {
    pub(crate) fn open(store_path: &Path, seed: u64) -> Ward {
        let store = Store::open(store_path.to_str().unwrap()).unwrap();
        let clock = 1_800_000_000 + store.latest_change().unwrap() * 1000;
        let mut ward = Ward {
            store,
            random: Rng::with_seed(seed),
            clock,
            next: 0,
            encounters: BTreeMap::new(),
            waiting: BTreeMap::new(),
        };
        for n in 0..DEPARTMENTS {
            ward.department(n, "科");
        }
        for n in 0..ITEMS {
            ward.item(n, FEE_CLASSES[n % FEE_CLASSES.len()].code);
        }
        for n in 0..10 {
            let name = format!("医师{n}");
            ward.put("staff", &[("key", format!("D{n}").as_str().into()), ("name", name.as_str().into())]);
        }
        ward
    }

    /// Keeps a row for the next [`Ward::flush`].
    pub(crate) fn put(&mut self, name: &'static str, set: &[(&str, Value)]) {
        self.clock += 1;
        let row = CollectedRow { row: row(table(name), set), updated_at: self.clock, deleted: false };
        self.waiting.entry(name).or_default().push(row);
    }

    pub(crate) fn department(&mut self, n: usize, word: &str) {
        let (key, name) = (format!("K{n}"), format!("{word}{n}"));
        let parent = if n % 2 == 1 { "K0".into() } else { Value::Null };
        self.put(
            "department",
            &[("key", key.as_str().into()), ("name", name.as_str().into()), ("parent_key", parent)],
        );
    }

    pub(crate) fn item(&mut self, n: usize, class: &str) {
        let (key, national) = (format!("I{n}"), format!("N{n}"));
        self.put(
            "charge_item",
            &[
                ("key", key.as_str().into()),
                ("name", key.as_str().into()),
                ("fee_class", class.into()),
                ("insurer_code", national.as_str().into()),
                ("price", (n as i64 * 10_000).into()),
            ],
        );
    }

    pub(crate) fn origin(&self) -> Origin<'static> {
        Origin { source: "test", run: 0, now: self.clock }
    }

    /// Writes what waits.
    pub(crate) fn flush(&mut self) {
        let origin = self.origin();
        for (name, rows) in std::mem::take(&mut self.waiting) {
            self.store.collect(table(name), &rows, &origin, &|_, _| Ok(())).unwrap();
        }
    }

    /// A new encounter of one of `patients` with everything that belongs to it.
    pub(crate) fn admit(&mut self, patients: usize, lines: usize) -> String {
        let key = self.arrive(patients);
        self.records(&key);
        for _ in 0..lines {
            self.charge(&key);
        }
        key
    }

    /// A new encounter and its patient, nothing else.
    pub(crate) fn arrive(&mut self, patients: usize) -> String {
        self.next += 1;
        let key = format!("E{:05}", self.next);
        let patient = self.random.usize(..patients);
        let admitted = (FIRST_DAY + self.random.i64(0..120)) * DAY + self.random.i64(0..DAY);
        let discharged = self.random.bool().then(|| admitted + self.random.i64(0..20) * DAY);
        let stay = Stay {
            patient,
            admitted,
            discharged,
            lines: vec![],
            department: self.random.usize(..DEPARTMENTS),
        };
        self.encounters.insert(key.clone(), stay);
        let name = format!("P{patient}");
        let sex = if patient.is_multiple_of(2) { "1" } else { "2" };
        self.put(
            "patient",
            &[
                ("key", name.as_str().into()),
                ("name", "某".into()),
                ("sex", sex.into()),
                ("birth_date", 3650.into()),
            ],
        );
        self.encounter(&key);
        key
    }

    /// Writes the encounter as it stands.
    pub(crate) fn encounter(&mut self, key: &str) {
        let stay = self.encounters[key].clone();
        let patient = format!("P{}", stay.patient);
        let department = format!("K{}", stay.department);
        self.put(
            "encounter",
            &[
                ("key", key.into()),
                ("patient_key", patient.as_str().into()),
                ("admitted_at", stay.admitted.into()),
                ("discharged_at", stay.discharged.into()),
                ("admission_department_key", "K1".into()),
                ("discharge_department_key", department.as_str().into()),
                ("attending_key", "D1".into()),
                ("discharge_way", if stay.patient == 3 { "5" } else { "1" }.into()),
            ],
        );
    }

    fn records(&mut self, key: &str) {
        let stay = self.encounters[key].clone();
        for origin in ["clinical", "coded"] {
            for n in 1..=2 {
                let row_key = format!("{key}-{origin}-{n}");
                let code = ["K35.900", "I10.x00", "J18.900", "K35.100"][self.random.usize(..4)];
                self.put(
                    "diagnosis",
                    &[
                        ("key", row_key.as_str().into()),
                        ("encounter_key", key.into()),
                        ("origin", origin.into()),
                        ("kind", "western".into()),
                        ("sequence", n.into()),
                        ("principal", i64::from(n == 1).into()),
                        ("code", code.into()),
                        ("name", code.into()),
                    ],
                );
            }
        }
        let row_key = format!("{key}-o");
        let level = ["1", "二级", "3", "Ⅳ", "无"][self.random.usize(..5)];
        self.put(
            "operation",
            &[
                ("key", row_key.as_str().into()),
                ("encounter_key", key.into()),
                ("origin", "coded".into()),
                ("sequence", 1.into()),
                ("code", "47.0100".into()),
                ("level", level.into()),
                ("started_at", (stay.admitted + DAY).into()),
                ("ended_at", (stay.admitted + DAY + 5400).into()),
                ("surgeon_key", "D2".into()),
            ],
        );
        // K1, the discharge department, K1 again.
        for (n, department) in [1, stay.department, 1].into_iter().enumerate() {
            let (row_key, department) = (format!("{key}-s{n}"), format!("K{department}"));
            self.put(
                "department_stay",
                &[
                    ("key", row_key.as_str().into()),
                    ("encounter_key", key.into()),
                    ("sequence", (n as i64 + 1).into()),
                    ("department_key", department.as_str().into()),
                    ("entered_at", (stay.admitted + n as i64 * DAY).into()),
                    ("left_at", (stay.admitted + (n as i64 + 1) * DAY).into()),
                ],
            );
        }
        for n in 0..3 {
            let row_key = format!("{key}-b{n}");
            self.put(
                "bed_day",
                &[
                    ("key", row_key.as_str().into()),
                    ("encounter_key", key.into()),
                    ("day", (stay.admitted / DAY + n).into()),
                    ("department_key", "K1".into()),
                ],
            );
        }
        if stay.discharged.is_some() {
            let row_key = format!("{key}-j");
            self.put(
                "settlement",
                &[
                    ("key", row_key.as_str().into()),
                    ("encounter_key", key.into()),
                    ("settlement_number", row_key.as_str().into()),
                    ("kind", "final".into()),
                    ("settled_at", (stay.admitted + 30 * DAY).into()),
                    ("total", 12_345.into()),
                    ("hospital_part", i64::from(stay.patient == 2).into()),
                ],
            );
        }
    }

    /// One charge line, at times a refund of an earlier one, at times late or of an item nobody knows.
    pub(crate) fn charge(&mut self, key: &str) {
        let stay = self.encounters[key].clone();
        let n = stay.lines.len();
        let line = format!("{key}-{n:04}");
        let refund = (n > 0 && self.random.u8(..10) == 0).then(|| stay.lines[self.random.usize(..n)].clone());
        let item = format!("I{}", self.random.usize(..ITEMS + 2));
        let department = format!("K{}", self.random.usize(..DEPARTMENTS + 1));
        let amount = self.random.i64(1..100_000) * if refund.is_some() { -1 } else { 1 };
        let class = match self.random.u8(..4) {
            0 => "western_drug".into(),
            1 => "no such class".into(),
            _ => Value::Null,
        };
        let at = stay.admitted + self.random.i64(-3600..5 * DAY);
        self.put(
            "charge_line",
            &[
                ("key", line.as_str().into()),
                ("encounter_key", key.into()),
                ("refund_of", refund.as_deref().unwrap_or("").into()),
                ("charged_at", at.into()),
                ("item_key", item.as_str().into()),
                ("fee_class", class),
                ("quantity", (10_000 * amount.signum()).into()),
                ("price", (amount.abs() * 100).into()),
                ("amount", amount.into()),
                ("ordering_department_key", department.as_str().into()),
            ],
        );
        self.encounters.get_mut(key).unwrap().lines.push(line);
    }

    pub(crate) fn any_encounter(&mut self) -> Option<String> {
        let n = self.encounters.len();
        (n > 0).then(|| self.encounters.keys().nth(self.random.usize(..n)).unwrap().clone())
    }

    /// One change of the kinds that happen in a hospital, without computing.
    pub(crate) fn change(&mut self) {
        let what = self.random.u8(..12);
        if what < 3 || self.encounters.is_empty() {
            let lines = self.random.usize(..12);
            self.admit(8, lines);
            return self.flush();
        }
        let key = self.any_encounter().unwrap();
        match what {
            3 => self.charge(&key),
            4 | 5 => {
                // Discharged, or the discharge corrected or taken back.
                let to = self.random.u8(..4);
                let stay = self.encounters.get_mut(&key).unwrap();
                stay.discharged = (to > 0).then_some(stay.admitted + i64::from(to) * 17 * DAY);
                self.encounter(&key);
            }
            6 => {
                // Another patient: the one on the record was wrong.
                let patient = self.random.usize(..8);
                self.encounters.get_mut(&key).unwrap().patient = patient;
                self.encounter(&key);
            }
            7 => {
                self.flush();
                self.clock += 1;
                let origin = self.origin();
                self.store.tombstone(table("encounter"), std::slice::from_ref(&key), &origin).unwrap();
                self.encounters.remove(&key);
            }
            8 => {
                let (n, word) =
                    (self.random.usize(..DEPARTMENTS + 1), ["科", "病区", "中心"][self.random.usize(..3)]);
                self.department(n, word);
            }
            9 => {
                let class = FEE_CLASSES[self.random.usize(..FEE_CLASSES.len())].code;
                let n = self.random.usize(..ITEMS + 2);
                self.item(n, class);
            }
            10 => self.records(&key),
            _ => {
                let lines = self.encounters[&key].lines.clone();
                if let Some(line) = lines.first() {
                    self.clock += 1;
                    let origin = self.origin();
                    self.store.tombstone(table("charge_line"), std::slice::from_ref(line), &origin).unwrap();
                }
            }
        }
        self.flush();
    }

    /// Computes what changed: the month by the discharge, a result by the key.
    pub(crate) fn compute(&mut self) {
        let run = ComputeRun {
            id: 0,
            cause: ComputeCause::Sync,
            state: ComputeState::Running,
            packs: vec![1],
            scope_from: None,
            scope_to: None,
            started_at: self.clock,
            ended_at: None,
            total: 0,
            done: 0,
            cursor: 0,
        };
        let id = self.store.begin_compute(&run).unwrap();
        let up_to = self.store.latest_change().unwrap();
        let mut after = String::new();
        loop {
            let inputs = self.store.case_inputs(&after, up_to, 5000).unwrap();
            let Some(last) = inputs.last().map(|case| case.encounter_key.clone()) else { break };
            let at = table("encounter").position("discharged_at").unwrap();
            let cases: Vec<ComputedCase> = inputs
                .iter()
                .map(|case| {
                    let discharged = case.encounter.as_ref().and_then(|row| row[at].int());
                    let cost = case.fees.iter().map(|fee| fee.1).sum::<i64>();
                    ComputedCase {
                        encounter_key: case.encounter_key.clone(),
                        month: discharged.map_or(0, month_of),
                        discharge_day: discharged.map(|at| at / DAY),
                        input: String::new(),
                        result: case.encounter.as_ref().map(|_| StoredResult {
                            run: id,
                            kind: "core".into(),
                            group_code: "K35.9".into(),
                            factor: Some(1_000_000 + cost % 3),
                            benchmark_ratio: Some(900_000 + cost),
                            ratio_cost: Some(cost),
                            surplus: Some(50_000 - cost),
                            ..StoredResult::default()
                        }),
                    }
                })
                .collect();
            self.store.save_computed(id, &cases, (&after, &last), up_to).unwrap();
            after = last;
        }
        self.store.end_compute(id, ComputeState::Done, self.clock).unwrap();
    }
}

/// yyyymm
pub(crate) fn month_of(seconds: i64) -> i64 {
    let date = model::canonical::moment_of(seconds).unwrap();
    i64::from(date.year()) * 100 + i64::from(date.month())
}

pub(crate) fn no_progress() -> impl FnMut(&str, u64, u64) -> bool {
    |_, _, _| true
}

/// Every table of a mart, rows sorted.
pub(crate) fn contents(mart: &Mart) -> BTreeMap<String, Answer> {
    let names =
        FACTS.iter().map(|fact| fact.name).chain(mart::DIMENSIONS.iter().copied()).chain(["mart_month"]);
    names
        .map(|name| {
            (name.to_owned(), mart.query(&format!("SELECT * FROM {name} ORDER BY ALL"), &[]).unwrap())
        })
        .collect()
}

/// Fails with the first row that differs.
pub(crate) fn assert_same(left: &Mart, right: &Mart) {
    let (left, right) = (contents(left), contents(right));
    for (name, a) in &left {
        let b = &right[name];
        for (x, y) in a.rows.iter().zip(&b.rows) {
            for ((column, x), y) in a.columns.iter().zip(x).zip(y) {
                assert_eq!(x, y, "{name}.{column}");
            }
        }
        assert_eq!(a.rows.len(), b.rows.len(), "{name}");
    }
}

/// A mart built from nothing beside the one under test.
pub(crate) fn built_from_nothing(store: &Store, folder: &Path) -> Mart {
    let path: PathBuf = folder.join(format!("fresh-{}.duckdb", fastrand::u64(..)));
    let mart = Mart::open(path).unwrap();
    mart.refresh(store, &mut no_progress()).unwrap();
    mart
}

/// The only number of an answer.
pub(crate) fn number(mart: &Mart, sql: &str) -> i64 {
    match mart.query(sql, &[]).unwrap().rows[0][0] {
        Cell::Whole(n) => n,
        ref other => panic!("{sql}: {other:?}"),
    }
}
