//! 嵌入: another system opens a page of ours for one of its users, by a signed address that serves once. From then on the page's
//! own session, a part of its path, says who it is and for which patient: two windows for two patients share no cookie.

use super::signature::{Claim, verify};
use crate::app::App;
use crate::error::ApiError;
use crate::frame::Visit;
use crate::query::Asked;
use crate::who::Who;
use axum::Extension;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use store::{LogKind, Moment, Session};

/// Seconds without a request after which a page's session is over.
const IDLE: i64 = 15 * 60;
/// Sessions kept at most; past that those unused for longest go.
const MOST: usize = 10_000;

/// 场景: name in the address, the page, whether it needs a patient, and what the user must be allowed.
const SCENES: [(&str, &str, bool, Permission); 3] = [
    ("bed", "bed", true, Permission::Warnings),
    ("discharge", "discharge", true, Permission::Warnings),
    ("today", "today", false, Permission::Warnings),
];

/// What a page's session is bound to.
#[derive(Clone, Debug)]
pub(crate) struct Embedded {
    /// 接入应用
    pub(crate) application: String,
    /// The only case that its pages show; none: those that the user may see.
    pub(crate) case: Option<i64>,
    /// Address of its pages, `/embed/s/…`.
    pub(crate) base: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Embedded {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Embedded, ApiError> {
        parts.extensions.get::<Embedded>().cloned().ok_or_else(over)
    }
}

/// The session of the page is over.
pub(crate) fn over() -> ApiError {
    ApiError::new(axum::http::StatusCode::UNAUTHORIZED, "此页面已失效", "请从原系统重新打开")
}

/// Sessions of embedded pages, by the hash of their token; those of a stopped server are over.
#[derive(Default)]
pub(crate) struct Embeds(Mutex<HashMap<String, Entry>>);

struct Entry {
    session: Session,
    application: String,
    case: Option<i64>,
}

impl Embeds {
    fn begin(&self, entry: Entry) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            let idle = entry.session.seen_at - IDLE;
            all.retain(|_, known| known.session.seen_at > idle);
            if all.len() >= MOST
                && let Some(oldest) = all.iter().min_by_key(|(_, known)| known.session.seen_at)
            {
                let oldest = oldest.0.clone();
                all.remove(&oldest);
            }
        }
        all.insert(entry.session.token_hash.clone(), entry);
    }

    /// The session of a token and what it is bound to; a request keeps it alive.
    pub(crate) fn find(&self, token: &str, now: Moment) -> Option<(Session, Embedded)> {
        let hash = crate::token::hash(token);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(&hash)?.session.seen_at < now - IDLE {
            all.remove(&hash);
            return None;
        }
        let entry = all.get_mut(&hash)?;
        entry.session.seen_at = now;
        let bound = Embedded {
            application: entry.application.clone(),
            case: entry.case,
            base: format!("/embed/s/{token}"),
        };
        Some((entry.session.clone(), bound))
    }
}

/// The token in the path of an embedded page.
pub(crate) fn session_token(path: &str) -> Option<&str> {
    path.strip_prefix("/embed/s/")?.split('/').next().filter(|token| !token.is_empty())
}

/// Sites that may frame an embedded page.
pub(crate) fn origins_of<'a>(app: &'a App, embedded: &Embedded) -> &'a [String] {
    let known = app.configuration().applications.iter().find(|known| known.id == embedded.application);
    known.map_or(&[], |known| &known.origins)
}

/// `GET /embed/enter?app&emp&mrn&times&scene&ts&nonce&sig`: checks the address, notes who comes, and goes on to the page under
/// an address that says nothing of all this.
pub(super) async fn enter(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let [emp, mrn, times, scene] = ["emp", "mrn", "times", "scene"].map(|name| asked.text(name));
        let claim = Claim {
            application: asked.text("app"),
            time: asked.text("ts"),
            nonce: asked.text("nonce"),
            signature: asked.text("sig"),
        };
        let parts = [claim.application, emp, mrn, times, scene, claim.time, claim.nonce];
        let application = verify(app, &claim, &parts, &visit.address)?;
        let (_, page, needs_patient, permission) = SCENES
            .into_iter()
            .find(|known| known.0 == scene)
            .ok_or_else(|| ApiError::wrong(format!("scene 应为 bed、discharge 或 today，现为“{scene}”")))?;
        let today = app.now().div_euclid(86_400);
        let viewer = app.store().viewer(emp, today)?.ok_or_else(|| {
            ApiError::new(
                axum::http::StatusCode::FORBIDDEN,
                format!("工号 {emp} 在本系统中没有可用的账号"),
                "请联系医保办开通或启用",
            )
        })?;
        if !viewer.may(permission) {
            return Err(ApiError::forbidden(permission.chinese()));
        }
        let case = match mrn {
            "" if needs_patient => return Err(ApiError::wrong("缺少住院号（mrn）")),
            "" => None,
            mrn => {
                let times = asked.whole("times", "住院次数（times）")?;
                let case = app.store().case_of_inpatient(&viewer, mrn, times)?;
                Some(case.ok_or_else(|| ApiError::missing(&format!("住院号 {mrn} 的病例")))?)
            }
        };
        let token = crate::token::random()?;
        let session = Session {
            token_hash: crate::token::hash(&token),
            login: viewer.login.clone(),
            csrf: crate::token::random()?,
            created_at: app.now(),
            seen_at: app.now(),
            address: visit.address.clone(),
            agent: format!("嵌入：{}", application.id),
        };
        let object = case.map_or_else(String::new, |case| format!("病例 {case}"));
        let detail = format!("接入应用 {}，场景 {scene}", application.id);
        let who = Who {
            viewer,
            session: session.clone(),
            must_change: false,
            address: visit.address.clone(),
            request: visit.request.clone(),
            path: "/embed/enter".to_owned(),
        };
        app.log(&who, LogKind::Login, "嵌入页面", &object, &detail)?;
        app.audit_service().embeds.begin(Entry { session, application: application.id.clone(), case });
        Ok(Redirect::to(&format!("/embed/s/{token}/{page}")).into_response())
    })
    .await
}

impl Embedded {
    /// Refuses a case that the session is not for.
    pub(super) fn check(&self, case: i64) -> Result<(), ApiError> {
        match self.case {
            Some(own) if own != case => Err(ApiError::missing("此病例")),
            _ => Ok(()),
        }
    }
}

/// Who uses an embedded page, as all other pages know users.
pub(crate) fn who(
    app: &App,
    (session, embedded): (Session, Embedded),
    address: String,
    request: String,
    path: String,
) -> Result<Option<(Who, Embedded)>, ApiError> {
    let viewer = app.store().viewer(&session.login, app.now().div_euclid(86_400))?;
    let who = |viewer| Who { viewer, session, must_change: false, address, request, path };
    Ok(viewer.map(|viewer| (who(viewer), embedded)))
}
