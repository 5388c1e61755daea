//! What is true of one stay before its rows are written: person, dates, departments, doctors, insurance.

use crate::Hospital;
use crate::clock::{DAY, HOUR, MINUTE, day_of, years_between};
use crate::disease::{Disease, Variant};
use crate::person::Person;
use crate::plan::Plan;
use crate::random::Random;
use policy::{Flag, InsuranceType, Pays};

/// A stay's facts.
pub(crate) struct Facts<'h> {
    pub(crate) hospital: &'h Hospital,
    pub(crate) plan: &'h Plan,
    pub(crate) disease: &'h Disease,
    pub(crate) variant: &'h Variant,
    pub(crate) person: Person,
    /// `ZY0000001-1`
    pub(crate) key: String,
    pub(crate) inpatient_number: String,
    pub(crate) record_number: String,
    pub(crate) age: i64,
    /// Below one year.
    pub(crate) age_days: Option<i64>,
    pub(crate) birth_weight: Option<i64>,
    /// Nights that are charged, at least one; up to now for patients in house.
    pub(crate) days: i64,
    pub(crate) icu_days: i64,
    pub(crate) operation_day: i64,
    pub(crate) discharged: Option<i64>,
    /// End of the data: discharge, or now.
    pub(crate) until: i64,
    pub(crate) discharge_way: &'static str,
    pub(crate) state: &'static str,
    /// `None`: 自费.
    pub(crate) insurance: Option<&'h InsuranceType>,
    /// 清算方式, the pack's own code.
    pub(crate) settlement_way: Option<&'h str>,
    pub(crate) settled_at: Option<i64>,
    /// When the coder finished the front page.
    pub(crate) coded_at: Option<i64>,
    pub(crate) chief: u16,
    pub(crate) attending: u16,
    pub(crate) resident: u16,
    pub(crate) head: u16,
    pub(crate) nurse: u16,
    pub(crate) surgeon: u16,
    pub(crate) moves: Vec<Move>,
}

/// 在科: a stretch in one department.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub(crate) department: u16,
    pub(crate) bed: u16,
    pub(crate) entered_at: i64,
    pub(crate) left_at: Option<i64>,
    pub(crate) leave_way: &'static str,
}

impl<'h> Facts<'h> {
    pub(crate) fn new(hospital: &'h Hospital, plan: &'h Plan, random: &mut Random) -> Option<Facts<'h>> {
        let (disease, variant) = hospital.diseases.get(plan)?;
        let admission_day = day_of(plan.admitted);
        let age = years_between(plan.birth_day, admission_day);
        let age_days = (age == 0).then_some((admission_day - plan.birth_day).max(0));
        let person =
            hospital.census.person(hospital.options.seed, plan.patient, plan.woman, plan.birth_day, age);
        let discharged = (!plan.in_house).then_some(plan.leaves);
        let until = discharged.unwrap_or(hospital.now);
        let days = (day_of(until) - admission_day).max(1);
        let severe = plan.died || (plan.cost > 2_500_000 && random.chance(0.35));
        let icu_days = match severe && days > 2 && !disease.day_surgery {
            true => random.between(1, (days / 2).clamp(1, 9)),
            false => 0,
        };
        let last = (days - 1).max(0);
        let operation_day = match disease.surgical {
            true => random.between(0, 3).min(last).min((day_of(plan.leaves) - admission_day) / 2),
            false => random.between(0, 2).min(last),
        };
        let insurance = pick_insurance(hospital, disease, age, random);
        let settlement_way = insurance.and_then(|_| settlement_way(hospital, disease, days, random));
        let settled_at = discharged.filter(|_| insurance.is_some() && !plan.voided).and_then(|left| {
            let wait = match random.chance(0.85) {
                true => random.between(10, 110) * MINUTE,
                false => random.between(1, 5) * DAY + random.between(0, 4) * HOUR,
            };
            Some(left + wait).filter(|at| *at < hospital.now)
        });
        let coded_at = discharged
            .filter(|_| !plan.voided)
            .map(|left| (day_of(left) + random.between(1, 7)) * DAY + random.between(9, 16) * HOUR)
            .filter(|at| *at < hospital.now);
        let discharge_way = match (plan.died, random.below(1000)) {
            (true, _) => "5",
            (_, 0..25) => "2",
            (_, 25..45) => "3",
            (_, 45..85) => "4",
            (_, 85..90) => "9",
            _ => "1",
        };
        let state = match (plan.voided, discharged, settled_at) {
            (true, ..) => "voided",
            (_, None, _) => "in_house",
            // 自费 patients settle at the desk, without the insurer.
            (_, Some(left), None) if insurance.is_none() && left + DAY < hospital.now => "settled",
            (_, Some(_), None) => "discharged",
            _ => "settled",
        };
        let staff = &hospital.staff;
        let department = plan.department;
        let birth_weight = age_days.filter(|days| *days <= 28).map(|_| random.between(240, 400) * 10);
        let mut facts = Facts {
            hospital,
            plan,
            disease,
            variant,
            key: format!("ZY{:07}-{}", plan.patient, plan.visit),
            inpatient_number: format!("ZY{:07}", plan.patient),
            record_number: format!("BA{:07}", plan.patient),
            person,
            age,
            age_days,
            birth_weight,
            days,
            icu_days,
            operation_day,
            discharged,
            until,
            discharge_way,
            state,
            insurance,
            settlement_way,
            settled_at,
            coded_at,
            chief: staff.doctor(department, 1, random),
            attending: staff.doctor(department, 2, random),
            resident: staff.doctor(department, 3, random),
            head: staff.doctor(department, 0, random),
            nurse: staff.nurse(department, random),
            surgeon: staff.doctor(department, 1, random),
            moves: Vec::new(),
        };
        facts.moves = moves(&facts, random);
        Some(facts)
    }

    /// Key of a member of the staff.
    pub(crate) fn staff_key(&self, at: u16) -> &'h str {
        &self.hospital.staff.get(at).code
    }

    /// Name of a member of the staff.
    pub(crate) fn staff_name(&self, at: u16) -> &'h str {
        &self.hospital.staff.get(at).name
    }
}

/// 险种: about equal parts 职工 and 居民, few of the rest, some without.
fn pick_insurance<'h>(
    hospital: &'h Hospital,
    disease: &Disease,
    age: i64,
    random: &mut Random,
) -> Option<&'h InsuranceType> {
    if random.chance(0.03) {
        return None;
    }
    let weight = |insurance: &InsuranceType| match (insurance.code.as_str(), insurance.dip) {
        ("310", _) if age < 20 => 1,
        ("310", _) => 460,
        ("390", _) if age < 18 => 900,
        ("390", _) => 440,
        ("510", _) => 0,
        (_, true) => 30,
        // Few outside DIP, and those where the pack pays something else.
        (_, false) => 12,
    };
    let types = &hospital.policy.insurance_types;
    let at = random.weighted(types.iter().map(weight));
    let birth = disease.variants.first().is_some_and(|variant| variant.principal.0.starts_with("O8"));
    let maternity = types.iter().find(|insurance| insurance.code == "510");
    if birth && random.chance(0.15) && maternity.is_some() {
        return maternity;
    }
    types.get(at)
}

fn settlement_way<'h>(
    hospital: &'h Hospital,
    disease: &Disease,
    days: i64,
    random: &mut Random,
) -> Option<&'h str> {
    let group = hospital.policy.groups.get(disease.group)?;
    let ticket = random.below(100);
    let pays = match ticket {
        _ if group.has(Flag::FixedQuota) && ticket < 80 => Pays::Quota,
        _ if group.has(Flag::BedDay) || days > 45 && ticket < 40 => Pays::BedDay,
        0..3 => Pays::Item,
        _ => Pays::Dip,
    };
    let ways = &hospital.policy.settlement_ways;
    let way = ways.iter().find(|way| way.pays == pays).or(ways.iter().find(|way| way.pays == Pays::Dip))?;
    Some(&way.code)
}

/// 转科: through intensive care, or from one ward to another.
fn moves(facts: &Facts<'_>, random: &mut Random) -> Vec<Move> {
    let plan = facts.plan;
    let hospital = facts.hospital;
    let first =
        |department, bed, entered_at| Move { department, bed, entered_at, left_at: None, leave_way: "" };
    let mut list = vec![first(plan.department, plan.bed, plan.admitted)];
    let change = |list: &mut Vec<Move>, department: u16, bed: u16, at: i64| {
        if let Some(last) = list.last_mut() {
            last.left_at = Some(at);
            last.leave_way = "transfer";
        }
        list.push(first(department, bed, at));
    };
    let beds = |department: u16| i64::from(hospital.departments.get(department).beds.max(1));
    if facts.icu_days > 0 {
        let icu = hospital.rooms.icu;
        let bed = u16::try_from(random.between(1, beds(icu))).unwrap_or(1);
        change(&mut list, icu, bed, plan.admitted + random.between(1, 5) * HOUR);
        let back = (day_of(plan.admitted) + facts.icu_days) * DAY + random.between(9, 15) * HOUR;
        if back < facts.until - HOUR && !(plan.died && random.chance(0.7)) {
            change(&mut list, plan.department, plan.bed, back);
        }
    } else if facts.days > 4 && random.chance(0.035) {
        // Came to the neighbouring ward first.
        let clinical: Vec<u16> = (0..)
            .zip(&hospital.departments.list)
            .filter(|(_, d)| d.category == "临床")
            .map(|(at, _)| at)
            .collect();
        if let Some(other) = random.pick(&clinical).copied().filter(|other| *other != plan.department) {
            let bed = u16::try_from(random.between(1, beds(other))).unwrap_or(1);
            let at = (day_of(plan.admitted) + random.between(1, 2)) * DAY + 10 * HOUR;
            list = vec![first(other, bed, plan.admitted)];
            change(&mut list, plan.department, plan.bed, at);
        }
    }
    if let (Some(last), Some(discharged)) = (list.last_mut(), facts.discharged) {
        last.left_at = Some(discharged);
        last.leave_way = if plan.died { "death" } else { "discharge" };
    }
    list
}
