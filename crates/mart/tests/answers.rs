//! The semantic layer over a small ward.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop where they fail")]

mod support;

use mart::{Mart, MartError};
use metrics::{Layer, Query, Selection};
use model::{DataScope, Viewer};
use support::{Ward, no_progress};

fn layer() -> Layer {
    let files = [
        ("populations.toml", include_str!("../../../packs/metrics/populations.toml")),
        ("dimensions.toml", include_str!("../../../packs/metrics/dimensions.toml")),
        ("measures.toml", include_str!("../../../packs/metrics/measures.toml")),
    ];
    Layer::load(&files, &mart::schema()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn viewer(scope: DataScope) -> Viewer {
    Viewer { scope, ..Viewer::default() }
}

#[test]
fn every_measure_runs_by_every_dimension() {
    let layer = layer();
    let folder = tempfile::tempdir().unwrap();
    let mut ward = Ward::open(&folder.path().join("store.db"), 7);
    for _ in 0..60 {
        ward.admit(20, 5);
    }
    ward.flush();
    ward.compute();
    let mart = Mart::open(folder.path().join("mart.duckdb")).unwrap();
    mart.refresh(&ward.store, &mut no_progress()).unwrap();
    let all: Vec<&str> =
        layer.measures().iter().filter(|m| m.fact() == metrics::CASE).map(|m| m.id.as_str()).collect();
    for dimension in layer.dimensions().iter().filter(|d| d.fact() == metrics::CASE) {
        let query = Query::of(all.iter().copied(), Selection::default()).by(&dimension.id);
        let compiled = layer.compile(&query, &viewer(DataScope::Hospital)).unwrap();
        let answer: Result<_, MartError> = mart.answer(&compiled);
        let answer = answer.unwrap_or_else(|e| panic!("{}: {e}\n{}", dimension.id, compiled.sql()));
        assert_eq!(answer.total.values.len(), all.len());
    }
}
