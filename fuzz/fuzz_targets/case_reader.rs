//! Any bytes as a case line: read, group, price and explain without a panic, and the same twice.
#![no_main]

use dipper::Engine;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let policy = dipper::pack_dir::load(std::path::Path::new("sample/2025")).expect("built-in pack");
    Engine::new(policy)
});

fuzz_target!(|line: &[u8]| {
    let Some(case) = dipper::cases::read_line(line) else { return };
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
