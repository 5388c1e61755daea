//! 存下的定义: reports and queries under a name. Their owner renames, shares, deletes and restores them; others open what is shared.

use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::query::Fields;
use crate::who::Who;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use store::{DefinitionKind, LogKind, ReportDefinition, StoreError};

/// What is kept under a name.
pub(crate) struct Definitions {
    pub(crate) kind: DefinitionKind,
    pub(crate) called: &'static str,
    /// Address of the list; that of one of them is below it.
    pub(crate) home: &'static str,
    /// What to do instead of changing somebody else's.
    pub(crate) instead: &'static str,
}

impl Definitions {
    /// All that the user sees, his own first.
    pub(crate) fn all(&self, app: &App, who: &Who) -> Result<Vec<ReportDefinition>, ApiError> {
        Ok(app.store().definitions(&who.viewer.login, self.kind)?)
    }

    /// One that the user sees.
    pub(crate) fn seen(&self, app: &App, who: &Who, id: i64) -> Result<ReportDefinition, ApiError> {
        let known = app.store().definition(&who.viewer.login, self.kind, id)?;
        known.ok_or_else(|| ApiError::missing(&format!("此{}", self.called)))
    }

    /// One that the user may change.
    pub(crate) fn owned(&self, app: &App, who: &Who, id: i64) -> Result<ReportDefinition, ApiError> {
        let known = self.seen(app, who, id)?;
        match known.owner == who.viewer.login {
            true => Ok(known),
            false => Err(ApiError::new(
                StatusCode::FORBIDDEN,
                format!("这个{}是 {} 建立的，只有建立人能修改", self.called, known.owner_name),
                self.instead,
            )),
        }
    }

    /// The same, as the version that he saw when he posted the form.
    pub(crate) fn posted(
        &self,
        app: &App,
        who: &Who,
        id: i64,
        fields: &Fields,
    ) -> Result<ReportDefinition, ApiError> {
        let version = fields.whole("version", "版本")?.unwrap_or_default();
        Ok(ReportDefinition { version, ..self.owned(app, who, id)? })
    }

    /// A new one of the user, not kept yet.
    pub(crate) fn draft(&self, who: &Who, title: String, definition: String) -> ReportDefinition {
        ReportDefinition {
            owner: who.viewer.login.clone(),
            owner_name: who.viewer.name.clone(),
            kind: self.kind,
            title,
            definition,
            ..ReportDefinition::default()
        }
    }

    /// Where one of them is managed.
    pub(crate) fn address(&self, id: i64) -> String {
        format!("{}/{id}", self.home)
    }

    /// Keeps what the user did (`verb`) and logs it; gives its number. `None`: somebody was quicker, which the user is told.
    pub(crate) fn keep(
        &self,
        app: &App,
        who: &Who,
        new: ReportDefinition,
        verb: &str,
        notice: &str,
    ) -> Result<Option<i64>, ApiError> {
        let new = ReportDefinition { changed_at: app.now(), ..new };
        match app.store().save_report_definition(&new) {
            Ok(id) => {
                let shared = if new.shared { "共享" } else { "仅本人" };
                let action = format!("{verb}{}", self.called);
                let about = format!("{} {id}，{shared}", self.called);
                app.log(who, LogKind::Change, &action, &new.title, &about)?;
                app.notice(who, notice);
                Ok(Some(id))
            }
            Err(StoreError::Changed(_)) => {
                let called = self.called;
                app.notice(who, format!("没有保存：您打开页面之后这个{called}在别处被修改，请核对后再试"));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The same, and back to where it is managed.
    pub(crate) fn change(
        &self,
        app: &App,
        who: &Who,
        new: ReportDefinition,
        verb: &str,
        notice: &str,
    ) -> Result<Response, ApiError> {
        let known = new.id;
        let id = self.keep(app, who, new, verb, notice)?.unwrap_or(known);
        Ok(Redirect::to(&self.address(id)).into_response())
    }

    /// Deletes one of the user's own.
    pub(crate) fn delete(
        &self,
        app: &App,
        who: &Who,
        id: i64,
        fields: &Fields,
    ) -> Result<Response, ApiError> {
        let known = self.posted(app, who, id, fields)?;
        let gone = ReportDefinition { deleted_at: Some(app.now()), ..known };
        self.change(app, who, gone, "删除", "已删除；可以在本页恢复")
    }

    /// Brings a deleted one back.
    pub(crate) fn restore(
        &self,
        app: &App,
        who: &Who,
        id: i64,
        fields: &Fields,
    ) -> Result<Response, ApiError> {
        let known = self.posted(app, who, id, fields)?;
        self.change(app, who, ReportDefinition { deleted_at: None, ..known }, "恢复", "已恢复")
    }

    /// The list. `opens` is where one is used; others' are only looked at, which `looks` calls.
    pub(crate) fn grid(
        &self,
        app: &App,
        who: &Who,
        opens: impl Fn(&ReportDefinition) -> String,
        looks: &str,
        empty: &str,
    ) -> Result<Grid, ApiError> {
        let row = |known: ReportDefinition| {
            let own = known.owner == who.viewer.login;
            let state = match (known.deleted_at, known.shared) {
                (Some(_), _) => Cell::text("已删除").class("tag tag-unconfirmed"),
                (None, true) => Cell::text("共享").class("tag tag-core"),
                (None, false) => Cell::text("仅本人"),
            };
            let title = Cell::text(known.title.clone());
            let cells = vec![
                if known.deleted_at.is_none() { title.link(opens(&known)) } else { title },
                Cell::text(known.owner_name.clone()),
                state,
                Cell::moment(known.changed_at),
                Cell::text(if own { "管理" } else { looks }).link(self.address(known.id)),
            ];
            Row { cells, class: "" }
        };
        let grid = Grid {
            title: self.called.into(),
            columns: vec![
                Column::text("title", "名称"),
                Column::text("owner", "建立人"),
                Column::text("state", "范围"),
                Column::text("at", "修改时间"),
                Column::text("manage", "操作"),
            ],
            rows: self.all(app, who)?.into_iter().map(row).collect(),
            empty: empty.into(),
            address: self.home.into(),
            ..Grid::default()
        };
        Ok(grid.for_viewer(&who.viewer))
    }
}
