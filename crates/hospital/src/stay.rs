//! 一次住院: everything that the hospital has about one stay.

use crate::bill::Bill;
use crate::charge_line::ChargeLine;
use crate::clock::{DAY, MINUTE, day_of};
use crate::facts::Facts;
use crate::plan::Plan;
use crate::planted::Planted;
use crate::planted_charges::Circumstances;
use crate::random::Random;
use crate::settlement::{self, Sums};
use crate::treatment::{Course, Treatment};
use crate::{Hospital, coding, front_page, orders, planted_record, stay_rows};
use model::canonical::{Row, TABLES};

/// One stay with its rows.
#[derive(Clone, Debug)]
pub struct Stay {
    /// Position in order of admission, from 0.
    pub number: u32,
    /// Key of the encounter: `ZY0000001-1`.
    pub key: String,
    /// Index of the group it was drawn from in [`policy::Policy::groups`].
    pub group: usize,
    /// 总费用, 分: the sum of [`Stay::lines`].
    pub total: i64,
    /// Sex of the patient.
    pub woman: bool,
    /// Came back within 31 days with the same disease.
    pub readmission: bool,
    /// Nights, at least one; so far for patients in house.
    pub days: i64,
    /// 费用明细, sorted by number.
    pub lines: Vec<ChargeLine>,
    /// Planted defects.
    pub planted: Vec<Planted>,
    /// Rows by position in [`TABLES`]; charge lines are kept in `lines`.
    pub(crate) rows: Vec<Vec<Row>>,
}

/// Most charge lines of a stay.
const LINES_OF_A_STAY: u64 = 100_000;

impl Stay {
    /// Rows of a table that belong to this stay. The patient's row comes with the first stay. Charge lines are made on
    /// demand by [`Stay::charge_rows`].
    pub fn rows(&self, table: &str) -> &[Row] {
        let at = TABLES.iter().position(|known| known.name == table);
        at.and_then(|at| self.rows.get(at)).map_or(&[], Vec::as_slice)
    }

    /// Rows of `charge_line`.
    pub fn charge_rows<'s>(&'s self, hospital: &'s Hospital) -> impl Iterator<Item = Row> + 's {
        self.lines.iter().map(|line| line.row(hospital, &self.key))
    }

    pub(crate) fn put(&mut self, table: &str, rows: Vec<Row>) {
        let at = TABLES.iter().position(|known| known.name == table);
        debug_assert!(at.is_some(), "no table {table}");
        if let Some(slot) = at.and_then(|at| self.rows.get_mut(at)) {
            slot.extend(rows);
        }
    }

    pub(crate) fn rows_mut(&mut self, table: &str) -> Option<&mut Vec<Row>> {
        let at = TABLES.iter().position(|known| known.name == table)?;
        self.rows.get_mut(at)
    }
}

/// Writes a planned stay.
pub(crate) fn write(hospital: &Hospital, plan: &Plan) -> Option<Stay> {
    let random = &mut Random::of(hospital.options.seed, 7, u64::from(plan.number));
    let facts = &Facts::new(hospital, plan, random)?;
    let shapes = &hospital.shapes;
    let mut stay = Stay {
        number: plan.number,
        key: facts.key.clone(),
        group: facts.disease.group,
        total: 0,
        woman: plan.woman,
        readmission: plan.readmission,
        days: facts.days,
        lines: Vec::new(),
        planted: Vec::new(),
        rows: vec![Vec::new(); TABLES.len()],
    };
    if plan.visit == 1 {
        stay.put("patient", vec![stay_rows::patient(facts, shapes)]);
    }
    if plan.voided {
        // 入院登记作废: the registration stays, nothing else ever came.
        stay.put("encounter", vec![stay_rows::encounter(facts, shapes, 0)]);
        return Some(stay);
    }
    charge(facts, &mut stay, random);
    let sums = Sums::of(&stay.lines);
    stay.total = sums.total;
    let prepaid = random.between(10, 60) * 10_000;
    stay.put("encounter", vec![stay_rows::encounter(facts, shapes, prepaid)]);
    stay.put("department_stay", stay_rows::department_stays(facts, shapes));
    stay.put("bed_day", stay_rows::bed_days(facts, shapes));
    stay.put("icu_stay", stay_rows::icu_stay(facts, shapes));
    code(facts, &mut stay, random);
    let settled = settlement::write(facts, shapes, &sums, random);
    if facts.discharged.is_some() {
        stay.put("front_page", vec![front_page::write(facts, shapes, &stay.lines, settled.personal, random)]);
    }
    if let Some(list) = front_page::settlement_list(facts, shapes, &settled, sums.total, random) {
        stay.put("settlement_list", vec![list]);
    }
    stay.put("settlement", settled.settlements);
    stay.put("settlement_fund", settled.funds);
    if let Some(number) = plan.defect
        && stay.planted.is_empty()
    {
        planted_record::plant(facts, &mut stay, number);
    }
    Some(stay)
}

/// 费用 and 医嘱.
fn charge(facts: &Facts<'_>, stay: &mut Stay, random: &mut Random) {
    let (hospital, plan) = (facts.hospital, facts.plan);
    let planned_days = (day_of(plan.leaves) - day_of(plan.admitted)).max(1);
    // Patients in house have used up the part of the days that is over.
    let budget =
        if plan.in_house { plan.cost * facts.days / planned_days.max(facts.days) } else { plan.cost };
    // The first charges belong to the day of admission, however late it was.
    let first = (plan.admitted + 20 * MINUTE).min((day_of(plan.admitted) + 1) * DAY - MINUTE);
    let to = if plan.in_house { facts.until } else { facts.until - 10 * MINUTE };
    let mut bill = Bill::new(hospital, budget, (first, to), plan.department, facts.attending);
    let department = hospital.departments.get(plan.department).code.as_str();
    let circumstances = Circumstances {
        woman: plan.woman,
        age: facts.age,
        days: if plan.in_house { (facts.until - plan.admitted) / DAY } else { facts.days },
        insurance: facts.insurance.map_or("", |insurance| insurance.code.as_str()),
        department,
    };
    let defect = plan.defect.and_then(|number| hospital.charge_defect(number, &circumstances));
    let charged = defect.map(|defect| (defect, defect.charge(hospital, &mut bill)));
    let course = Course {
        disease: facts.disease,
        variant: facts.variant,
        days: facts.days,
        in_house: plan.in_house,
        icu_days: facts.icu_days,
        operation_day: facts.operation_day,
        woman: plan.woman,
        chapter: facts.variant.principal.0.chars().next().unwrap_or('Z'),
        department,
    };
    let mut treatment = Treatment::new(hospital, &mut bill, random, &course);
    treatment.write(&course);
    let ordered = treatment.orders;
    let rows =
        orders::rows(hospital, &hospital.shapes, &stay.key, &ordered, plan.department, facts.attending);
    stay.put("medical_order", rows);
    let (lines, place) = bill.finish(u64::from(plan.number) * LINES_OF_A_STAY);
    if let Some((defect, charged)) = charged {
        stay.planted.push(defect.answer(&stay.key, &charged, &place, &lines));
    }
    stay.lines = lines;
}

/// 诊断 and 手术 of every origin that exists at this point of the stay's life.
fn code(facts: &Facts<'_>, stay: &mut Stay, random: &mut Random) {
    let hospital = facts.hospital;
    let severe = facts.icu_days > 0;
    let list =
        coding::diagnoses(&hospital.diseases, facts.variant, (facts.plan.woman, facts.age), severe, random);
    let span = (facts.plan.admitted, facts.discharged.unwrap_or(facts.plan.leaves));
    let surgical = facts.disease.surgical;
    let mut operated = coding::operations(facts.variant, surgical, span, facts.operation_day, random);
    operated.retain(|operated| operated.started_at < facts.until);
    let mut origins = vec!["admission", "clinical"];
    if facts.coded_at.is_some() {
        origins.push("coded");
        if facts.settled_at.is_some() {
            origins.push("insurer");
        }
    }
    let (mut diagnoses, mut operations) = (Vec::new(), Vec::new());
    for origin in origins {
        let known =
            if origin == "admission" { list.get(..1.min(list.len())).unwrap_or_default() } else { &list };
        stay_rows::diagnosis_rows(facts, &hospital.shapes, origin, known, &mut diagnoses);
        if origin != "admission" {
            stay_rows::operation_rows(facts, &hospital.shapes, origin, &operated, &mut operations);
        }
    }
    stay.put("diagnosis", diagnoses);
    stay.put("operation", operations);
}
