//! Columns and documents are judged alike; local codes are met by national rules.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

use audit::{CodeMap, Encounter, Engine, Line, LineColumns, Scratch, Stay, UNIT, Verdict, price, read_rules};
use proptest::prelude::*;

/// Items of the hospital and what they are nationally; D1 and D2 are one item there.
const ITEMS: [(&str, &str); 6] =
    [("L1", "A"), ("L2", "B"), ("L3", "C"), ("D1", "D"), ("D2", "D"), ("X", "unknown")];

fn rules() -> Vec<audit::Rule> {
    read_rules(
        r#"[{"id":"f","kind":"freq","items":["A","B"],"max":2,"window":"calendar_day"},
            {"id":"t","kind":"freq","items":["D"],"unit":"times","max":1,"window":"sliding_hours:6","valid_from":"1970-01-03"},
            {"id":"l","kind":"freq","items":["C"],"max_expr":"los_days","window":"encounter"},
            {"id":"p","kind":"dup_main_sub","main":["A"],"sub":["B","D"],"except_if":["C"],"window":"calendar_day"},
            {"id":"g","kind":"dup_main_sub","main":["L1*"],"sub":["L2*","D*"],"except_if":["L3"],"window":"calendar_day"},
            {"id":"b","kind":"dup_main_sub","main":["D","A"],"sub":["D2","A"],"window":"sliding_hours:8","valid_to":"1970-01-08"},
            {"id":"m","kind":"dup_mutual","sets":[["A"],["B"],["C","D"]],"window":"sliding_hours:12"},
            {"id":"s","kind":"corr_single","a":["A"],"b":["B","D1"],"window":"calendar_day"},
            {"id":"a","kind":"corr_all","a":["A"],"b":["B","C"],"window":"sliding_days:2"},
            {"id":"c","kind":"corr_sets","sets":[["A"],["B"]],"window":"calendar_day"},
            {"id":"r","kind":"corr_ratio","a":["A"],"b":["B"],"k":2,"window":"sliding_hours:8"},
            {"id":"d","kind":"course_days","items":["A","C"],"max":3},
            {"id":"y","kind":"total_amount","items":["A","B"],"max_fen":700,"window":"calendar_day"},
            {"id":"x","kind":"sex","items":["A","D"],"allow":["1"]},
            {"id":"n","kind":"age","items":["B"],"max_age":14},
            {"id":"i","kind":"insurance","items":["L3"],"allow":["310"]},
            {"id":"o","kind":"dept","items":["B","C"],"allow":["K1"]},
            {"id":"z","kind":"discount","items":["A","B","C"],"ratio":"0.5","window":"calendar_day"},
            {"id":"e","kind":"long_stay","days":7},
            {"id":"u","kind":"low_admission","items":["A","D*"],"share":0.5,"max_days":9,"valid_from":"1970-01-02"},
            {"id":"v","kind":"idle_bed","items":["B","X"],"days":4},
            {"id":"w","kind":"readmission","days":15}]"#,
    )
    .expect("rules")
}

fn codes() -> CodeMap {
    CodeMap::new(ITEMS)
}

/// Time in half-hours over ten days, item, half units, 分, department, and what a refund takes back.
type Row = (u32, usize, i64, i64, u32, Option<u8>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        0_u32..480,
        0..ITEMS.len(),
        1_i64..8,
        1_i64..1_000,
        0_u32..3,
        proptest::option::weighted(0.2, any::<u8>()),
    );
    proptest::collection::vec(row, 0..40).prop_map(|mut rows| {
        rows.sort();
        rows
    })
}

struct Case {
    stay: Stay,
    time: Vec<u32>,
    item: Vec<u32>,
    quantity: Vec<i64>,
    amount: Vec<i64>,
    refund_of: Vec<u32>,
    department: Vec<u32>,
}

const DEPARTMENTS: [&str; 3] = ["", "K1", "K2"];

fn case(rows: &[Row], sex: &str) -> Case {
    let mut case = Case {
        stay: Stay::default(),
        time: Vec::new(),
        item: Vec::new(),
        quantity: Vec::new(),
        amount: Vec::new(),
        refund_of: Vec::new(),
        department: Vec::new(),
    };
    case.stay.encounter = Encounter {
        sex: sex.into(),
        age: Some(40.into()),
        admitted: Some(3_600),
        discharged: Some(8 * 86_400),
        department: "K2".into(),
        ..Encounter::default()
    };
    for (at, (time, item, halves, fen, department, refund)) in rows.iter().enumerate() {
        // A refund names nothing, a line before it or one that is not there.
        let refund_of = refund.map(|of| match usize::from(of) {
            of if of % 3 == 0 => u32::MAX,
            of if of % 3 == 1 || at == 0 => u32::MAX - 1,
            of => (of % at) as u32,
        });
        let sign = if refund.is_some() { -1 } else { 1 };
        let (quantity, amount) = (sign * halves * UNIT / 2, sign * fen);
        let (price, odd) = price(quantity, amount);
        case.time.push(time * 1_800);
        case.item.push(*item as u32);
        case.quantity.push(quantity);
        case.amount.push(amount);
        case.refund_of.push(refund_of.unwrap_or(u32::MAX));
        case.department.push(*department);
        case.stay.lines.push(Line {
            item: ITEMS[*item].0.into(),
            time: i64::from(*time) * 1_800,
            order: at as u32,
            quantity,
            price,
            amount: odd,
            full_price: (*item != 2).then_some(*item as i64 * 100),
            department: DEPARTMENTS[*department as usize].into(),
            // `u32::MAX` is no name; a line that is not there is any place beyond the stay.
            refund_of: refund_of.filter(|of| *of != u32::MAX),
        });
    }
    case
}

/// Alerts have no order of their own among the two kinds.
fn of_columns(engine: &Engine, case: &Case, scratch: &mut Scratch) -> Verdict {
    let table = engine.table(ITEMS.map(|(local, _)| local));
    let departments = DEPARTMENTS.map(str::to_owned);
    let columns = LineColumns {
        time: &case.time,
        item: &case.item,
        quantity: &case.quantity,
        amount: &case.amount,
        refund_of: &case.refund_of,
        department: &case.department,
        departments: &departments,
        full_prices: &[0, 100, -1, 300, 400, 500],
    };
    engine.judge_columns(&table, &case.stay.encounter, &columns, scratch).verdict()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn columns_and_documents_are_judged_alike(first in rows(), second in rows(), sex in "[12]?") {
        let engine = Engine::with_codes(rules(), codes());
        // The same buffers for both: nothing of one stay is left for the next.
        let (mut one, mut other) = (Scratch::default(), Scratch::default());
        for rows in [first, second] {
            let case = case(&rows, &sex);
            prop_assert_eq!(of_columns(&engine, &case, &mut one), engine.judge(&case.stay, &mut other));
        }
    }

    #[test]
    fn rules_found_by_pairs_and_by_their_parts_say_the_same(rows in rows()) {
        let engine = Engine::with_codes(rules(), codes());
        let verdict = engine.judge(&case(&rows, "1").stay, &mut Scratch::default());
        let of = |id: &str| -> Vec<_> {
            let named = verdict.findings.iter().filter(|finding| engine.rules()[finding.rule as usize].id == id);
            named.map(|finding| (finding.line, finding.excess, finding.because_of.clone())).collect()
        };
        prop_assert_eq!(of("p"), of("g"));
    }
}

#[test]
fn a_national_rule_meets_the_hospitals_own_codes() {
    let rule = r#"[{"id":"r","kind":"total_qty","items":["0011*"],"max":1}]"#;
    let map =
        CodeMap::new([("F1", "001102"), ("F2", "002200"), ("F2", "001103"), ("F3", ""), ("F4", "0022")]);
    let engine = Engine::with_codes(read_rules(rule).expect("rule"), map);
    let line =
        |item: &str, order| Line { item: item.into(), order, quantity: UNIT, price: 100, ..Line::default() };
    let lines =
        ["F1", "F2", "F3", "F4", "001199", "F9"].iter().zip(0..).map(|(item, order)| line(item, order));
    let stay = Stay { lines: lines.collect(), ..Stay::default() };
    let found: Vec<u32> =
        engine.judge(&stay, &mut Scratch::default()).findings.iter().map(|finding| finding.line).collect();
    assert_eq!(found, [1, 4]);
}
