//! 查询串与表单: fields in the order they came, with readers that name the field in their errors.

use crate::app::App;
use crate::error::ApiError;
use crate::who::Who;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::request::Parts;
use jiff::civil::Date;

/// Names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// `a=1&b=2`; broken escapes stay as they are.
    pub(crate) fn parse(text: &str) -> Fields {
        Fields(
            text.split('&')
                .filter(|part| !part.is_empty())
                .map(|part| {
                    let (name, value) = part.split_once('=').unwrap_or((part, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }

    /// The trimmed value; empty when it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.trim())
    }

    /// Every value of a repeated field, empty ones left out.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0
            .iter()
            .filter(move |(field, value)| field == name && !value.trim().is_empty())
            .map(|(_, v)| v.trim())
    }

    /// Whether a box is ticked or a flag set.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// A whole number; `None` when empty.
    pub(crate) fn whole(&self, name: &str, chinese: &str) -> Result<Option<i64>, ApiError> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| ApiError::wrong(format!("{chinese}应为整数，现为“{text}”")))
    }

    /// A date `2025-03-01`; `None` when empty.
    pub(crate) fn date(&self, name: &str, chinese: &str) -> Result<Option<Date>, ApiError> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse()
            .map(Some)
            .map_err(|_| ApiError::wrong(format!("{chinese}应写作 2025-03-01，现为“{text}”")))
    }

    /// As a query string again, without the fields named.
    pub(crate) fn without(&self, names: &[&str]) -> String {
        let kept = self.0.iter().filter(|(name, value)| !names.contains(&name.as_str()) && !value.is_empty());
        kept.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
    }

    /// As a query string with one field set anew.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let rest = self.without(&[name]);
        let field = format!("{}={}", encode(name), encode(value));
        if rest.is_empty() { field } else { format!("{rest}&{field}") }
    }
}

/// Percent-encodes a part of an address.
pub(crate) fn encode(text: &str) -> String {
    let hex = |digit: u8| char::from(b"0123456789ABCDEF"[usize::from(digit)]);
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte.into()),
            _ => encoded.extend(['%', hex(byte >> 4), hex(byte & 15)]),
        }
    }
    encoded
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (byte, escape) {
            (b'%', Some(value)) => {
                decoded.push(value);
                at += 2;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The query string of a page.
pub(crate) struct Asked(pub(crate) Fields);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asked, ApiError> {
        Ok(Asked(Fields::parse(parts.uri.query().unwrap_or_default())))
    }
}

/// A posted form whose CSRF field was right.
pub(crate) struct Posted(pub(crate) Fields);

impl FromRequest<App> for Posted {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Posted, ApiError> {
        let who = request.extensions().get::<Who>().cloned();
        let header = csrf_header(&request);
        let body =
            Bytes::from_request(request, app).await.map_err(|_| ApiError::wrong("提交的内容过大或不完整"))?;
        let fields = Fields::parse(&String::from_utf8_lossy(&body));
        check_csrf(who.as_ref(), header.as_deref().unwrap_or(fields.text("csrf")))?;
        Ok(Posted(Fields(fields.0.into_iter().filter(|(name, _)| name != "csrf").collect())))
    }
}

/// An uploaded file with the fields beside it.
pub(crate) struct Upload {
    pub(crate) fields: Fields,
    pub(crate) file_name: String,
    pub(crate) bytes: Vec<u8>,
}

impl FromRequest<App> for Upload {
    type Rejection = ApiError;

    /// The CSRF field has to come before the file.
    async fn from_request(request: Request, app: &App) -> Result<Upload, ApiError> {
        let who = request.extensions().get::<Who>().cloned();
        let mut csrf = csrf_header(&request).unwrap_or_default();
        let broken = |_| ApiError::wrong("上传的内容过大或中断；单个文件不超过 64 MB");
        let mut parts = Multipart::from_request(request, app)
            .await
            .map_err(|_| ApiError::wrong("没有收到文件；请选择文件后再上传"))?;
        let mut upload = Upload { fields: Fields::default(), file_name: String::new(), bytes: Vec::new() };
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            if let Some(file_name) = part.file_name().map(str::to_owned) {
                check_csrf(who.as_ref(), &csrf)?;
                upload.bytes = part.bytes().await.map_err(broken)?.to_vec();
                // Only the last part: a browser may send the whole path.
                upload.file_name = file_name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            } else {
                let value = part.text().await.map_err(broken)?;
                if name == "csrf" {
                    csrf = value;
                } else {
                    upload.fields.0.push((name, value));
                }
            }
        }
        check_csrf(who.as_ref(), &csrf)?;
        Ok(upload)
    }
}

fn csrf_header(request: &Request) -> Option<String> {
    request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn check_csrf(who: Option<&Who>, given: &str) -> Result<(), ApiError> {
    // Pages without a session (login) have nothing that another site could use.
    let Some(who) = who else { return Ok(()) };
    // Both are random; a hash makes the comparison's time say nothing about them.
    if crate::token::hash(given) == crate::token::hash(&who.session.csrf) {
        return Ok(());
    }
    Err(ApiError::new(
        axum::http::StatusCode::FORBIDDEN,
        "此表单已过期或不是由本系统页面提交",
        "请返回上一页并刷新，再次提交",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_survive_a_round_trip() {
        let fields = Fields(vec![("科室".into(), "内 科&1=2%".into()), ("a".into(), "1".into())]);
        assert_eq!(Fields::parse(&fields.without(&[])), fields);
        assert_eq!(Fields::parse(&fields.with("a", "<b>")).text("a"), "<b>");
        assert_eq!(Fields::parse("a=%zz&b=+x").text("a"), "%zz");
        assert_eq!(Fields::parse("b=%E4%B8").text("b"), "\u{fffd}");
    }

    #[test]
    fn a_wrong_number_names_its_field() {
        let fields = Fields::parse("beds=many");
        assert!(fields.whole("beds", "床位数").unwrap_err().sentence.contains("床位数"));
        assert_eq!(fields.whole("none", "无").unwrap(), None);
    }
}
