//! 收费项目检索: the three catalogues and the hospital's own items, as one types code, name or initials.

use crate::app::App;
use crate::error::ApiError;
use crate::query::Asked;
use crate::who::Who;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use terms::layouts::{DRUG, MATERIAL, SERVICE};
use terms::search::{Index, RowFilter};

/// Terms offered of each catalogue.
const OFFERED: usize = 8;

pub(super) async fn items(State(app): State<App>, _: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let q = asked.text("q");
        let filter = RowFilter { edition: None, on: Some(app.today()) };
        let mut options: Vec<Value> = Vec::new();
        for (layout, tag) in [(&SERVICE, "服务项目"), (&DRUG, "药品"), (&MATERIAL, "耗材")] {
            let held = app.terminology().catalogue(layout)?;
            let hits = held.search.suggest(&held.catalogue, q, filter, OFFERED, None);
            options.extend(
                hits.rows.iter().map(|hit| json!({ "code": hit.code, "name": hit.name, "tags": [tag] })),
            );
        }
        // The hospital's own codes, each with what it is in the insurer's catalogue.
        let own = app.store().charge_items()?;
        let index = Index::new(own.iter().map(|item| (item.key.as_str(), item.name.as_str())));
        for hit in index.search(q, OFFERED, None).rows {
            let item = own.iter().find(|item| item.key == hit.code);
            let unit = item.map_or("", |item| item.unit.as_str());
            let tags: Vec<&str> = ["院内", unit].into_iter().filter(|tag| !tag.is_empty()).collect();
            options.push(json!({ "code": hit.code, "name": hit.name, "tags": tags }));
        }
        Ok(crate::page::json(&Value::from(options)))
    })
    .await
}
