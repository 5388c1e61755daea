//! 一条规则: its sentence, what it finds, its draft with the difference, its versions; published, opened and closed.

use super::library::{Said, said};
use super::{audit_again, difference, editor, kind_name, known, place};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row, Value};
use crate::page::{Page, html};
use crate::query::{Asked, Posted};
use crate::text;
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use store::{AuditRule, LogKind, RuleState, RuleVersion, StoreError, WarningCount};

#[derive(Template)]
#[template(path = "rule_library/one.html")]
struct One {
    page: Page,
    rule: AuditRule,
    place: String,
    said: Said,
    kind: String,
    level: Cell,
    state: Cell,
    found: WarningCount,
    found_amount: String,
    warnings: String,
    draft: Option<Draft>,
    versions: Grid,
    editable: bool,
    states: Vec<(&'static str, &'static str, bool)>,
}

/// The version under work.
struct Draft {
    version: RuleVersion,
    written_at: String,
    sentence: String,
    difference: Option<Grid>,
    /// The viewer wrote it: somebody else publishes.
    own: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let rule = known(app, &id)?;
        let library = app.rule_library().current(app)?;
        let of = |document: &str| said(document, &library.names);
        let shown = rule.published.as_ref().or(rule.draft.as_ref()).map_or("", |version| &version.document);
        let now = of(shown);
        let draft = rule.draft.clone().map(|version| Draft {
            written_at: text::moment(version.written_at),
            sentence: of(&version.document).sentence,
            difference: rule
                .published
                .as_ref()
                .map(|published| difference::grid(&published.document, &version.document)),
            own: version.author == who.viewer.login,
            version,
        });
        let found = app.store().rule_findings(&id)?;
        let crumbs = [("审核规则库", "/audit-rules"), (id.as_str(), "")];
        let versions = versions(app, &id, asked.text("version"), &of)?;
        html(&One {
            page: who.page(app, &format!("规则 {id}"), &crumbs),
            place: place(&id),
            kind: kind_name(&now.kind),
            level: crate::warnings::level(&now.level),
            state: super::list::state(&rule),
            found_amount: text::money(found.amount),
            found,
            warnings: crate::warnings::address(&[("by", "patient"), ("rule", &id)]),
            draft,
            versions,
            editable: who.viewer.may(Permission::RulesEdit),
            states: RuleState::ALL
                .iter()
                .map(|(state, id, name)| (*id, *name, *state == rule.state))
                .collect(),
            said: now,
            rule,
        })
    })
    .await
}

fn versions(app: &App, id: &str, _: &str, of: &dyn Fn(&str) -> Said) -> Result<Grid, ApiError> {
    let all = app.store().audit_rule_versions(id)?;
    let rows = all.iter().enumerate().map(|(at, version)| {
        let before = all.get(at + 1);
        let changed = before.map_or_else(
            || "新建".to_owned(),
            |before| {
                let changed = difference::difference(&before.document, &version.document);
                let said = changed.iter().map(|(title, old, new)| format!("{title}：{old} → {new}"));
                said.collect::<Vec<_>>().join("；")
            },
        );
        Row {
            cells: vec![
                Cell::whole(version.number),
                Cell::text(of(&version.document).sentence),
                Cell::text(changed),
                Cell::text(version.note.clone()),
                Cell::text(version.author_name.clone()),
                Cell::moment(version.written_at),
                Cell::text(version.publisher_name.clone()),
                version
                    .published_at
                    .map_or_else(|| Cell::text("草稿").class("tag"), |at| Value::Moment(at).into()),
            ],
            class: "",
        }
    });
    Ok(Grid {
        title: "版本".into(),
        columns: vec![
            Column::number("number", "版本", ""),
            Column::text("sentence", "规则描述"),
            Column::text("changed", "与上一版的差异"),
            Column::text("note", "修改说明"),
            Column::text("author", "编写人"),
            Column::text("written_at", "编写时间"),
            Column::text("publisher", "发布人"),
            Column::text("published_at", "发布时间"),
        ],
        rows: rows.collect(),
        ..Grid::default()
    })
}

/// Tells who was second, logs what was done, and goes back to `to`.
fn done(
    app: &App,
    who: &Who,
    id: &str,
    result: Result<(), StoreError>,
    (action, notice, to): (&str, String, String),
) -> Result<Response, ApiError> {
    match result {
        Ok(()) => {
            app.log(who, LogKind::Change, action, id, &notice)?;
            app.notice(who, notice);
            Ok(Redirect::to(&to).into_response())
        }
        Err(StoreError::Changed(_)) => {
            app.notice(who, "没有保存：您打开页面之后这条规则已被他人修改，请核对后再试");
            Ok(Redirect::to(&place(id)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn publish(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let rule = known(app, &id)?;
        if rule.draft.as_ref().is_some_and(|draft| draft.author == who.viewer.login) {
            app.notice(&who, "草稿须由编写人以外的另一人复核发布");
            return Ok(Redirect::to(&place(&id)).into_response());
        }
        let seen = fields.whole("version", "版本")?.unwrap_or_default();
        let result = app.store().publish_rule(&id, seen, editor(app, &who));
        if result.is_ok() {
            audit_again(app);
        }
        let notice = format!("规则 {id} 已发布，正在后台按新规则重新审核");
        done(app, &who, &id, result, ("发布审核规则", notice, place(&id)))
    })
    .await
}

pub(super) async fn discard(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let rule = known(app, &id)?;
        let to = if rule.published.is_some() { place(&id) } else { "/audit-rules".to_owned() };
        let seen = fields.whole("version", "版本")?.unwrap_or_default();
        let result = app.store().discard_rule_draft(&id, seen, editor(app, &who));
        done(app, &who, &id, result, ("放弃规则草稿", format!("规则 {id} 的草稿已放弃"), to))
    })
    .await
}

pub(super) async fn state(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let rule = known(app, &id)?;
        let back = |sentence: &str| {
            app.notice(&who, sentence);
            Ok(Redirect::to(&place(&id)).into_response())
        };
        let Some(to) = RuleState::named(fields.text("state")) else {
            return back("请选择启用、试运行或关闭");
        };
        if rule.published.is_none() {
            return back("规则发布之后才能启用或关闭");
        }
        let reason: String = fields.text("reason").chars().take(200).collect();
        if reason.is_empty() {
            return back("没有保存：请写明原因");
        }
        let seen = fields.whole("version", "版本")?.unwrap_or_default();
        let result = app.store().set_rule_state(&id, to, &reason, seen, editor(app, &who));
        if result.is_ok() {
            audit_again(app);
        }
        let notice = format!("规则 {id} 已改为“{}”：{reason}", to.chinese());
        done(app, &who, &id, result, ("开启关闭审核规则", notice, place(&id)))
    })
    .await
}
