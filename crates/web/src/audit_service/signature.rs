//! 签名: a request of another system says who it is and when, and proves it with HMAC-SHA256 over what it says.

use crate::app::App;
use crate::error::ApiError;
use crate::frame::Visit;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use sync::Application;

/// Seconds that the caller's clock may be away from ours.
const SKEW: i64 = 300;

/// 随机数 that were used; each serves once within the time in which its request would be taken.
#[derive(Default)]
pub(crate) struct Nonces(Mutex<Used>);

/// Two generations, each of as long as a request can be repeated: what is younger than that is in one of them.
#[derive(Default)]
struct Used {
    since: i64,
    recent: HashSet<String>,
    before: HashSet<String>,
}

impl Nonces {
    /// Notes one; false: it was used before.
    fn fresh(&self, nonce: String, now: i64) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that is set back begins a generation too.
        if (now - used.since).abs() > 2 * SKEW {
            used.before = std::mem::take(&mut used.recent);
            used.since = now;
        }
        !used.before.contains(&nonce) && used.recent.insert(nonce)
    }
}

/// HMAC-SHA256 over the parts, a line each, hexadecimal.
pub(crate) fn sign(secret: &str, parts: &[&str]) -> Result<String, ApiError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|_| ApiError::internal("签名密钥不可用"))?;
    mac.update(parts.join("\n").as_bytes());
    Ok(crate::token::hex(&mac.finalize().into_bytes()))
}

fn refused(sentence: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, sentence, "请核对接入应用的编号、密钥、时钟与来源地址")
}

/// What every signed request says of itself.
pub(super) struct Claim<'r> {
    pub(super) application: &'r str,
    /// Seconds since 1970, UTC.
    pub(super) time: &'r str,
    pub(super) nonce: &'r str,
    pub(super) signature: &'r str,
}

/// Checks a claim over `parts`; all refusals but those of clock and address look alike.
pub(super) fn verify<'a>(
    app: &'a App,
    claim: &Claim<'_>,
    parts: &[&str],
    address: &str,
) -> Result<&'a Application, ApiError> {
    let known = app.configuration().applications.iter().find(|known| known.id == claim.application);
    let known = known.ok_or_else(|| refused("签名不正确"))?;
    let expected = sign(known.secret.reveal(), parts)?;
    // Of hashes of both: the comparison's time says nothing about the signature.
    let given = claim.signature.to_ascii_lowercase();
    if crate::token::hash(&expected) != crate::token::hash(&given) {
        return Err(refused("签名不正确"));
    }
    if !known.allows(address) {
        return Err(refused("此来源地址不能使用该接入应用"));
    }
    let now = app.now() - app.configuration().offset_seconds().unwrap_or_default();
    let time: i64 = claim.time.parse().map_err(|_| refused("时间应为 1970 年以来的秒数"))?;
    if (time - now).abs() > SKEW {
        return Err(refused("请求时间与服务器相差超过 5 分钟"));
    }
    if claim.nonce.len() < 8 || claim.nonce.len() > 64 {
        return Err(refused("随机数应为 8 至 64 个字符"));
    }
    if !app.audit_service().nonces.fresh(format!("{} {}", known.id, claim.nonce), now) {
        return Err(refused("随机数已用过：每次请求须换一个"));
    }
    Ok(known)
}

/// A request's body, signed: headers `X-Dipper-App`, `X-Dipper-Time`, `X-Dipper-Nonce` and `X-Dipper-Sign`, the last over time,
/// nonce, path and the body's SHA-256, a line each.
pub(crate) struct Signed {
    pub(crate) application: String,
    pub(crate) body: Bytes,
}

impl FromRequest<App> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Signed, ApiError> {
        let headers = request.headers().clone();
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let path = request.uri().path().to_owned();
        let address =
            request.extensions().get::<Visit>().map(|visit| visit.address.clone()).unwrap_or_default();
        let body =
            Bytes::from_request(request, app).await.map_err(|_| ApiError::wrong("请求过大或不完整"))?;
        let digest = crate::token::hex(&Sha256::digest(&body));
        let claim = Claim {
            application: header("x-dipper-app"),
            time: header("x-dipper-time"),
            nonce: header("x-dipper-nonce"),
            signature: header("x-dipper-sign"),
        };
        let application = verify(app, &claim, &[claim.time, claim.nonce, &path, &digest], &address)?;
        Ok(Signed { application: application.id.clone(), body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_serves_once_while_its_request_would_be_taken() {
        let nonces = Nonces::default();
        let begin = 1_800_000_000;
        assert!(nonces.fresh("first".into(), begin));
        assert!(nonces.fresh("second".into(), begin + 2 * SKEW));
        for now in (begin..begin + 2 * SKEW).step_by(60) {
            assert!(!nonces.fresh("first".into(), now), "{now}");
        }
        // A generation later the second is still within its time.
        assert!(nonces.fresh("third".into(), begin + 2 * SKEW + 1));
        assert!(!nonces.fresh("second".into(), begin + 4 * SKEW));
        assert!(!nonces.fresh("third".into(), begin - 10_000), "after the clock was set back");
        // What nobody could send again is forgotten.
        assert!(
            nonces.fresh("fourth".into(), begin + 10_000) && nonces.fresh("fifth".into(), begin + 20_000)
        );
        assert!(nonces.fresh("first".into(), begin + 20_000));
    }
}
