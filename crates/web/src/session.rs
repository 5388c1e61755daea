//! 会话: lets a page find out, before it sends what was typed, that its session is over. After a new login in another window the
//! page gets that session's CSRF token, so the form that was filled before can be sent.

use crate::error::ApiError;
use crate::route::{Access, Route};
use crate::who::Who;
use axum::response::Response;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/session", Access::User, live)]
}

/// Whose session this is; a script without one is told by the guard. Pages of other sites cannot read the answer.
async fn live(who: Who) -> Result<Response, ApiError> {
    Ok(crate::page::json(&serde_json::json!({ "user": who.viewer.login, "csrf": who.session.csrf })))
}

#[cfg(test)]
mod tests {
    use crate::auth::IDLE;
    use crate::testing::Fixture;
    use axum::http::StatusCode;

    #[tokio::test]
    async fn a_form_learns_that_its_session_is_over_and_gets_the_new_token() {
        let fixture = Fixture::empty();
        let before = fixture.login_as("insurance_office", &[], None).await;
        let first = before.fragment("/session").await.text();
        assert!(first.contains("\"user\":\"insurance_office\""), "{first}");
        fixture.wait(IDLE + 1);
        assert_eq!(before.fragment("/session").await.status, StatusCode::UNAUTHORIZED);
        let again = fixture.login_as("insurance_office", &[], None).await.fragment("/session").await.text();
        assert!(again.contains("\"csrf\":") && again != first, "{again}");
    }
}
