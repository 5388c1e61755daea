//! 审核规则库: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use store::{AuditRule, RuleEditor, RuleState, Store, StoreError};
use support::on_both;

const A: RuleEditor<'_> = RuleEditor { login: "a", name: "甲", at: 10 };
const B: RuleEditor<'_> = RuleEditor { login: "b", name: "乙", at: 20 };

fn rule(store: &Store, id: &str) -> AuditRule {
    store.audit_rule(id).unwrap().unwrap()
}

fn changed<T>(done: Result<T, StoreError>) -> bool {
    matches!(done, Err(StoreError::Changed(_)))
}

// covers: AUD-4.01
#[test]
fn one_writes_another_publishes_and_every_version_stays() {
    on_both(|test| {
        let store = &test.store;
        store.save_rule_draft("R1", "{\"v\":1}", "新规则", 0, A).unwrap();
        assert!(changed(store.save_rule_draft("R1", "{}", "", 0, B)), "the id exists");
        let seen = rule(store, "R1");
        assert!(seen.published.is_none() && seen.draft.as_ref().unwrap().author == "a");
        assert!(changed(store.publish_rule("R1", seen.version, A)), "the author publishes");
        let before = store.audit_stamps().unwrap();
        store.publish_rule("R1", seen.version, B).unwrap();
        let after = store.audit_stamps().unwrap();
        assert!(after.in_force > before.in_force && after.library > before.library);
        let published = rule(store, "R1");
        let version = published.published.clone().unwrap();
        assert_eq!((version.number, version.publisher.as_str(), version.published_at), (1, "b", Some(20)));
        assert!(published.draft.is_none());

        // A draft beside the published version; the second of two editors is told.
        store.save_rule_draft("R1", "{\"v\":2}", "放宽", published.version, A).unwrap();
        assert!(changed(store.save_rule_draft("R1", "{\"v\":3}", "收紧", published.version, B)));
        let now = rule(store, "R1");
        assert_eq!(now.published.as_ref().unwrap().document, "{\"v\":1}");
        store.save_rule_draft("R1", "{\"v\":4}", "改写'\"<b>", now.version, B).unwrap();
        let now = rule(store, "R1");
        assert_eq!(
            (now.draft.as_ref().unwrap().number, now.draft.as_ref().unwrap().author.as_str()),
            (2, "b")
        );
        assert!(changed(store.publish_rule("R1", now.version, B)), "whoever wrote it last is its author");
        store.publish_rule("R1", now.version, A).unwrap();
        let documents: Vec<String> =
            store.audit_rule_versions("R1").unwrap().into_iter().map(|version| version.document).collect();
        assert_eq!(documents, ["{\"v\":4}", "{\"v\":1}"]);
    });
}

#[test]
fn a_rule_is_closed_opened_and_thrown_away() {
    on_both(|test| {
        let store = &test.store;
        store.save_rule_draft("R1", "{}", "", 0, A).unwrap();
        let draft = rule(store, "R1");
        store.discard_rule_draft("R1", draft.version, B).unwrap();
        assert!(
            store.audit_rule("R1").unwrap().is_none() && store.audit_rule_versions("R1").unwrap().is_empty()
        );

        let shipped = [("R1".to_owned(), "{\"s\":1}".to_owned()), ("R2".to_owned(), "{\"s\":2}".to_owned())];
        assert_eq!(store.add_shipped_rules(&shipped, "随版本", A).unwrap(), 2);
        assert_eq!(store.add_shipped_rules(&shipped, "随版本", A).unwrap(), 0, "known ones are left alone");
        let known = rule(store, "R1");
        assert_eq!(known.published.as_ref().unwrap().document, "{\"s\":1}");
        let before = store.audit_stamps().unwrap().in_force;
        store.set_rule_state("R1", RuleState::Closed, "误报太多", known.version, B).unwrap();
        assert!(changed(store.set_rule_state("R1", RuleState::Open, "", known.version, A)), "seen too early");
        let closed = rule(store, "R1");
        assert_eq!(
            (closed.state, closed.reason.as_str(), closed.changed_by.as_str()),
            (RuleState::Closed, "误报太多", "乙")
        );
        assert!(store.audit_stamps().unwrap().in_force > before);
        let ids: Vec<String> = store.audit_rules().unwrap().into_iter().map(|rule| rule.id).collect();
        assert_eq!(ids, ["R1", "R2"]);

        store
            .save_rule_drafts(&[("R2".into(), "{}".into(), 2), ("R3".into(), "{}".into(), 0)], "导入", B)
            .unwrap_err();
        assert!(store.audit_rule("R3").unwrap().is_none(), "all or nothing");
        let seen = rule(store, "R2").version;
        store
            .save_rule_drafts(&[("R2".into(), "{}".into(), seen), ("R3".into(), "{}".into(), 0)], "导入", B)
            .unwrap();
        assert!(rule(store, "R3").draft.is_some() && rule(store, "R2").published.is_some());
    });
}
