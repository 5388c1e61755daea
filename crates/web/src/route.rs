//! 路由: every page with what it needs. Nothing is served that is not listed with its [`Access`].

use crate::app::App;
use crate::audit_service::Embedded;
use crate::error::ApiError;
use crate::who::Who;
use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use model::Permission;

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody: login, assets.
    Public,
    /// Other systems, by a signature that the handler checks.
    Signed,
    /// Pages that another system opened: who holds the session in the path.
    Embedded,
    /// Whoever is logged in.
    User,
    /// Users with this permission.
    Needs(Permission),
}

/// A page, a fragment, an export or an action.
pub(crate) struct Route {
    #[cfg_attr(not(test), expect(dead_code, reason = "what the test of roles and routes walks by"))]
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    handler: MethodRouter<App>,
}

impl Route {
    /// Something to read; changes nothing.
    pub(crate) fn get<H, T>(path: &'static str, access: Access, handler: H) -> Route
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Route { method: Method::GET, path, access, handler: axum::routing::get(handler) }
    }

    /// Something that changes: always a form with its CSRF field.
    pub(crate) fn post<H, T>(path: &'static str, access: Access, handler: H) -> Route
    where
        H: Handler<T, App>,
        T: 'static,
    {
        Route { method: Method::POST, path, access, handler: axum::routing::post(handler) }
    }

    fn guarded(self, app: &App) -> MethodRouter<App> {
        self.handler.layer(from_fn_with_state((app.clone(), self.access), guard))
    }
}

/// The router of these routes, each behind its guard.
pub(crate) fn router(routes: Vec<Route>, app: &App) -> Router<App> {
    routes.into_iter().fold(Router::new(), |router, route| {
        let path = route.path;
        router.route(path, route.guarded(app))
    })
}

/// Pages that a user may open whose password must be changed first.
const BEFORE_PASSWORD: [&str; 2] = ["/password", "/logout"];

async fn guard(State((_, access)): State<(App, Access)>, request: Request, next: Next) -> Response {
    match access {
        Access::Public | Access::Signed => return next.run(request).await,
        Access::Embedded if request.extensions().get::<Embedded>().is_some() => {
            return next.run(request).await;
        }
        Access::Embedded => return crate::audit_service::over().into_response(),
        Access::User | Access::Needs(_) => {}
    }
    let Some(who) = request.extensions().get::<Who>() else { return to_login(&request) };
    if who.must_change && !BEFORE_PASSWORD.contains(&request.uri().path()) {
        return Redirect::to("/password").into_response();
    }
    if let Access::Needs(permission) = access
        && !who.viewer.may(permission)
    {
        return ApiError::forbidden(permission.chinese()).into_response();
    }
    next.run(request).await
}

/// A page goes on to where it wanted after the login; a script learns that the session is over.
fn to_login(request: &Request) -> Response {
    if crate::is_script(request.headers()) {
        return ApiError::new(axum::http::StatusCode::UNAUTHORIZED, "登录已失效", "请重新登录后继续")
            .into_response();
    }
    if request.method() != Method::GET {
        return Redirect::to("/login?expired=1").into_response();
    }
    let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str());
    Redirect::to(&format!("/login?next={}", crate::query::encode(wanted))).into_response()
}
