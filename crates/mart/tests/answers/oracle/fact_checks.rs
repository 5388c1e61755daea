//! Measures of operations, diagnoses, charge lines, stays in departments, nights and beds.

use super::{ALL, Check, Number, Part, Rows, cases};

const fn rows(of: Rows, condition: &'static str) -> Option<Part> {
    Some((of, Number::Count(condition)))
}

const fn different(of: Rows, column: &'static str, condition: &'static str) -> Option<Part> {
    Some((of, Number::Different(column, condition)))
}

const fn sum(of: Rows, column: &'static str, places: u32, condition: &'static str) -> Option<Part> {
    Some((of, Number::Sum(column, places, condition)))
}

const fn operations(condition: &'static str) -> Option<Part> {
    rows(Rows::Operations, condition)
}

const SURGERY: &str = "grade IS NOT NULL";
/// 住院重点手术 among the operations that the ward has.
const KEY: &str =
    "grade IS NOT NULL AND op_code IN ('36.1500', '36.0600', '81.5400', '74.1x00', '51.2300', '01.2400')";
/// Ⅰ类切口
const FIRST: &str = "healing_ IN ('Ⅰ/甲', 'Ⅰ/乙', '1/甲', '11')";
const CAME: &str = "begins AND visit > 1";

pub(crate) const FACTS: &[Check] = &[
    ("operations", operations(ALL), None),
    ("procedure_lines", operations("grade IS NULL"), None),
    ("operated_patients", different(Rows::Operations, "number", ALL), None),
    ("high_level_rate", operations("grade >= 3"), operations(SURGERY)),
    ("minimally_invasive", operations("grade IS NOT NULL AND endoscopic"), None),
    ("minimally_invasive_rate", operations("grade IS NOT NULL AND endoscopic"), operations(SURGERY)),
    ("surgeries", operations(SURGERY), None),
    ("level12_surgeries", operations("grade < 3"), None),
    ("level3_surgeries", operations("grade = 3"), None),
    ("level4_surgeries", operations("grade = 4"), None),
    ("level12_rate", operations("grade < 3"), operations(SURGERY)),
    ("level3_rate", operations("grade = 3"), operations(SURGERY)),
    (
        "operation_minutes_mean",
        sum(Rows::Operations, "took", 0, SURGERY),
        operations("grade IS NOT NULL AND took IS NOT NULL"),
    ),
    ("anaesthesias", operations("anaesthesia_ IS NOT NULL"), None),
    ("incision_0", operations("healing_ = '0'"), None),
    ("incision_1", operations(FIRST), None),
    ("incision_1_rate", operations(FIRST), operations("healing_ IS NOT NULL")),
    ("incision_1_grade_a_rate", operations("healing_ IN ('Ⅰ/甲', '1/甲', '11')"), operations(FIRST)),
    ("incision_2", operations("healing_ IN ('Ⅱ/乙', '23', 'II/甲')"), None),
    ("incision_3", operations("healing_ = 'III/丙'"), None),
    (
        "healing_first_rate",
        operations("healing_ IN ('Ⅰ/甲', '1/甲', 'II/甲', '11')"),
        operations("healing_ IS NOT NULL AND healing_ <> '0'"),
    ),
    ("elective_surgeries", operations("grade IS NOT NULL AND elective"), None),
    ("elective_rate", operations("grade IS NOT NULL AND elective"), operations(SURGERY)),
    ("key_surgeries", operations(KEY), None),
    ("key_rate", operations(KEY), operations(SURGERY)),
    (
        "general_anaesthesia_rate",
        operations("anaesthesia_ IN ('01', '0102')"),
        operations("anaesthesia_ IS NOT NULL"),
    ),
    ("anaesthetists", different(Rows::Operations, "anaesthetist_key", ALL), None),
    (
        "anaesthesias_per_doctor",
        operations("anaesthetist_key IS NOT NULL"),
        different(Rows::Operations, "anaesthetist_key", ALL),
    ),
    ("surgeons", different(Rows::Operations, "surgeon_key", SURGERY), None),
    (
        "surgery_preoperative_days",
        sum(Rows::Operations, "waited", 0, SURGERY),
        operations("grade IS NOT NULL AND waited IS NOT NULL"),
    ),
    ("surgeries_by_day", rows(Rows::OperationDays, SURGERY), None),
    ("diagnoses", rows(Rows::Diagnoses, ALL), None),
    ("diagnosed_patients", different(Rows::Diagnoses, "number", ALL), None),
    ("external_causes", different(Rows::Diagnoses, "number", "d_kind = 'external'"), None),
    ("pathology_diagnoses", different(Rows::Diagnoses, "number", "d_kind = 'pathology'"), None),
    ("hospital_acquired", rows(Rows::Diagnoses, "d_kind = 'western' AND admission_condition = '4'"), None),
    ("charge_amount", sum(Rows::Lines, "amount", 2, ALL), None),
    ("charge_lines", rows(Rows::Lines, ALL), None),
    ("charge_quantity", sum(Rows::Lines, "quantity", 4, ALL), None),
    ("charge_cases", different(Rows::Lines, "number", ALL), None),
    ("charge_mean_price", sum(Rows::Lines, "amount", 2, ALL), sum(Rows::Lines, "quantity", 4, ALL)),
    ("charge_in_scope", sum(Rows::Lines, "l_in_scope", 2, ALL), None),
    ("charge_own_pay", sum(Rows::Lines, "l_own_pay", 2, ALL), None),
    ("charge_refunds", sum(Rows::Lines, "amount", 2, "amount < 0"), None),
    ("daily_revenue", sum(Rows::LineDays, "amount", 2, ALL), None),
    ("insured_daily_revenue", sum(Rows::LineDays, "amount", 2, "insured"), None),
    ("admissions", rows(Rows::Admitted, ALL), None),
    ("emergency_admissions", rows(Rows::Admitted, "admission_way = '1'"), None),
    ("outpatient_admissions", rows(Rows::Admitted, "admission_way = '2'"), None),
    ("referred_admissions", rows(Rows::Admitted, "admission_way = '3'"), None),
    ("emergency_rate", rows(Rows::Admitted, "admission_way = '1'"), rows(Rows::Admitted, ALL)),
    ("treated", rows(Rows::Visits, ALL), None),
    ("transfers_in", rows(Rows::Entered, CAME), None),
    ("transfers_out", rows(Rows::Left, "went_to <> t_department"), None),
    ("department_discharges", rows(Rows::Stays, "is_last"), None),
    ("department_deaths", rows(Rows::Stays, "is_last AND discharge_way = '5'"), None),
    (
        "transferred_on_rate",
        rows(Rows::Entered, "begins AND visit > 1 AND visit < visits"),
        rows(Rows::Entered, CAME),
    ),
    (
        "transferred_discharge_rate",
        rows(Rows::Entered, "begins AND visit > 1 AND visit = visits AND NOT in_house"),
        rows(Rows::Entered, CAME),
    ),
    (
        "transferred_death_rate",
        rows(Rows::Entered, "begins AND visit > 1 AND visit = visits AND discharge_way = '5'"),
        rows(Rows::Entered, CAME),
    ),
    ("department_fee", sum(Rows::Stays, "t_fee", 2, ALL), None),
    ("department_drug_fee", sum(Rows::Stays, "t_drug", 2, ALL), None),
    ("department_material_fee", sum(Rows::Stays, "t_material", 2, ALL), None),
    ("department_days", sum(Rows::Stays, "t_out - t_in", 0, ALL), rows(Rows::Stays, "t_out IS NOT NULL")),
    ("occupied_bed_days", rows(Rows::Nights, ALL), None),
    ("insured_bed_days", rows(Rows::Nights, "insured"), None),
    ("insured_bed_day_rate", rows(Rows::Nights, "insured"), rows(Rows::Nights, ALL)),
    ("open_bed_days", sum(Rows::Open, "open_beds", 0, ALL), None),
    ("open_beds", sum(Rows::Open, "open_beds", 0, ALL), different(Rows::Open, "o_day", ALL)),
    ("bed_use", rows(Rows::Nights, ALL), sum(Rows::Open, "open_beds", 0, ALL)),
    ("insured_bed_use", rows(Rows::Nights, "insured"), sum(Rows::Open, "open_beds", 0, ALL)),
    ("patients_a_day", rows(Rows::Nights, ALL), different(Rows::Nights, "n_day", ALL)),
];

/// 病床周转次数: discharges × days ÷ open beds × days.
pub(crate) const TURNOVER: [Check; 3] = [
    ("bed_turnover", cases(ALL), None),
    ("bed_turnover", different(Rows::Open, "o_day", ALL), None),
    ("bed_turnover", sum(Rows::Open, "open_beds", 0, ALL), None),
];
