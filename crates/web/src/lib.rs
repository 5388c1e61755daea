//! 网页: pages, JSON and exports over the engines. No business rule and no SQL here.
//!
//! [`App`] is what every page works with; [`router`] lists every route with the permission it needs; [`serve`] answers on a
//! port until it is told to stop.

mod admin;
mod app;
mod assets;
mod audit_service;
mod auth;
mod cases;
mod catalogues;
mod chart;
mod collection;
mod definitions;
mod demo;
mod error;
mod frame;
mod grid;
mod grouping;
mod jobs;
mod layer;
mod measures;
mod menu;
mod numbers;
mod own_reports;
mod page;
mod parameters;
mod points;
mod query;
mod reports;
mod route;
mod rule_library;
mod selection;
mod session;
mod settings;
mod targets;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod token;
mod warnings;
mod who;
mod workbench;

pub use app::{App, Clock, Setting, Transport};
pub use audit_service::{call_headers, embed_address, random_secret};
pub use auth::{first_administrator, password_hash};
pub use demo::{DemoAccount, demo_accounts, demo_targets};
pub use error::ApiError;
pub(crate) use frame::is_script;
pub use tls::Certificate;

use crate::route::{Access, Route};
use crate::who::Who;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// How long requests under way may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// Largest upload.
const UPLOAD: usize = 64 << 20;

/// Every route of the product.
fn routes() -> Vec<Route> {
    let mut routes = vec![Route::get("/", Access::User, home)];
    routes.extend(assets::routes());
    routes.extend(auth::routes());
    routes.extend(session::routes());
    routes.extend(settings::routes());
    routes.extend(jobs::routes());
    routes.extend(catalogues::routes());
    routes.extend(admin::routes());
    routes.extend(collection::routes());
    routes.extend(workbench::routes());
    routes.extend(cases::routes());
    routes.extend(grouping::routes());
    routes.extend(warnings::routes());
    routes.extend(rule_library::routes());
    routes.extend(audit_service::routes());
    routes.extend(measures::routes());
    routes.extend(reports::routes());
    routes.extend(own_reports::routes());
    routes.extend(points::routes());
    routes.extend(parameters::routes());
    routes.extend(targets::routes());
    routes
}

/// The whole service.
pub fn router(app: &App) -> Router {
    route::router(routes(), app)
        .layer(CatchPanicLayer::new())
        .layer(DefaultBodyLimit::max(UPLOAD))
        .layer(from_fn_with_state(app.clone(), frame::frame))
        .layer(CompressionLayer::new())
        .with_state(app.clone())
}

/// Answers on `listener` and collects by the clock until `stop` is done; requests under way get ten seconds to finish. With a
/// certificate it speaks HTTPS.
pub async fn serve(
    app: &App,
    listener: std::net::TcpListener,
    certificate: Option<Certificate>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    listener.set_nonblocking(true)?;
    let stopped = Arc::new(AtomicBool::new(false));
    collection::watch(app, stopped.clone());
    reports::watch(app, stopped.clone());
    let resuming = app.clone();
    std::thread::spawn(move || {
        if let Err(error) = points::resume(&resuming) {
            tracing::error!("继续试算：{error}");
        }
    });
    let handle = Handle::new();
    let stopping = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopped.store(true, Ordering::Relaxed);
        stopping.graceful_shutdown(Some(GRACE));
    });
    // The last piece of a page does not wait for the client's word that it has the others: Windows takes a fifth of a second.
    let at_once = NoDelayAcceptor::new();
    let server = axum_server::from_tcp(listener)?.handle(handle);
    match certificate {
        None => server.acceptor(at_once).serve(service).await,
        Some(certificate) => {
            let tls = RustlsAcceptor::new(certificate.config().await?).acceptor(at_once);
            server.acceptor(tls).serve(service).await
        }
    }
}

/// Makes what the pages of the reports need, as the server does by itself after the data changed: for measuring.
///
/// # Errors
/// In Chinese, when the data cannot be read.
pub fn prepare(app: &App) -> Result<(), String> {
    reports::prepare(app, |_| true).map_err(|error| error.sentence)
}

async fn home(who: Who) -> Redirect {
    Redirect::to(menu::home(&who.viewer))
}
