//! What is recorded of an encounter, drawn so that every number of the semantic layer has something to count: each way, level,
//! class and kind, with gaps where hospitals leave them.

use crate::support::{DAY, DEPARTMENTS, ITEMS, Stay, Ward};
use fastrand::Rng;
use model::canonical::{FEE_CLASSES, Value};

/// Names of charge items that say what front-page classes do not.
const TELLING: [&str; 9] = [
    "心肺复苏抢救",
    "大抢救",
    "外送基因检测",
    "冠脉介入治疗",
    "介入导管",
    "氧气吸入",
    "CT平扫",
    "胸部DR摄影",
    "磁共振增强",
];

const DIAGNOSES: [&str; 24] = [
    "K35.900", "I10.x00", "J18.900", "K35.100", "I21.401", "I63.902", "J44.100", "E11.900", "C34.101",
    "C50.900", "C16.902", "C18.700", "D12.600", "D48.900", "S72.000", "T81.400", "N39.000", "A41.900",
    "O82.000", "P07.300", "Z51.100", "R50.900", "j15.900", "D01.000",
];

const MORPHOLOGIES: [&str; 5] = ["M81400/3", "M80100/2", "M82110/0", "M80000/1", "无"];

/// Code and name.
const OPERATIONS: [(&str, &str); 10] = [
    ("47.0100", "腹腔镜阑尾切除术"),
    ("36.1500", "冠状动脉搭桥术"),
    ("36.0600", "冠状动脉支架置入术"),
    ("81.5400", "全膝关节置换术"),
    ("74.1x00", "剖宫产"),
    ("45.2300", "电子结肠镜检查"),
    ("51.2300", "腹腔镜胆囊切除术"),
    ("99.2500", "化疗"),
    ("01.2400", "开颅探查术"),
    ("80.2600", "膝关节镜检查"),
];

/// One of these; a blank one is nothing.
pub(crate) fn pick(random: &mut Rng, from: &[&str]) -> Value {
    match from[random.usize(..from.len())] {
        "" => Value::Null,
        word => word.into(),
    }
}

/// The number, or now and then nothing.
fn mostly(random: &mut Rng, n: i64) -> Value {
    if random.u8(..8) == 0 { Value::Null } else { n.into() }
}

/// Departments with beds, and items with telling names.
pub(crate) fn dictionaries(ward: &mut Ward) {
    for n in 0..DEPARTMENTS {
        let (key, name) = (format!("K{n}"), format!("科{n}"));
        let parent = if n % 2 == 1 { "K0".into() } else { Value::Null };
        let set: Vec<(&str, Value)> = vec![
            ("key", key.as_str().into()),
            ("name", name.as_str().into()),
            ("parent_key", parent),
            ("category", if n < 3 { "内科" } else { "外科" }.into()),
            ("open_beds", if n == 4 { Value::Null } else { (10 + 7 * n as i64).into() }),
        ];
        ward.put("department", &set);
    }
    for n in 0..ITEMS {
        let key = format!("I{n}");
        let name = TELLING.get(n).map_or(key.as_str(), |name| name);
        let class =
            if n < TELLING.len() && n >= 6 { "imaging" } else { FEE_CLASSES[n % FEE_CLASSES.len()].code };
        let class = if name == "介入导管" { "operation_material" } else { class };
        let level = pick(&mut ward.random, &["1", "2", "3", ""]);
        let set: Vec<(&str, Value)> = vec![
            ("key", key.as_str().into()),
            ("name", name.into()),
            ("fee_class", class.into()),
            ("insurer_class", pick(&mut ward.random, &["03", "09", ""])),
            ("level", level),
        ];
        ward.put("charge_item", &set);
    }
}

/// The patient again, as a person of some age from somewhere.
pub(crate) fn patient(ward: &mut Ward, stay: &Stay) {
    let key = format!("P{}", stay.patient);
    let birth = stay.admitted / DAY - 365 - ward.random.i64(0..33_000);
    let set: Vec<(&str, Value)> = vec![
        ("key", key.as_str().into()),
        ("name", "某".into()),
        ("sex", pick(&mut ward.random, &["1", "2", "1", "2", "9", ""])),
        ("birth_date", mostly(&mut ward.random, birth)),
        ("region", pick(&mut ward.random, &["999901", "999902", "999801", "110101", ""])),
    ];
    ward.put("patient", &set);
}

/// Everything that belongs to the encounter, but settlements.
pub(crate) fn records(ward: &mut Ward, key: &str) {
    let stay = ward.encounters[key].clone();
    diagnoses(ward, key);
    operations(ward, key, &stay);
    departments(ward, key, &stay);
    if ward.random.u8(..5) == 0 {
        let at = stay.admitted + ward.random.i64(0..2 * DAY);
        let left = ward.random.bool().then(|| at + ward.random.i64(60..3 * DAY));
        let row = format!("{key}-u");
        let set: Vec<(&str, Value)> = vec![
            ("key", row.as_str().into()),
            ("encounter_key", key.into()),
            ("entered_at", at.into()),
            ("left_at", left.into()),
        ];
        ward.put("icu_stay", &set);
    }
    for revision in 1..=ward.random.i64(0..3) {
        let row = format!("{key}-f{revision}");
        let set: Vec<(&str, Value)> = vec![
            ("key", row.as_str().into()),
            ("encounter_key", key.into()),
            ("revision", revision.into()),
            ("pay_method", pick(&mut ward.random, &["1", "2.1", "7", ""])),
            ("occupation", pick(&mut ward.random, &["24", "27", "80", ""])),
        ];
        ward.put("front_page", &set);
    }
    for n in 0..ward.random.usize(0..14) {
        charge(ward, key, &stay, n);
    }
}

fn diagnoses(ward: &mut Ward, key: &str) {
    for origin in ["admission", "clinical", "insurer", "coded"] {
        if ward.random.u8(..4) == 0 {
            continue;
        }
        for n in 1..=ward.random.i64(1..8) {
            let kind = ["western", "western", "western", "chinese", "outpatient", "pathology", "external"]
                [ward.random.usize(..7)];
            let code = match kind {
                "pathology" => pick(&mut ward.random, &MORPHOLOGIES),
                _ if ward.random.u8(..20) == 0 => Value::Null,
                _ => pick(&mut ward.random, &DIAGNOSES),
            };
            let row = format!("{key}-{origin}-{n}");
            let set: Vec<(&str, Value)> = vec![
                ("key", row.as_str().into()),
                ("encounter_key", key.into()),
                ("origin", origin.into()),
                ("kind", kind.into()),
                ("sequence", n.into()),
                ("principal", mostly(&mut ward.random, i64::from(n == 2))),
                ("code", code.clone()),
                ("name", code),
                ("admission_condition", pick(&mut ward.random, &["1", "2", "4", ""])),
            ];
            ward.put("diagnosis", &set);
        }
    }
}

fn operations(ward: &mut Ward, key: &str, stay: &Stay) {
    for origin in ["clinical", "insurer", "coded"] {
        for n in 1..=ward.random.i64(0..4) {
            let (code, name) = OPERATIONS[ward.random.usize(..OPERATIONS.len())];
            let at = stay.admitted + ward.random.i64(-3600..4 * DAY);
            let took = ward.random.i64(60..20_000);
            let known = ward.random.u8(..6) > 0;
            let row = format!("{key}-{origin}-p{n}");
            let set: Vec<(&str, Value)> = vec![
                ("key", row.as_str().into()),
                ("encounter_key", key.into()),
                ("origin", origin.into()),
                ("sequence", n.into()),
                ("principal", mostly(&mut ward.random, i64::from(n == 2))),
                ("code", code.into()),
                ("name", name.into()),
                ("level", pick(&mut ward.random, &["1", "二级", "3", "Ⅳ", "四", "三级", "无", ""])),
                ("started_at", known.then_some(at).into()),
                ("ended_at", known.then_some(at + took).into()),
                ("surgeon_key", pick(&mut ward.random, &["D1", "D2", "D5", ""])),
                ("anaesthetist_key", pick(&mut ward.random, &["D7", "D8", "", ""])),
                ("anaesthesia", pick(&mut ward.random, &["01", "0102", "0201", "04", "99", ""])),
                (
                    "incision_healing",
                    pick(
                        &mut ward.random,
                        &["Ⅰ/甲", "Ⅰ/乙", "Ⅱ/乙", "III/丙", "11", "23", "0", "1/甲", "II/甲", ""],
                    ),
                ),
                ("elective", maybe_flag(&mut ward.random)),
            ];
            ward.put("operation", &set);
        }
    }
}

pub(crate) fn maybe_flag(random: &mut Rng) -> Value {
    [Value::Null, 0.into(), 1.into()][random.usize(..3)].clone()
}

/// From department to department, at times within one; and the nights there.
fn departments(ward: &mut Ward, key: &str, stay: &Stay) {
    let end = stay.discharged.unwrap_or(stay.admitted + 9 * DAY);
    let moves = ward.random.i64(0..4);
    let mut at = stay.admitted;
    for n in 0..=moves {
        let last = n == moves;
        let left = if last { end } else { at + ward.random.i64(0..=(end - at).max(0)) };
        let department = if last && ward.random.bool() {
            format!("K{}", stay.department)
        } else {
            format!("K{}", ward.random.usize(..DEPARTMENTS))
        };
        let open = (last && stay.discharged.is_none()) || ward.random.u8(..12) == 0;
        let row = format!("{key}-s{n}");
        let set: Vec<(&str, Value)> = vec![
            ("key", row.as_str().into()),
            ("encounter_key", key.into()),
            ("sequence", (n + 1).into()),
            ("department_key", department.as_str().into()),
            ("doctor_key", pick(&mut ward.random, &["D1", "D2", "D3", ""])),
            ("entered_at", at.into()),
            ("left_at", (!open).then_some(left).into()),
        ];
        ward.put("department_stay", &set);
        let nights = at / DAY..left / DAY;
        for night in nights.filter(|night| night % 11 > 0) {
            let row = format!("{key}-b{n}-{night}");
            let set: Vec<(&str, Value)> = vec![
                ("key", row.as_str().into()),
                ("encounter_key", key.into()),
                ("day", night.into()),
                ("department_key", department.as_str().into()),
            ];
            ward.put("bed_day", &set);
        }
        at = left;
    }
}

fn charge(ward: &mut Ward, key: &str, stay: &Stay, n: usize) {
    let sign = if n > 0 && ward.random.u8(..6) == 0 { -1 } else { 1 };
    let amount = ward.random.i64(1..200_000) * sign;
    let item = if ward.random.u8(..3) == 0 {
        ward.random.usize(..TELLING.len())
    } else {
        ward.random.usize(..ITEMS + 2)
    };
    let (row, item) = (format!("{key}-{n:04}"), format!("I{item}"));
    let quantity = ward.random.i64(1..60_000) * sign;
    let at = stay.admitted + ward.random.i64(-3600..9 * DAY);
    let (within, own) = (ward.random.i64(0..=amount.abs()) * sign, ward.random.i64(0..=amount.abs()) * sign);
    let set: Vec<(&str, Value)> = vec![
        ("key", row.as_str().into()),
        ("encounter_key", key.into()),
        ("charged_at", at.into()),
        ("item_key", item.as_str().into()),
        ("fee_class", pick(&mut ward.random, &["antibiotic", "no such class", "western_drug", "", "", ""])),
        ("insurer_class", pick(&mut ward.random, &["01", ""])),
        ("level", pick(&mut ward.random, &["1", ""])),
        ("quantity", quantity.into()),
        ("price", (amount.abs() * 100).into()),
        ("amount", amount.into()),
        ("in_scope", mostly(&mut ward.random, within)),
        ("own_pay", mostly(&mut ward.random, own)),
        ("ordering_department_key", pick(&mut ward.random, &["K0", "K1", "K2", "K3", "K9", ""])),
        ("ordering_doctor_key", pick(&mut ward.random, &["D1", "D4", ""])),
        ("performing_department_key", pick(&mut ward.random, &["K2", "K4", ""])),
    ];
    ward.put("charge_line", &set);
}
