//! 令牌: random, and kept only as a hash.

use crate::error::ApiError;
use sha2::{Digest, Sha256};

/// 128 random bits as hexadecimal digits.
pub(crate) fn random() -> Result<String, ApiError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| ApiError::internal("系统不能产生随机数"))?;
    Ok(hex(&bytes))
}

/// SHA-256 of a token, hexadecimal.
pub(crate) fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
