//! A stream of cases whose mix and costs follow a policy pack.

use crate::exemplar::Exemplars;
use model::{Case, Fen};
use policy::Policy;
use rust_decimal::Decimal;

/// Endless, deterministic draw of cases: groups by their published case counts, costs spread over all bands.
pub struct CaseMix<'p> {
    policy: &'p Policy,
    random: fastrand::Rng,
    /// Exemplars with the running sum of their weights.
    cases: Vec<(u64, Case)>,
    drawn: u64,
}

impl<'p> CaseMix<'p> {
    /// Prepares a draw. Rows without a case count weigh as 10 cases.
    pub fn new(policy: &'p Policy, seed: u64) -> CaseMix<'p> {
        let exemplars = Exemplars::new(policy);
        let mut sum = 0;
        let mut cases = Vec::new();
        for (at, group) in policy.groups.iter().enumerate() {
            if let Some(case) = exemplars.case(at) {
                sum += u64::from(group.cases.unwrap_or(10)).max(1);
                cases.push((sum, case));
            }
        }
        CaseMix { policy, random: fastrand::Rng::with_seed(seed), cases, drawn: 0 }
    }
}

impl Iterator for CaseMix<'_> {
    type Item = Case;

    fn next(&mut self) -> Option<Case> {
        let total = self.cases.last()?.0;
        let ticket = self.random.u64(0..total);
        let at = self.cases.partition_point(|(sum, _)| *sum <= ticket);
        let mut case = self.cases.get(at)?.1.clone();
        self.drawn += 1;
        case.id = format!("{:08}", self.drawn).into();
        let share = cost_share(&mut self.random);
        let mean = case.total_cost.unwrap_or(Fen(1_000_000)).yuan();
        let total = Fen::from_yuan(mean * share).unwrap_or_default().max(Fen(100));
        case.total_cost = Some(total);
        // Own pay 5–20 % of the total, the rest the insurer's.
        let own =
            Fen::from_yuan(total.yuan() * Decimal::new(self.random.i64(50..200), 3)).unwrap_or_default();
        case.self_pay = Some(own);
        case.insurer_cost = Some(total - own);
        case.in_scope_cost = case.insurer_cost;
        case.insurance_type = self.pick(|policy| {
            policy.insurance_types.iter().filter(|t| t.dip).map(|t| t.code.as_str()).collect()
        });
        let hospital = self.random.usize(0..self.policy.hospitals.len().max(1));
        if let Some(hospital) = self.policy.hospitals.get(hospital) {
            case.hospital = hospital.code.as_str().into();
            case.hospital_level = hospital.level.as_str().into();
        }
        Some(case)
    }
}

impl CaseMix<'_> {
    fn pick<T: Default + for<'a> From<&'a str>>(&mut self, choices: impl Fn(&Policy) -> Vec<&str>) -> T {
        let choices = choices(self.policy);
        match choices.len() {
            0 => T::default(),
            n => choices.get(self.random.usize(0..n)).map_or_else(T::default, |text| T::from(text)),
        }
    }
}

/// Cost over the group's mean: most near 1, a few in every band up to 3.
fn cost_share(random: &mut fastrand::Rng) -> Decimal {
    let (lo, hi) = match random.u32(0..100) {
        0..4 => (150, 400),
        4..20 => (400, 750),
        20..60 => (750, 1000),
        60..82 => (1000, 1200),
        82..96 => (1200, 2000),
        _ => (2000, 3000),
    };
    Decimal::new(random.i64(lo..hi), 3)
}
