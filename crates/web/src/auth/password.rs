//! 口令: argon2id hashes and one-time passwords.

use crate::error::ApiError;
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};

/// A salted argon2id hash.
pub(crate) fn hash(password: &str) -> Result<String, ApiError> {
    let failed = |_| ApiError::internal("口令处理失败");
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|_| ApiError::internal("系统不能产生随机数"))?;
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// Whether it is the password of a hash.
pub(crate) fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// A password to be changed at the first login: letters of both cases, digits and a sign, none that look alike.
pub(crate) fn one_time() -> Result<String, ApiError> {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes).map_err(|_| ApiError::internal("系统不能产生随机数"))?;
    let letters: String =
        bytes.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect();
    Ok(format!("Dp{letters}#7"))
}
