//! Where the store is: one line of configuration.

use crate::StoreError;
use std::fmt;
use std::path::PathBuf;

/// A SQLite file (default) or a PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// Path of the file, made when missing.
    Sqlite(PathBuf),
    /// `postgres://user:password@host:port/database`
    Postgres(String),
}

impl Address {
    /// Reads `path`, `sqlite:path` or `postgres://…`.
    pub fn parse(text: &str) -> Result<Address, StoreError> {
        let text = text.trim();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Address::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        if path.is_empty() || path.contains("://") {
            return Err(StoreError::Address(redact(text)));
        }
        Ok(Address::Sqlite(PathBuf::from(path)))
    }
}

/// Shows where, never the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Address::Postgres(url) => f.write_str(&redact(url)),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// `postgres://user:secret@host/db?password=x` → `postgres://user:***@host/db`.
fn redact(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = rest.split('?').next().unwrap_or_default();
    match rest.rsplit_once('@') {
        None => format!("{scheme}://{rest}"),
        Some((user, place)) => {
            let name = user.split(':').next().unwrap_or_default();
            let mask = if user.contains(':') { ":***" } else { "" };
            format!("{scheme}://{name}{mask}@{place}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_names_either_database() {
        assert_eq!(Address::parse("a/b.db").unwrap(), Address::Sqlite("a/b.db".into()));
        assert_eq!(Address::parse("sqlite:a/b.db").unwrap(), Address::Sqlite("a/b.db".into()));
        assert!(matches!(Address::parse("postgres://u@h/d"), Ok(Address::Postgres(_))));
        assert!(Address::parse("oracle://u@h/d").is_err());
        assert!(Address::parse(" ").is_err());
    }

    #[test]
    fn passwords_are_never_shown() {
        let address = Address::parse("postgres://dipper:p:w@x@10.0.0.1:5432/d?password=y").unwrap();
        assert_eq!(format!("{address} {address:?}").matches("***").count(), 2);
        assert!(!format!("{address}").contains("p:w@x") && !format!("{address}").contains("y"));
    }
}
