//! Nanoseconds a case. Run in release: `cargo test -p settle --release --test speed -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod packs;

use model::{Case, Coded, parse_moment};
use packs::{sample, yuan};
use settle::{Ask, Pricer};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

#[test]
#[ignore = "a measurement, not a check"]
fn price_speed() {
    let policy = Arc::new(sample());
    let pricer = Pricer::new(policy.clone());
    let others = ["I10.x00", "E11.900", "J96.000", "N18.900", "K76.000", "E87.600", "C78.000", "D64.900"];
    let cases: Vec<Case> = (0..512usize)
        .map(|n| {
            let cost = Some(model::Fen(120_000 + (n as i64 * 7919) % 2_400_000));
            Case {
                id: n.to_string().into(),
                principal_diagnosis: Coded::diagnosis("J18.900"),
                other_diagnoses: (0..n % 9).map(|at| Coded::diagnosis(others[(at + n) % 8])).collect(),
                age_years: Some((n % 95) as u32),
                admitted: parse_moment("2025-03-01T08:00"),
                discharged: parse_moment(["2025-03-07T10:00", "2025-06-19T10:00", "2025-09-04T12:00"][n % 3]),
                insurance_type: ["310", "390"][n % 2].into(),
                hospital_level: "3".into(),
                hospital: ["H1", "H2", "H9"][n % 3].into(),
                total_cost: cost,
                insurer_cost: cost,
                self_pay: Some(yuan("100.00")),
                ..Case::default()
            }
        })
        .collect();
    let of = |wanted: &dyn Fn(&policy::Group) -> bool| {
        let all: Vec<usize> = (0..policy.groups.len()).filter(|at| wanted(&policy.groups[*at])).collect();
        (0..cases.len()).map(|n| all[(n * 31) % all.len()]).collect::<Vec<usize>>()
    };
    let measure = |name: &str, groups: &[usize]| {
        let mut best = u128::MAX;
        for _ in 0..1000 {
            let started = Instant::now();
            for (case, group) in cases.iter().zip(groups) {
                black_box(pricer.price(black_box(case), *group, &Ask::default()));
            }
            best = best.min(started.elapsed().as_nanos() / cases.len() as u128);
        }
        println!("price, {name}: {best} ns/case");
    };
    measure("all groups", &of(&|_| true));
    measure("core groups (auxiliary catalogues)", &of(&|group| group.kind == policy::Kind::Core));
    measure("composite groups", &of(&|group| group.kind == policy::Kind::Composite));
}
