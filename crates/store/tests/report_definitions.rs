//! 自定义报表: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use store::{ReportDefinition, Store, StoreError};
use support::on_both;

fn new(owner: &str, title: &str, shared: bool) -> ReportDefinition {
    ReportDefinition {
        owner: owner.into(),
        owner_name: format!("{owner}某"),
        title: title.into(),
        shared,
        definition: "id = \"own\"\n".into(),
        changed_at: 7,
        ..ReportDefinition::default()
    }
}

fn titles(store: &Store, login: &str) -> Vec<String> {
    store.report_definitions(login).unwrap().into_iter().map(|known| known.title).collect()
}

#[test]
fn everybody_sees_his_own_and_what_is_shared() {
    on_both(|test| {
        let store = &test.store;
        let own = store.save_report_definition(&new("a", "自用", false)).unwrap();
        let shared = store.save_report_definition(&new("a", "共享'\"<b>", true)).unwrap();
        store.save_report_definition(&new("b", "乙的", false)).unwrap();
        assert_eq!(titles(store, "a"), ["共享'\"<b>", "自用"]);
        assert_eq!(titles(store, "b"), ["乙的", "共享'\"<b>"], "one's own come first");
        assert!(store.report_definition("b", own).unwrap().is_none());
        let seen = store.report_definition("b", shared).unwrap().unwrap();
        assert_eq!((seen.owner.as_str(), seen.version, seen.definition.as_str()), ("a", 1, "id = \"own\"\n"));
        assert!(store.report_definition("a", 99).unwrap().is_none());
    });
}

#[test]
fn its_owner_alone_changes_it_deletes_it_and_restores_it() {
    on_both(|test| {
        let store = &test.store;
        let id = store.save_report_definition(&new("a", "一", true)).unwrap();
        let known = store.report_definition("a", id).unwrap().unwrap();
        let renamed = ReportDefinition { title: "二".into(), ..known.clone() };
        assert_eq!(store.save_report_definition(&renamed).unwrap(), id);
        // An old version, and somebody else.
        for late in [renamed.clone(), ReportDefinition { owner: "b".into(), version: 2, ..renamed.clone() }] {
            assert!(matches!(store.save_report_definition(&late), Err(StoreError::Changed(_))));
        }
        let gone = ReportDefinition { version: 2, deleted_at: Some(9), ..renamed.clone() };
        store.save_report_definition(&gone).unwrap();
        assert!(titles(store, "b").is_empty() && store.report_definition("b", id).unwrap().is_none());
        assert_eq!(store.report_definition("a", id).unwrap().unwrap().deleted_at, Some(9));
        store.save_report_definition(&ReportDefinition { version: 3, ..renamed }).unwrap();
        assert_eq!(titles(store, "b"), ["二"]);
    });
}
