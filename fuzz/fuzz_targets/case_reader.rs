//! Any bytes as a case line: read, group, price and explain without a panic, and the same twice.
#![no_main]

mod packs;

use grouper::Grouper;
use libfuzzer_sys::fuzz_target;
use policy::Policy;
use settle::Pricer;
use std::sync::{Arc, LazyLock};

struct Engine {
    grouper: Grouper,
    pricer: Pricer,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let files = packs::read(&["sample/2025", "base/2025"]);
    let policy = Arc::new(Policy::load(&files).expect("the sample city's pack"));
    Engine { grouper: Grouper::new(policy.clone()), pricer: Pricer::new(policy) }
});

fuzz_target!(|line: &[u8]| {
    let Some(case) = casework::read_line(line) else { return };
    let explanation = ENGINE.grouper.explain(&case);
    assert_eq!(explanation.grouping, ENGINE.grouper.group(&case, &mut grouper::Scratch::default()));
    if let Some(group) = explanation.grouping.group() {
        let ask = settle::Ask::default();
        let priced = ENGINE.pricer.price(&case, group, &ask);
        assert_eq!(priced, ENGINE.pricer.price(&case, group, &ask));
        ENGINE.pricer.explain(&case, group, &ask);
    }
    ENGINE.grouper.schemes(&case, grouper::SchemeOptions { other_diagnoses: true, siblings: true });
});
