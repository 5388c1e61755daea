//! Any bytes as one file of an otherwise good pack: it loads or says why, and what loads can be used.
#![no_main]

mod packs;

use libfuzzer_sys::fuzz_target;
use model::{Case, Coded};
use policy::{PackFiles, Policy};
use std::sync::{Arc, LazyLock};

static GOOD: LazyLock<PackFiles> = LazyLock::new(|| packs::read(CHAIN));
const CHAIN: &[&str] = &["zhongshan/2025", "sample/2025", "base/2025"];

const FILES: [&str; 12] = [
    "pack.toml", "catalogue.csv", "operations.csv", "grouper.toml", "scoring.toml", "coefficients.csv", "prices.csv",
    "settlement.toml", "insurance_types.csv", "auxiliary.toml", "import.toml", "lists/fuzz.csv",
];

fuzz_target!(|input: &[u8]| {
    let Some((which, bytes)) = input.split_first() else { return };
    let mut files = GOOD.clone();
    // Two small files stay good, the rest of the catalogue is cut so that a run is quick.
    files.put("catalogue.csv", b"code,name,set,kind,diagnosis,operation_class,points\nA,a,core,core,K35.9,,1\nB,b,composite,composite,K35,surgical,1\n".to_vec());
    files.put("operations.csv", b"code,class\n47,surgical\n".to_vec());
    files.put(FILES[usize::from(*which) % FILES.len()], bytes.to_vec());
    if let Ok(policy) = Policy::load(&files) {
        let policy = Arc::new(policy);
        let grouper = grouper::Grouper::new(policy.clone());
        let pricer = settle::Pricer::new(policy);
        let case = Case {
            principal_diagnosis: Coded::diagnosis("K35.900"),
            procedures: vec![Coded::procedure("47.0100")],
            discharged: model::parse_moment("2025-03-01"),
            total_cost: Some(model::Fen(1_000_000)),
            insurer_cost: Some(model::Fen(800_000)),
            ..Case::default()
        };
        if let Some(group) = grouper.explain(&case).grouping.group() {
            pricer.price(&case, group, &settle::Ask::default());
        }
    }
});
