//! 收费项目检索 of the rules' forms: rules are written in national codes, so those come first.

use crate::app::App;
use crate::catalogues::{NATIONAL_FIRST, offered_items};
use crate::error::ApiError;
use crate::query::Asked;
use crate::who::Who;
use axum::extract::State;
use axum::response::Response;

pub(super) async fn items(State(app): State<App>, _: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| offered_items(app, asked.text("q"), NATIONAL_FIRST)).await
}
