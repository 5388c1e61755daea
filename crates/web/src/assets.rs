//! 静态文件: scripts and styles inside the binary, with a content hash in their address so that browsers keep them for good.

use crate::error::ApiError;
use crate::route::{Access, Route};
use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::sync::OnceLock;

struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

const SCRIPT: &str = "application/javascript; charset=utf-8";

macro_rules! own {
    ($name:literal, $type:expr) => {
        Asset { name: $name, content_type: $type, bytes: include_bytes!(concat!("../assets/", $name)) }
    };
}
macro_rules! library {
    ($name:literal) => {
        Asset {
            name: $name,
            content_type: SCRIPT,
            bytes: include_bytes!(concat!("../../../.tools/front-end/", $name)),
        }
    };
}

/// Everything that is served as a file.
static ASSETS: &[Asset] = &[
    own!("app.css", "text/css; charset=utf-8"),
    own!("compat.js", SCRIPT),
    own!("app.js", SCRIPT),
    own!("charts.js", SCRIPT),
    own!("combobox.js", SCRIPT),
    own!("sort.js", SCRIPT),
    library!("echarts.min.js"),
    library!("sortable.min.js"),
];

/// An asset as it is sent.
struct Served {
    address: String,
    gzip: Vec<u8>,
}

fn served() -> &'static [Served] {
    static SERVED: OnceLock<Vec<Served>> = OnceLock::new();
    SERVED.get_or_init(|| {
        ASSETS
            .iter()
            .map(|asset| {
                let hash = crate::token::hash(&String::from_utf8_lossy(asset.bytes));
                let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
                // Writing into memory does not fail; if it did, the plain bytes are sent.
                let gzip = gzip.write_all(asset.bytes).and_then(|()| gzip.finish()).unwrap_or_default();
                Served { address: format!("/assets/{}/{}", &hash[..12], asset.name), gzip }
            })
            .collect()
    })
}

/// The address of an asset; empty for one that is not there, which a test of the pages finds.
pub(crate) fn address(name: &str) -> String {
    let at = ASSETS.iter().position(|asset| asset.name == name);
    at.and_then(|at| served().get(at)).map_or_else(String::new, |served| served.address.clone())
}

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/assets/{hash}/{name}", Access::Public, send)]
}

async fn send(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, ApiError> {
    let wanted = format!("/assets/{hash}/{name}");
    let at = served().iter().position(|served| served.address == wanted);
    let (asset, served) = at
        .and_then(|at| Some((ASSETS.get(at)?, served().get(at)?)))
        .ok_or_else(|| ApiError::missing("此文件"))?;
    let head: [(HeaderName, &str); 3] = [
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (VARY, "accept-encoding"),
    ];
    let gzip = headers.get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("gzip"));
    Ok(if gzip && !served.gzip.is_empty() {
        (head, [(CONTENT_ENCODING, "gzip")], served.gzip.as_slice()).into_response()
    } else {
        (head, asset.bytes).into_response()
    })
}
