//! 错误: one error for every page: a Chinese sentence, a way out, and an id that finds the log line.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use mart::MartError;
use model::Problems;
use store::StoreError;
use sync::SyncError;

/// An error that a user sees; `frame.rs` renders it as a page or a fragment.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{sentence}；{remedy}")]
pub struct ApiError {
    pub(crate) status: StatusCode,
    /// What happened.
    pub(crate) sentence: String,
    /// What to do.
    pub(crate) remedy: String,
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        sentence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> ApiError {
        ApiError { status, sentence: sentence.into(), remedy: remedy.into() }
    }

    /// The request cannot be understood: 400.
    pub(crate) fn wrong(sentence: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, sentence, "请返回上一页，改正后再试")
    }

    /// Nothing there, or nothing this user may see: 404. The two are not told apart.
    pub(crate) fn missing(what: &str) -> ApiError {
        ApiError::new(
            StatusCode::NOT_FOUND,
            format!("没有找到{what}，或者不在您的数据范围内"),
            "请核对地址；需要查看时请联系系统管理员调整数据范围",
        )
    }

    /// Not allowed: 403.
    pub(crate) fn forbidden(what: &str) -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, format!("您没有“{what}”的权限"), "需要此权限时请联系安全管理员")
    }

    /// Changed by somebody else in between: 409.
    pub(crate) fn conflict(sentence: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::CONFLICT, sentence, "请刷新页面，核对最新内容后再改")
    }

    pub(crate) fn internal(sentence: impl Into<String>) -> ApiError {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            sentence,
            "请稍后再试；仍不成功时请把请求编号告诉信息科",
        )
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        let sentence = error.to_string();
        match error {
            StoreError::Missing(_) => ApiError::new(StatusCode::NOT_FOUND, sentence, "请核对地址或返回列表"),
            StoreError::Changed(_) => ApiError::conflict(sentence),
            StoreError::Refused(_) => ApiError::wrong(sentence),
            StoreError::Collecting => ApiError::conflict(sentence),
            error if error.is_passing() => {
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, sentence, "请稍后再试")
            }
            _ => ApiError::internal(sentence),
        }
    }
}

impl From<MartError> for ApiError {
    fn from(error: MartError) -> ApiError {
        match error.is_passing() {
            true => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string(), "请稍后再试"),
            false => ApiError::internal(error.to_string()),
        }
    }
}

impl From<SyncError> for ApiError {
    fn from(error: SyncError) -> ApiError {
        match error {
            SyncError::Store(error) => error.into(),
            SyncError::NoPack => ApiError::conflict(error.to_string()),
            other => ApiError::internal(other.to_string()),
        }
    }
}

impl From<Problems> for ApiError {
    fn from(problems: Problems) -> ApiError {
        ApiError::wrong(problems.to_string())
    }
}

impl From<askama::Error> for ApiError {
    fn from(error: askama::Error) -> ApiError {
        ApiError::internal(format!("页面生成失败：{error}"))
    }
}

impl IntoResponse for ApiError {
    /// The error travels in the extensions; the outermost layer, which knows who asked and how, renders it.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
