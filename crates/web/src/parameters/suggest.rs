//! 病种检索: groups of a pack or draft as one types their code, name or initials.

use super::source_of;
use crate::app::App;
use crate::error::ApiError;
use crate::query::Asked;
use crate::who::Who;
use axum::extract::State;
use axum::response::Response;
use terms::search::MatchKind;

/// Groups that fit, for a search box.
pub(super) async fn groups(
    State(app): State<App>,
    _: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let source = source_of(app, &asked)?;
        let hits = source.loaded.index().search(asked.text("q"), 20, None);
        let options: Vec<_> = hits
            .rows
            .iter()
            .map(|hit| {
                let kind = source.loaded.group(hit.code).map_or("", |group| group.kind.chinese());
                let found = if hit.kind == MatchKind::Code { Vec::new() } else { vec![kind] };
                serde_json::json!({ "code": hit.code, "name": hit.name, "tags": found })
            })
            .collect();
        Ok(crate::page::json(&serde_json::Value::from(options)))
    })
    .await
}
