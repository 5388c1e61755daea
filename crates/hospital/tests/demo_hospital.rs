//! The demo's hospital over the sample pack: what must hold of every stay, and of all together.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it fails")]

mod sample_pack;

use hospital::{ChargeLine, Hospital, Options, Stay};
use jiff::civil::date;
use model::canonical::{FEE_CLASSES, Kind, Row, TABLES, Table, Value};
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

fn demo() -> &'static (Hospital, Vec<Stay>) {
    static DEMO: OnceLock<(Hospital, Vec<Stay>)> = OnceLock::new();
    DEMO.get_or_init(|| {
        let options = Options::demo(date(2026, 11, 27));
        let hospital = Hospital::new(&sample_pack::sample(), options).expect("hospital");
        let stays = hospital.stays().collect();
        (hospital, stays)
    })
}

fn at(table: &str, column: &str) -> usize {
    Table::named(table).unwrap().position(column).unwrap_or_else(|| panic!("{table}.{column}"))
}

fn int(row: &Row, table: &str, column: &str) -> i64 {
    row[at(table, column)].int().unwrap_or_default()
}

fn text<'r>(row: &'r Row, table: &str, column: &str) -> &'r str {
    row[at(table, column)].str()
}

fn every_row(mut see: impl FnMut(&'static Table, &Row)) {
    let (hospital, stays) = demo();
    for table in TABLES {
        for row in hospital.dictionary(table.name) {
            see(table, &row);
        }
    }
    for stay in stays {
        for table in TABLES {
            for row in stay.rows(table.name) {
                see(table, row);
            }
        }
        let lines = Table::named("charge_line").unwrap();
        for row in stay.charge_rows(hospital) {
            see(lines, &row);
        }
    }
}

#[test]
fn rows_are_whole_and_keys_are_unique() {
    let mut keys: HashMap<&str, HashSet<String>> = HashMap::new();
    every_row(|table, row| {
        assert_eq!(row.len(), table.columns.len(), "{}", table.name);
        for (column, value) in table.columns.iter().zip(row) {
            assert!(
                !(column.required && value.is_null()),
                "{}.{} of {}",
                table.name,
                column.name,
                row[0].str()
            );
            match value {
                Value::Int(_) => assert!(column.kind != Kind::Text, "{}.{}", table.name, column.name),
                Value::Text(_) => assert!(column.kind == Kind::Text, "{}.{}", table.name, column.name),
                Value::Null => {}
            }
        }
        let fresh = keys.entry(table.name).or_default().insert(row[0].str().to_owned());
        assert!(fresh, "{} {} twice", table.name, row[0].str());
    });
    for table in TABLES {
        assert!(keys.contains_key(table.name), "no rows of {}", table.name);
    }
    every_row(|table, row| {
        for (column, value) in table.columns.iter().zip(row) {
            if let (Some(other), Value::Text(key)) = (column.refers_to, value) {
                assert!(keys[other].contains(key.as_str()), "{}.{} → {other} {key}", table.name, column.name);
            }
        }
    });
}

#[test]
fn every_column_is_used_somewhere() {
    let mut used: HashSet<(&str, &str)> = HashSet::new();
    every_row(|table, row| {
        for (column, value) in table.columns.iter().zip(row) {
            if !value.is_null() {
                used.insert((table.name, column.name));
            }
        }
    });
    // Weights of further children of one birth, and staff this hospital does not have.
    let never =
        ["birth_weight2", "birth_weight3", "birth_weight4", "birth_weight5", "visiting_physician", "intern"];
    for table in TABLES {
        for column in table.columns.iter().filter(|column| !never.contains(&column.name)) {
            assert!(
                used.contains(&(table.name, column.name)),
                "{}.{} is never filled",
                table.name,
                column.name
            );
        }
    }
}

#[test]
fn money_adds_up_to_the_fen() {
    let (hospital, stays) = demo();
    let mut classes: HashSet<&str> = HashSet::new();
    for stay in stays {
        let mut fees: HashMap<&str, i64> = HashMap::new();
        let by_number: HashMap<u64, &ChargeLine> =
            stay.lines.iter().map(|line| (line.number, line)).collect();
        for line in &stay.lines {
            assert_eq!(line.quantity * line.price, line.amount * 1_000_000, "{}", stay.key);
            assert!(line.in_scope().abs() <= line.amount.abs());
            let item = &hospital.charge_items()[usize::from(line.item)];
            *fees.entry(item.fee_class.as_str()).or_default() += line.amount;
            assert_eq!(line.refund_of != 0, line.quantity < 0, "{}", stay.key);
            if line.refund_of != 0 {
                let original = by_number[&line.refund_of];
                assert!(
                    original.at <= line.at
                        && original.quantity >= -line.quantity
                        && original.item == line.item
                );
            }
        }
        assert!(
            stay.lines.windows(2).all(|pair| pair[0].number < pair[1].number && pair[0].at <= pair[1].at)
        );
        let total: i64 = fees.values().sum();
        assert_eq!(stay.total, total);
        classes.extend(fees.keys().copied());
        let planted_fee = stay.planted.iter().any(|planted| planted.kind == "fee");
        for page in stay.rows("front_page") {
            for class in FEE_CLASSES {
                let own = fees.get(class.code).copied().unwrap_or_default();
                let within: i64 = FEE_CLASSES
                    .iter()
                    .filter(|c| c.within == Some(class.code))
                    .filter_map(|c| fees.get(c.code))
                    .sum();
                assert_eq!(int(page, "front_page", &format!("{}_fee", class.code)), own + within);
            }
            assert_eq!(int(page, "front_page", "total_fee") == total, !planted_fee, "{}", stay.key);
        }
        let settlements = stay.rows("settlement");
        let mut settled = 0;
        for row in settlements {
            let money = |column: &str| int(row, "settlement", column);
            assert_eq!(money("total"), money("fund_total") + money("hospital_part") + money("personal_part"));
            assert_eq!(money("personal_part"), money("personal_account") + money("cash"));
            assert_eq!(
                money("fund_total"),
                money("pooled_fund")
                    + money("civil_servant_fund")
                    + money("serious_illness_fund")
                    + money("large_amount_fund")
            );
            let funds: i64 = stay
                .rows("settlement_fund")
                .iter()
                .filter(|fund| text(fund, "settlement_fund", "settlement_key") == row[0].str())
                .map(|fund| int(fund, "settlement_fund", "paid"))
                .sum();
            assert_eq!(money("fund_total"), funds, "{}", stay.key);
            if text(row, "settlement", "kind") != "preview" {
                settled += money("total");
            }
        }
        if settlements.iter().any(|row| text(row, "settlement", "kind") == "final") {
            assert_eq!(settled, total, "{}", stay.key);
        }
    }
    for class in FEE_CLASSES.iter().filter(|class| FEE_CLASSES.iter().all(|c| c.within != Some(class.code))) {
        assert!(classes.contains(class.code), "no charge of {}", class.chinese);
    }
}

#[test]
fn the_hospital_is_alive() {
    let (hospital, stays) = demo();
    let lines: usize = stays.iter().map(|stay| stay.lines.len()).sum();
    let mean = lines / stays.len();
    println!("{} stays, {lines} lines, {mean} a stay", stays.len());
    assert!((70..140).contains(&mean), "{mean} lines a stay");
    assert_eq!(stays.len(), 5_300);
    let encounters: Vec<&Row> = stays.iter().flat_map(|stay| stay.rows("encounter")).collect();
    let count = |column: &str, value: &str| {
        encounters.iter().filter(|row| text(row, "encounter", column) == value).count()
    };
    assert_eq!(count("state", "in_house"), 300);
    for state in ["discharged", "settled", "voided"] {
        assert!(count("state", state) > 0, "{state}");
    }
    assert!((20..150).contains(&count("discharge_way", "5")), "{} deaths", count("discharge_way", "5"));
    assert!(encounters.iter().filter(|row| int(row, "encounter", "day_surgery") == 1).count() > 20);
    assert!(stays.iter().filter(|stay| stay.readmission).count() > 50);
    assert!(stays.iter().filter(|stay| stay.rows("department_stay").len() > 1).count() > 100);
    assert!(stays.iter().filter(|stay| !stay.rows("icu_stay").is_empty()).count() > 50);
    assert!(stays.iter().any(|stay| stay.lines.iter().any(|line| line.refund_of != 0)));
    let kinds: HashSet<&str> = stays
        .iter()
        .flat_map(|stay| stay.rows("settlement"))
        .map(|row| text(row, "settlement", "kind"))
        .collect();
    for kind in ["final", "interim", "preview", "cancel"] {
        assert!(kinds.contains(kind), "no settlement {kind}");
    }
    assert!(hospital.departments().len() >= 30);
    assert_eq!(hospital.staff().iter().filter(|member| member.job == "医师").count(), 400);
    assert!(hospital.charge_items().len() >= 400);
    // Nobody in two beds, nobody after now, no two in house in one bed.
    let mut beds = HashSet::new();
    for row in &encounters {
        let (from, to) = (int(row, "encounter", "admitted_at"), row[at("encounter", "discharged_at")].int());
        assert!(from < hospital.now() && to.is_none_or(|to| from < to && to < hospital.now()));
    }
    for stay in
        stays.iter().filter(|stay| text(&stay.rows("encounter")[0], "encounter", "state") == "in_house")
    {
        let last = stay.rows("department_stay").last().unwrap();
        let bed = format!(
            "{}{}",
            text(last, "department_stay", "department_key"),
            text(last, "department_stay", "bed")
        );
        // Intensive care draws its beds by chance.
        if text(last, "department_stay", "department_key") != "K039" {
            assert!(beds.insert(bed.clone()), "two patients in {bed}");
        }
    }
}

#[test]
fn nobody_lies_in_two_beds_at_once() {
    let (_, stays) = demo();
    let mut of_patient: HashMap<&str, Vec<(i64, i64)>> = HashMap::new();
    for row in stays.iter().flat_map(|stay| stay.rows("encounter")) {
        if text(row, "encounter", "state") != "voided" {
            let span = (
                int(row, "encounter", "admitted_at"),
                row[at("encounter", "discharged_at")].int().unwrap_or(i64::MAX),
            );
            of_patient.entry(text(row, "encounter", "patient_key")).or_default().push(span);
        }
    }
    for (patient, mut spans) in of_patient {
        spans.sort_unstable();
        assert!(spans.windows(2).all(|pair| pair[0].1 < pair[1].0), "{patient}: {spans:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_hospital() {
    let policy = sample_pack::sample();
    let options = Options::small(date(2026, 11, 27), 400);
    let draw = |options: &Options| {
        let hospital = Hospital::new(&policy, options.clone()).expect("hospital");
        let stays: Vec<String> = hospital.stays().map(|stay| format!("{stay:?}")).collect();
        let apart: Vec<String> = hospital
            .plans()
            .filter_map(|plan| hospital.write_planned(&plan))
            .map(|stay| format!("{stay:?}"))
            .collect();
        assert_eq!(stays, apart, "planned and written apart");
        stays
    };
    let one = draw(&options);
    assert_eq!(one, draw(&options));
    assert_ne!(one, draw(&Options { seed: 1, ..options.clone() }));
}

#[test]
fn the_answer_key_names_rows_that_exist() {
    let (hospital, stays) = demo();
    let mut kinds: HashMap<String, usize> = HashMap::new();
    let mut planted = 0;
    for stay in stays {
        for answer in &stay.planted {
            planted += 1;
            *kinds.entry(answer.kind.to_string()).or_default() += 1;
            assert_eq!(answer.encounter_key, stay.key);
            assert!(!answer.row_keys.is_empty(), "{answer:?}");
            for key in &answer.row_keys {
                let found = if answer.table == "charge_line" {
                    stay.lines.iter().any(|line| &ChargeLine::key(line.number) == key)
                } else {
                    stay.rows(answer.table).iter().any(|row| row[0].str() == key)
                };
                assert!(found, "{answer:?}");
            }
        }
    }
    println!("{planted} planted: {kinds:?}");
    assert!((stays.len() / 100..stays.len() * 3 / 100 + 20).contains(&planted), "{planted}");
    for (_, kind, _) in hospital.planted_rules() {
        assert!(kinds.contains_key(kind), "nothing planted of {kind}");
    }
    for kind in [
        "required",
        "valueset",
        "format",
        "logic",
        "fee",
        "duplicate",
        "icd_basic",
        "icd_limit",
        "icd_merge",
        "icd_corr",
        "icd_same",
        "icd_type_mutex",
        "icd_code_mutex",
        "only_his",
        "only_insurer",
        "amount_differs",
        "code_differs",
    ] {
        assert!(kinds.contains_key(kind), "nothing planted of {kind}");
    }
}

#[test]
fn every_band_has_its_outliers_and_means_are_the_groups() {
    let (hospital, stays) = demo();
    let mut bands = [0_usize; 6];
    let (mut drawn, mut expected) = (0.0, 0.0);
    for stay in stays {
        let encounter = &stay.rows("encounter")[0];
        if !matches!(text(encounter, "encounter", "state"), "settled" | "discharged") {
            continue;
        }
        let mean = hospital.policy().groups[stay.group].reference_cost.unwrap();
        let mean: f64 = mean.to_string().parse().unwrap();
        let cost = stay.total as f64 / 100.0;
        let ratio = cost / mean;
        let band = [0.4, 0.75, 1.0, 1.2, 2.0].iter().filter(|bound| ratio >= **bound).count();
        bands[band] += 1;
        drawn += cost;
        expected += mean;
    }
    println!("bands {bands:?}, drawn ÷ expected {}", drawn / expected);
    assert!(bands.iter().all(|count| *count > 20), "{bands:?}");
    assert!((drawn / expected - 1.0).abs() < 0.03, "{}", drawn / expected);
}

#[test]
fn the_grouper_puts_stays_where_they_were_drawn_from() {
    let (hospital, stays) = demo();
    let policy = hospital.policy();
    let grouper = grouper::Grouper::new(std::sync::Arc::clone(policy));
    let mut scratch = grouper::Scratch::default();
    let (mut same, mut all) = (0, 0);
    for stay in stays {
        let row = &stay.rows("encounter")[0];
        let insurance = text(row, "encounter", "insurance_type");
        let dip = policy.insurance_types.iter().any(|t| t.dip && t.code == insurance);
        let coded = |table: &'static str| {
            let origin = at(table, "origin");
            stay.rows(table).iter().filter(move |row| row[origin].str() == "coded")
        };
        if !dip || coded("diagnosis").next().is_none() || !stay.planted.is_empty() {
            continue;
        }
        let mut case = model::Case {
            policy_date: Some(policy.identity.effective_from),
            insurance_type: insurance.into(),
            sex: Some(model::Sex::Female),
            age_years: u32::try_from(int(row, "encounter", "age_years")).ok(),
            admitted: model::canonical::moment_of(int(row, "encounter", "admitted_at")),
            discharged: model::canonical::moment_of(int(row, "encounter", "discharged_at")),
            ..model::Case::default()
        };
        for row in coded("diagnosis").filter(|row| text(row, "diagnosis", "kind") == "western") {
            let code = model::Coded::diagnosis(text(row, "diagnosis", "code"));
            match int(row, "diagnosis", "principal") {
                1 => case.principal_diagnosis = code,
                _ => case.other_diagnoses.push(code),
            }
        }
        case.procedures =
            coded("operation").map(|row| model::Coded::procedure(text(row, "operation", "code"))).collect();
        all += 1;
        same += usize::from(grouper.group(&case, &mut scratch).group() == Some(stay.group));
    }
    println!("{same} of {all} stays grouped where they were drawn from");
    assert!(same * 100 >= all * 99, "{same} of {all}");
}

/// Daily and hourly limits of the national knowledge points hold in every stay where nothing was planted.
#[test]
fn ordinary_bills_keep_the_national_limits() {
    let (hospital, stays) = demo();
    for stay in stays {
        let mut units: HashMap<(u16, i64), i64> = HashMap::new();
        for line in stay.lines.iter().filter(|line| line.quantity > 0) {
            *units.entry((line.item, line.at.div_euclid(86_400))).or_default() += line.quantity / 10_000;
        }
        for ((item, _), units) in units {
            let item = &hospital.charge_items()[usize::from(item)];
            let most = match item.unit.as_str() {
                "日" => 1,
                "小时" => 24,
                _ => continue,
            };
            let planted = !stay.planted.is_empty() && stay.planted[0].table == "charge_line";
            assert!(units <= most || planted, "{} × {units} of {}", stay.key, item.name);
        }
    }
}
