//! 列设置: the columns of a table as a user wants them, kept on the server.

use crate::app::App;
use crate::error::ApiError;
use crate::grid::Grid;
use crate::query::Posted;
use crate::route::{Access, Route};
use crate::who::Who;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::post("/settings/columns", Access::User, save)]
}

/// Longest setting that is kept.
const LONGEST: usize = 4000;

/// `grid`, and `columns` as [`Grid::arrange`] reads them; empty columns: as delivered.
async fn save(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    let (grid, columns) = (fields.text("grid").to_owned(), fields.text("columns").to_owned());
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_-,.:".contains(c));
    if grid.is_empty() || grid.len() > 100 || columns.len() > LONGEST || !plain(&grid) || !plain(&columns) {
        return Err(ApiError::wrong("列设置有误"));
    }
    app.blocking(move |app| {
        Ok(app.store().set_user_setting(&who.viewer.login, &format!("columns:{grid}"), &columns)?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl App {
    /// Puts a table's columns as this user set them.
    pub(crate) fn arrange(&self, who: &Who, grid: &mut Grid) -> Result<(), ApiError> {
        if !grid.id.is_empty()
            && let Some(setting) =
                self.store().user_setting(&who.viewer.login, &format!("columns:{}", grid.id))?
        {
            grid.arrange(&setting);
        }
        Ok(())
    }
}
