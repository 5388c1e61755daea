//! Who comes when, with what, and for how long: the stays in order of admission, before anything is written about them.

use crate::arrivals::Arrivals;
use crate::clock::{DAY, HOUR, MINUTE, day_of, years_between};
use crate::disease::{Disease, Diseases};
use crate::random::Random;
use crate::{Hospital, Options};
use std::collections::VecDeque;

/// One stay to be written.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Position in order of admission.
    pub(crate) number: u32,
    pub(crate) disease: usize,
    pub(crate) variant: usize,
    pub(crate) patient: u32,
    /// 住院次数
    pub(crate) visit: u32,
    pub(crate) woman: bool,
    pub(crate) birth_day: i64,
    pub(crate) admitted: i64,
    /// Planned or real end.
    pub(crate) leaves: i64,
    pub(crate) in_house: bool,
    /// Cost of the whole stay, 分.
    pub(crate) cost: i64,
    pub(crate) department: u16,
    pub(crate) bed: u16,
    pub(crate) voided: bool,
    pub(crate) died: bool,
    /// Same disease within 31 days.
    pub(crate) readmission: bool,
    /// Number of the planted defect, if this stay has one.
    pub(crate) defect: Option<u32>,
}

/// A patient who may come again.
#[derive(Clone, Debug)]
struct Known {
    patient: u32,
    visits: u32,
    woman: bool,
    birth_day: i64,
    disease: usize,
    variant: usize,
    left: i64,
    gone: bool,
}

/// Plans of all stays, in order of admission.
pub(crate) struct Plans<'h> {
    hospital: &'h Hospital,
    arrivals: Arrivals,
    regular: u32,
    in_house: u32,
    number: u32,
    patients: u32,
    recent: VecDeque<Known>,
    earlier: Vec<Known>,
    /// Beds taken by patients in house, by department.
    taken: Vec<u16>,
    /// Position in the list of planted defects.
    defects: u32,
}

const READMISSION_DAYS: i64 = 31;

impl<'h> Plans<'h> {
    pub(crate) fn new(hospital: &'h Hospital) -> Plans<'h> {
        let options = &hospital.options;
        let last = hospital.today - 2;
        let first = hospital.today - i64::from(options.years.max(1)) * 365;
        Plans {
            hospital,
            arrivals: Arrivals::new(first, last, u64::from(options.discharges)),
            regular: 0,
            in_house: 0,
            number: 0,
            patients: 0,
            recent: VecDeque::new(),
            earlier: Vec::new(),
            taken: vec![0; hospital.departments.list.len()],
            defects: 0,
        }
    }

    /// Admission of the next patient still in house: most came within the last two weeks.
    fn next_in_house(&self) -> Option<i64> {
        let count = self.hospital.options.in_house;
        (self.in_house < count).then(|| {
            let rank = 1.0 - (f64::from(self.in_house) + 0.5) / f64::from(count);
            let days = (-(1.0 - rank).ln() * 6.5).min(38.0);
            self.hospital.now - HOUR - (days * DAY as f64) as i64
        })
    }

    fn next_regular(&self) -> Option<i64> {
        let options = &self.hospital.options;
        (self.regular < options.discharges)
            .then(|| self.arrivals.moment(u64::from(self.regular), options.seed))
    }

    fn plan(&mut self, admitted: i64, in_house: bool) -> Plan {
        let hospital = self.hospital;
        let options = &hospital.options;
        let random = &mut Random::of(options.seed, 6, u64::from(self.number));
        let known = self.returning(admitted, random);
        let readmission = known.as_ref().is_some_and(|(_, same)| *same);
        let (known, disease, variant) = match known {
            Some((known, true)) => (Some(known.clone()), known.disease, known.variant),
            other => {
                let (disease, variant) = self.draw_disease(admitted, in_house, random);
                let fits = other
                    .map(|(known, _)| known)
                    .filter(|known| fits(hospital.diseases.list.get(disease), known, day_of(admitted)));
                (fits, disease, variant)
            }
        };
        let (patient, visit, woman, birth_day) = match &known {
            Some(known) => (known.patient, known.visits + 1, known.woman, known.birth_day),
            None => {
                self.patients += 1;
                let (woman, birth_day) = newcomer(hospital.diseases.list.get(disease), admitted, random);
                (self.patients, 1, woman, birth_day)
            }
        };
        let (leaves, cost) = self.length_and_cost(disease, admitted, in_house, random);
        let age = years_between(birth_day, day_of(admitted));
        let (department, bed) = self.bed(disease, age, in_house, variant, random);
        let day_surgery = hospital.diseases.list.get(disease).is_some_and(|disease| disease.day_surgery);
        let risk = if day_surgery { 0.0 } else { 0.003 + 0.012 * (age.max(30) - 30) as f64 / 40.0 };
        let died = !in_house && random.chance(risk);
        let voided = !in_house && !readmission && random.chance(0.003);
        let planted = !voided && random.chance(f64::from(options.defects_per_mille) / 1000.0);
        let defect = planted.then_some(self.defects);
        self.defects += u32::from(planted);
        let plan = Plan {
            number: self.number,
            disease,
            variant,
            patient,
            visit,
            woman,
            birth_day,
            admitted,
            leaves,
            in_house,
            cost,
            department,
            bed,
            voided,
            died,
            readmission,
            defect,
        };
        self.remember(&plan);
        plan
    }

    fn draw_disease(&self, admitted: i64, in_house: bool, random: &mut Random) -> (usize, usize) {
        let diseases = &self.hospital.diseases;
        let mut drawn = diseases.draw(random);
        if in_house {
            // Long stays are in house more often than they are discharged.
            let elapsed = ((self.hospital.now - admitted) / DAY) as f64;
            for _ in 0..40 {
                let fits = diseases.list.get(drawn).is_some_and(|d| {
                    !(d.day_surgery && elapsed >= 1.0)
                        && d.mean_days * 1.6 >= elapsed
                        && d.stay_days.1 as f64 > elapsed
                });
                if fits {
                    break;
                }
                drawn = diseases.draw(random);
            }
        }
        let variants = diseases.list.get(drawn).map_or(1, |disease| disease.variants.len());
        (drawn, random.below(variants))
    }

    /// When the stay ends and what all of it costs. Costs and days belong together: the dear stay long.
    /// The hospital's own mean cost of a group over the pack's.
    fn own_level(&self, group: usize) -> f64 {
        let options = &self.hospital.options;
        let spread = f64::from(options.cost_spread_per_mille) / 1000.0;
        1.0 + spread * (2.0 * Random::of(options.seed, 12, group as u64).unit() - 1.0)
    }

    fn length_and_cost(
        &self,
        disease: usize,
        admitted: i64,
        in_house: bool,
        random: &mut Random,
    ) -> (i64, i64) {
        let now = self.hospital.now;
        let Some(disease) = self.hospital.diseases.list.get(disease) else {
            return (admitted + DAY, 1_000_000);
        };
        let share = disease.share.draw(random);
        let noise = (0.25 * random.normal() - 0.031_25).exp();
        let norm = (disease.share.log_variance() * 0.125).exp();
        let wanted = disease.mean_days * share.sqrt() * norm * noise;
        let (lo, hi) = disease.stay_days;
        let days = ((wanted + random.unit()) as i64).clamp(lo.max(1), hi);
        let cost = (disease.mean_cost as f64 * share * self.own_level(disease.group)) as i64;
        let leave_hour = random.between(9, 15) * HOUR + random.between(0, 59) * MINUTE;
        if in_house {
            let elapsed = day_of(now) - day_of(admitted);
            let days = days.max(elapsed + random.between(1, 4));
            return (((day_of(admitted) + days) * DAY + leave_hour).max(now + HOUR), cost.max(30_000));
        }
        // A stay of one day ends the same day when it began early enough.
        let same_day = days == 1 && (admitted.rem_euclid(DAY) < 10 * HOUR) && random.chance(0.4);
        if same_day {
            return (day_of(admitted) * DAY + 16 * HOUR + leave_hour / 10, cost);
        }
        let last = day_of(now) - 1;
        ((day_of(admitted) + days).min(last).max(day_of(admitted) + 1) * DAY + leave_hour, cost)
    }

    fn bed(
        &mut self,
        disease: usize,
        age: i64,
        in_house: bool,
        variant: usize,
        random: &mut Random,
    ) -> (u16, u16) {
        let hospital = self.hospital;
        let Some(disease) = hospital.diseases.list.get(disease) else { return (0, 1) };
        let principal = disease.variants.get(variant).map_or("", |variant| variant.principal.0.as_str());
        let department = hospital.departments.of(disease, principal, age);
        let beds = hospital.departments.get(department).beds.max(1);
        if !in_house {
            return (department, u16::try_from(random.between(1, i64::from(beds))).unwrap_or(1));
        }
        let bed = self.taken.get_mut(usize::from(department)).map_or(1, |taken| {
            *taken += 1;
            *taken
        });
        (department, bed)
    }

    /// A patient known from earlier: for the same disease within 31 days (`true`), or for another later.
    fn returning(&mut self, admitted: i64, random: &mut Random) -> Option<(Known, bool)> {
        while self
            .recent
            .front()
            .is_some_and(|known| known.gone || known.left < admitted - READMISSION_DAYS * DAY)
        {
            let Some(known) = self.recent.pop_front() else { break };
            if !known.gone {
                if self.earlier.len() < 4_000 {
                    self.earlier.push(known);
                } else if let Some(slot) = {
                    let at = random.below(4_000);
                    self.earlier.get_mut(at)
                } {
                    *slot = known;
                }
            }
        }
        let ticket = random.unit();
        if ticket < 0.05 {
            for _ in 0..4 {
                let at = random.below(self.recent.len());
                let Some(known) = self.recent.get_mut(at) else { break };
                let back = admitted - known.left;
                let newborn = years_between(known.birth_day, day_of(admitted)) == 0;
                if !known.gone && !newborn && (DAY..READMISSION_DAYS * DAY).contains(&back) {
                    known.gone = true;
                    return Some((known.clone(), true));
                }
            }
            None
        } else if ticket < 0.17 && !self.earlier.is_empty() {
            let at = random.below(self.earlier.len());
            Some((self.earlier.get(at)?.clone(), false))
        } else {
            None
        }
    }

    fn remember(&mut self, plan: &Plan) {
        // Whoever came back is remembered by the latest stay only.
        if plan.visit > 1 {
            self.earlier.retain(|known| known.patient != plan.patient);
        }
        if plan.died || plan.in_house || plan.voided {
            return;
        }
        self.recent.push_back(Known {
            patient: plan.patient,
            visits: plan.visit,
            woman: plan.woman,
            birth_day: plan.birth_day,
            disease: plan.disease,
            variant: plan.variant,
            left: plan.leaves,
            gone: false,
        });
    }
}

impl Iterator for Plans<'_> {
    type Item = Plan;

    fn next(&mut self) -> Option<Plan> {
        let (regular, in_house) = (self.next_regular(), self.next_in_house());
        let plan = match (regular, in_house) {
            (None, None) => return None,
            (Some(at), None) => (at, false),
            (None, Some(at)) => (at, true),
            (Some(one), Some(other)) => (one.min(other), other < one),
        };
        let plan = self.plan(plan.0, plan.1);
        if plan.in_house {
            self.in_house += 1;
        } else {
            self.regular += 1;
        }
        self.number += 1;
        Some(plan)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let Options { discharges, in_house, .. } = self.hospital.options;
        let left = (discharges - self.regular + in_house - self.in_house) as usize;
        (left, Some(left))
    }
}

/// Whether a known patient can have the disease.
fn fits(disease: Option<&Disease>, known: &Known, day: i64) -> bool {
    let age = years_between(known.birth_day, day);
    disease.is_some_and(|disease| {
        disease.age_days.is_none()
            && disease.woman.is_none_or(|woman| woman == known.woman)
            && (disease.ages.0..=disease.ages.1).contains(&age)
    })
}

/// Sex and birthday of a new patient with this disease.
fn newcomer(disease: Option<&Disease>, admitted: i64, random: &mut Random) -> (bool, i64) {
    let day = day_of(admitted);
    let Some(disease) = disease else { return (true, day - 40 * 365) };
    let woman = disease.woman.unwrap_or_else(|| random.chance(0.49));
    if let Some((lo, hi)) = disease.age_days {
        return (woman, day - random.between(lo, lo.max(hi.min(lo + 25))));
    }
    let (lo, hi) = disease.ages;
    // Wide spans: children below 14 as often as in J and A chapters; else the older the likelier.
    let age = if lo < 5 && hi > 60 && random.chance(0.45) {
        random.between(lo, 13)
    } else {
        let adult = lo.max(if hi > 60 { 18.max(lo) } else { lo });
        let span = (hi - adult) as f64;
        adult + (span * random.unit().max(random.unit())) as i64
    };
    // Keeps the age in full years whatever leap years do.
    (woman, day - age * 1461 / 4 - random.between(1, 360).min(364) - 1)
}

impl Diseases {
    pub(crate) fn get(&self, plan: &Plan) -> Option<(&Disease, &crate::disease::Variant)> {
        let disease = self.list.get(plan.disease)?;
        Some((disease, disease.variants.get(plan.variant)?))
    }
}
