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

use crate::route::{Access, Route};
use model::Permission;

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
        Route::get("/audit-calls", Access::Needs(Permission::Warnings), summary::show),
    ]
}

/// What the service keeps in memory.
#[derive(Default)]
pub(crate) struct AuditService {
    pub(crate) rules: ServiceRules,
    pub(crate) nonces: Nonces,
    pub(crate) embeds: Embeds,
}
