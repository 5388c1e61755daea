//! 联想: terms for the search boxes of other pages, as combobox.js reads them.

use crate::app::App;
use crate::error::ApiError;
use crate::query::{Asked, Fields};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use terms::Layout;
use terms::layouts::{
    DIAGNOSIS_CLINICAL, DIAGNOSIS_INSURER, DIAGNOSIS_MAP, PROCEDURE_CLINICAL, PROCEDURE_INSURER,
    PROCEDURE_MAP,
};
use terms::search::RowFilter;

/// Terms offered.
const OFFERED: usize = 20;

/// A term to choose.
#[derive(Serialize)]
struct Suggestion<'a> {
    code: &'a str,
    name: &'a str,
    /// Small words beside it.
    tags: Vec<String>,
}

/// Of terms that fit alike the one that this hospital uses most comes first.
///
/// `GET /suggest/diagnosis?q=…&edition=insurer|clinical`
pub(super) async fn diagnosis(State(app): State<App>, Asked(asked): Asked) -> Result<Response, ApiError> {
    answer(app, asked, &DIAGNOSIS_INSURER, &DIAGNOSIS_CLINICAL, &DIAGNOSIS_MAP).await
}

/// `GET /suggest/procedure?q=…&edition=insurer|clinical`
pub(super) async fn procedure(State(app): State<App>, Asked(asked): Asked) -> Result<Response, ApiError> {
    answer(app, asked, &PROCEDURE_INSURER, &PROCEDURE_CLINICAL, &PROCEDURE_MAP).await
}

async fn answer(
    app: App,
    asked: Fields,
    insurer: &'static Layout,
    clinical: &'static Layout,
    map_layout: &'static Layout,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let clinical_wanted = match asked.text("edition") {
            "" | "insurer" => false,
            "clinical" => true,
            other => return Err(ApiError::wrong(format!("没有版本“{other}”：应为 insurer 或 clinical"))),
        };
        let today = app.today();
        let held = app.terminology().catalogue(if clinical_wanted { clinical } else { insurer })?;
        let filter = RowFilter { edition: None, on: Some(today) };
        let used = app.catalogues().usages.of(app, &held, insurer.id == DIAGNOSIS_INSURER.id)?;
        let hits = held.search.suggest(&held.catalogue, asked.text("q"), filter, OFFERED, Some(&used));
        // A clinical code is shown with the 医保版 code it becomes, where that is another one.
        let map = if clinical_wanted { Some(app.terminology().catalogue(map_layout)?) } else { None };
        let becomes = |code: &str| -> Vec<String> {
            let pairs = map.iter().flat_map(|map| map.catalogue.find(code));
            let in_force = pairs.filter(|pair| pair.in_force(map_layout, today) && pair.value(1) != code);
            in_force.map(|pair| format!("医保 {}", pair.value(1))).collect()
        };
        let offered: Vec<Suggestion<'_>> = hits
            .rows
            .iter()
            .map(|hit| Suggestion { code: hit.code, name: hit.name, tags: becomes(hit.code) })
            .collect();
        let json = serde_json::to_string(&offered)
            .map_err(|error| ApiError::internal(format!("检索结果无法写出：{error}")))?;
        let head = [(CONTENT_TYPE, "application/json; charset=utf-8"), (CACHE_CONTROL, "no-store")];
        Ok((head, json).into_response())
    })
    .await
}
