//! 编码名称与检索: of the catalogues; where none is imported, of what the pack itself knows.

use crate::app::App;
use crate::error::ApiError;
use crate::page::json;
use crate::query::Asked;
use axum::extract::State;
use axum::response::Response;
use model::Code;
use policy::{DiagnosisPattern, Policy};
use terms::Layout;
use terms::layouts::{DIAGNOSIS_INSURER, PROCEDURE_INSURER};

/// Terms offered.
const OFFERED: usize = 20;

/// 诊断 or 手术操作.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Diagnosis,
    Procedure,
}

impl Which {
    fn layout(self) -> &'static Layout {
        match self {
            Which::Diagnosis => &DIAGNOSIS_INSURER,
            Which::Procedure => &PROCEDURE_INSURER,
        }
    }

    fn read(self, written: &str) -> Code {
        match self {
            Which::Diagnosis => Code::diagnosis(written),
            Which::Procedure => Code::procedure(written),
        }
    }
}

/// Where a search box asks: the catalogues, or this page when there are none.
pub(super) fn search_address(app: &App, which: Which) -> &'static str {
    let imported =
        app.terminology().catalogue(which.layout()).is_ok_and(|held| !held.catalogue.records().is_empty());
    match (which, imported) {
        (Which::Diagnosis, true) => "/suggest/diagnosis",
        (Which::Procedure, true) => "/suggest/procedure",
        (Which::Diagnosis, false) => "/grouping/suggest/diagnosis",
        (Which::Procedure, false) => "/grouping/suggest/procedure",
    }
}

/// Name of a code as it was written; empty when nobody knows it.
pub(super) fn name_of(app: &App, which: Which, written: &str) -> String {
    let code = which.read(written);
    if let Ok(held) = app.terminology().catalogue(which.layout()) {
        // Catalogues keep a code with or without its extension's zeros as it is published.
        let found = held
            .catalogue
            .find(code.as_str())
            .next()
            .map(|record| record.get(which.layout(), "name").to_owned());
        if let Some(name) = found.filter(|name| !name.is_empty()) {
            return name;
        }
    }
    let Ok(packs) = app.packs().in_force(app.store()) else { return String::new() };
    let Some(pack) = packs.latest() else { return String::new() };
    let policy = pack.policy();
    match which {
        Which::Diagnosis => {
            let named = policy.diagnoses.as_ref().and_then(|diagnoses| diagnoses.get(&code));
            named.cloned().unwrap_or_default()
        }
        Which::Procedure => {
            policy.operations.get(code.as_str()).map(|row| row.name.clone()).unwrap_or_default()
        }
    }
}

pub(super) async fn diagnoses(state: State<App>, asked: Asked) -> Result<Response, ApiError> {
    suggest(state, asked, Which::Diagnosis).await
}

pub(super) async fn procedures(state: State<App>, asked: Asked) -> Result<Response, ApiError> {
    suggest(state, asked, Which::Procedure).await
}

async fn suggest(State(app): State<App>, Asked(asked): Asked, which: Which) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let packs = app.packs().in_force(app.store())?;
        let terms =
            packs.latest().map(|pack| known_to(pack.policy(), which, asked.text("q"))).unwrap_or_default();
        let offered: Vec<_> = terms
            .into_iter()
            .map(|(code, name)| serde_json::json!({ "code": code, "name": name, "tags": ["政策包"] }))
            .collect();
        Ok(json(&offered.into()))
    })
    .await
}

/// Codes of the pack that begin so, or whose name holds the text; the shortest first.
fn known_to(policy: &Policy, which: Which, text: &str) -> Vec<(String, String)> {
    let typed = text.trim();
    if typed.is_empty() {
        return Vec::new();
    }
    let code = which.read(typed);
    let fits = |known: &str, name: &str| {
        (!code.is_empty() && known.starts_with(code.as_str())) || name.contains(typed)
    };
    let mut found: Vec<(String, String)> = Vec::new();
    let mut take = |known: &str, name: &str| {
        if fits(known, name) {
            found.push((known.to_owned(), name.to_owned()));
        }
    };
    match (which, &policy.diagnoses) {
        (Which::Procedure, _) => {
            policy.operations.rows().iter().for_each(|row| take(row.code.as_str(), &row.name))
        }
        (Which::Diagnosis, Some(diagnoses)) => {
            diagnoses.iter().for_each(|(code, name)| take(code.as_str(), name))
        }
        (Which::Diagnosis, None) => {
            for group in &policy.groups {
                for pattern in &group.diagnosis {
                    if let DiagnosisPattern::Prefix(code) = pattern {
                        take(code.as_str(), &group.name);
                    }
                }
            }
        }
    }
    found.sort_by(|a, b| (a.0.len(), a).cmp(&(b.0.len(), b)));
    found.dedup_by(|a, b| a.0 == b.0);
    found.truncate(OFFERED);
    found
}
