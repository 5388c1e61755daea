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
        // The hospital that runs the product is the pack's first.
        if let Some(hospital) = self.policy.hospitals.first() {
            case.hospital = hospital.code.as_str().into();
            case.hospital_level = hospital.level.as_str().into();
        }
        let insurance: Vec<_> = self.policy.insurance_types.iter().filter(|t| t.dip).collect();
        let at = self.random.usize(0..insurance.len().max(1));
        let ratio = insurance.get(at).and_then(|t| t.reimbursement_ratio).unwrap_or(Decimal::ONE);
        case.insurance_type = insurance.get(at).map_or("", |t| t.code.as_str()).into();
        // The insurer's part: about four fifths, less where the insurance type reimburses less.
        let share = ratio.min(Decimal::new(8, 1)) + Decimal::new(self.random.i64(-50..50), 3);
        let insurer = Fen::from_yuan(total.yuan() * share).unwrap_or_default().min(total);
        case.insurer_cost = Some(insurer);
        case.in_scope_cost = Some(insurer);
        case.self_pay = Some(total - insurer);
        Some(case)
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
