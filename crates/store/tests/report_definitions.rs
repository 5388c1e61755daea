//! 自定义报表: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use store::{DefinitionKind, ReportDefinition, Store, StoreError};
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
    store.definitions(login, DefinitionKind::Report).unwrap().into_iter().map(|known| known.title).collect()
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
        assert!(store.definition("b", DefinitionKind::Report, own).unwrap().is_none());
        let seen = store.definition("b", DefinitionKind::Report, shared).unwrap().unwrap();
        assert_eq!((seen.owner.as_str(), seen.version, seen.definition.as_str()), ("a", 1, "id = \"own\"\n"));
        assert!(store.definition("a", DefinitionKind::Report, 99).unwrap().is_none());
    });
}

#[test]
fn its_owner_alone_changes_it_deletes_it_and_restores_it() {
    on_both(|test| {
        let store = &test.store;
        let id = store.save_report_definition(&new("a", "一", true)).unwrap();
        let known = store.definition("a", DefinitionKind::Report, id).unwrap().unwrap();
        let renamed = ReportDefinition { title: "二".into(), ..known.clone() };
        assert_eq!(store.save_report_definition(&renamed).unwrap(), id);
        // An old version, and somebody else.
        for late in [renamed.clone(), ReportDefinition { owner: "b".into(), version: 2, ..renamed.clone() }] {
            assert!(matches!(store.save_report_definition(&late), Err(StoreError::Changed(_))));
        }
        let gone = ReportDefinition { version: 2, deleted_at: Some(9), ..renamed.clone() };
        store.save_report_definition(&gone).unwrap();
        assert!(
            titles(store, "b").is_empty()
                && store.definition("b", DefinitionKind::Report, id).unwrap().is_none()
        );
        assert_eq!(store.definition("a", DefinitionKind::Report, id).unwrap().unwrap().deleted_at, Some(9));
        store.save_report_definition(&ReportDefinition { version: 3, ..renamed }).unwrap();
        assert_eq!(titles(store, "b"), ["二"]);
    });
}

/// covers: AUD-5.01
#[test]
fn named_queries_stand_apart_from_reports() {
    on_both(|test| {
        let store = &test.store;
        let query = ReportDefinition {
            kind: DefinitionKind::CaseQuery,
            definition: "dx=I63&month=202601".into(),
            ..new("a", "脑梗死'\"<b>", true)
        };
        let id = store.save_report_definition(&query).unwrap();
        store.save_report_definition(&new("a", "报表", true)).unwrap();
        assert_eq!(titles(store, "b"), ["报表"]);
        assert!(store.definition("a", DefinitionKind::Report, id).unwrap().is_none());
        let seen = store.definitions("b", DefinitionKind::CaseQuery).unwrap();
        assert_eq!(seen, [ReportDefinition { id, version: 1, ..query.clone() }]);
        // Under the other kind it is not changed.
        let as_report = ReportDefinition { kind: DefinitionKind::Report, ..seen[0].clone() };
        assert!(matches!(store.save_report_definition(&as_report), Err(StoreError::Changed(_))));
        let known = store.definition("a", DefinitionKind::CaseQuery, id).unwrap().unwrap();
        assert_eq!(store.save_report_definition(&known).unwrap(), id);
    });
}
