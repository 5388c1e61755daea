//! 审核服务: other systems ask before they charge (接口审核), and open pages of ours inside theirs (嵌入).

mod call;
mod embed;
mod embedded_pages;
mod feedback;
mod rules;
mod signature;
mod summary;
#[cfg(test)]
mod tests;

pub(crate) use embed::{Embedded, Embeds, origins_of, over, session_token, who};
pub(crate) use rules::ServiceRules;
pub(crate) use signature::Nonces;

use crate::error::ApiError;
use crate::route::{Access, Route};
use model::Permission;
use sha2::{Digest, Sha256};
use sync::Application;

pub(crate) fn routes() -> Vec<Route> {
    let embedded = Access::Embedded;
    vec![
        Route::post("/api/v1/audit", Access::Signed, call::audit),
        Route::post("/api/v1/audit/feedback", Access::Signed, feedback::feedback),
        Route::get("/api/v1/openapi.json", Access::Public, call::description),
        Route::get("/embed/enter", Access::Signed, embed::enter),
        Route::get("/embed/s/{token}/bed", embedded, embedded_pages::bed),
        Route::get("/embed/s/{token}/discharge", embedded, embedded_pages::discharge),
        Route::get("/embed/s/{token}/today", embedded, embedded_pages::today),
        Route::get("/embed/s/{token}/warning/{id}", embedded, embedded_pages::warning),
        Route::post("/embed/s/{token}/warning/{id}/step", embedded, embedded_pages::step),
        Route::get("/audit-calls", Access::Needs(Permission::RulesView), summary::show),
    ]
}

/// The headers of a signed call, now at `utc` seconds since 1970: for tools that stand in for another system.
///
/// # Errors
/// The system gives no random numbers.
pub fn call_headers(
    application: &Application,
    path: &str,
    body: &[u8],
    utc: i64,
) -> Result<[(&'static str, String); 4], ApiError> {
    let (time, nonce) = (utc.to_string(), crate::token::random()?);
    let digest = crate::token::hex(&Sha256::digest(body));
    let sign = signature::sign(application.secret.reveal(), &[&time, &nonce, path, &digest])?;
    let id = application.id.clone();
    Ok([("x-dipper-app", id), ("x-dipper-time", time), ("x-dipper-nonce", nonce), ("x-dipper-sign", sign)])
}

/// The signed address of an embedded page for a 工号, 住院号, 住院次数 and scene; it serves once, within five minutes.
///
/// # Errors
/// The system gives no random numbers.
pub fn embed_address(
    application: &Application,
    [emp, mrn, times, scene]: [&str; 4],
    utc: i64,
) -> Result<String, ApiError> {
    let (ts, nonce) = (utc.to_string(), crate::token::random()?);
    let parts = [application.id.as_str(), emp, mrn, times, scene, &ts, &nonce];
    let sig = signature::sign(application.secret.reveal(), &parts)?;
    let names = ["app", "emp", "mrn", "times", "scene", "ts", "nonce"];
    let fields: Vec<String> = names
        .iter()
        .zip(parts)
        .map(|(name, value)| format!("{name}={}", crate::query::encode(value)))
        .collect();
    Ok(format!("/embed/enter?{}&sig={sig}", fields.join("&")))
}

/// A secret for an application that is made up on the spot.
///
/// # Errors
/// The system gives no random numbers.
pub fn random_secret() -> Result<String, ApiError> {
    Ok(crate::token::random()? + &crate::token::random()?)
}

/// What the service keeps in memory.
#[derive(Default)]
pub(crate) struct AuditService {
    pub(crate) rules: ServiceRules,
    pub(crate) nonces: Nonces,
    pub(crate) embeds: Embeds,
}
