//! Versions of catalogues: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use store::{CatalogueChange, CatalogueContent, CatalogueVersion, Store, StoreError};
use support::on_both;

fn version(layout: &str, version: i64, base: i64, kind: CatalogueChange) -> CatalogueVersion {
    CatalogueVersion {
        layout: layout.into(),
        version,
        base,
        kind,
        file_name: if kind == CatalogueChange::Edit { String::new() } else { "目录.xlsx".into() },
        note: String::new(),
        row_count: 3,
        added: 1,
        changed: 2,
        removed: 3,
        wrong: 4,
        imported_at: 1000 + version,
        imported_by: "0001".into(),
    }
}

fn content(rows: &str, removed: &str) -> CatalogueContent {
    CatalogueContent { rows: rows.into(), removed: removed.into() }
}

fn save(store: &Store, new: &CatalogueVersion, rows: &str, removed: &str) {
    store.save_catalogue(new, &content(rows, removed)).unwrap();
}

// covers: DIP-1.05, DIP-1.06, DIP-1.07
#[test]
fn every_version_is_kept_with_what_makes_it() {
    on_both(|test| {
        let store = &test.store;
        assert_eq!(store.catalogue("drug").unwrap(), None);
        assert_eq!(store.catalogue_versions("drug").unwrap(), []);
        let first = version("drug", 1, 1, CatalogueChange::Full);
        let second = version("drug", 2, 1, CatalogueChange::Edit);
        let third = version("drug", 3, 1, CatalogueChange::Incremental);
        let fourth = version("drug", 4, 4, CatalogueChange::Rollback);
        save(store, &first, "一,'引号',\"x\"\n", "");
        save(store, &second, "", "二");
        save(store, &third, "三", "");
        save(store, &fourth, "四", "");
        save(store, &version("service", 1, 1, CatalogueChange::Full), "其他", "");
        assert_eq!(store.catalogue("drug").unwrap().as_ref(), Some(&fourth));
        assert_eq!(store.catalogue_versions("drug").unwrap(), [fourth, third, second, first]);
        let of = |version| store.catalogue_contents("drug", version).unwrap();
        assert_eq!(of(1), [content("一,'引号',\"x\"\n", "")]);
        assert_eq!(of(3), [content("一,'引号',\"x\"\n", ""), content("", "二"), content("三", "")]);
        assert_eq!(of(4), [content("四", "")]);
        let missing = store.catalogue_contents("drug", 5).unwrap_err();
        assert!(matches!(missing, StoreError::Missing(_)), "{missing}");
    });
}

#[test]
fn the_second_of_two_editors_is_told() {
    on_both(|test| {
        let store = &test.store;
        save(store, &version("drug", 1, 1, CatalogueChange::Full), "甲", "");
        // Both saw version 1.
        save(store, &version("drug", 2, 2, CatalogueChange::Full), "乙", "");
        for late in [1, 2, 4] {
            let new = version("drug", late, late, CatalogueChange::Full);
            let refused = store.save_catalogue(&new, &content("丙", "")).unwrap_err();
            assert!(matches!(refused, StoreError::Changed(_)), "{late}: {refused}");
        }
        assert_eq!(store.catalogue_contents("drug", 2).unwrap(), [content("乙", "")]);
    });
}

#[test]
fn of_many_editors_at_once_one_wins_each_version() {
    on_both(|test| {
        let won = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let new = version("drug", 1, 1, CatalogueChange::Full);
                        match test.store.save_catalogue(&new, &content("甲", "")) {
                            Ok(()) => true,
                            Err(StoreError::Changed(_)) => false,
                            Err(other) => panic!("{other}"),
                        }
                    })
                })
                .collect();
            tries.into_iter().filter_map(|one| one.join().ok()).filter(|won| *won).count()
        });
        assert_eq!(won, 1);
        assert_eq!(test.store.catalogue_versions("drug").unwrap().len(), 1);
    });
}
