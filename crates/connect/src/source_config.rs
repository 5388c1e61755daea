//! 数据源配置: where a source is and how gently it is read. No secret stands in it.

use crate::charset::Charset;
use crate::error::ConnectError;
use crate::night_window::NightWindow;
use crate::period::Period;
use serde::Deserialize;

/// Kind of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A SQLite file.
    Sqlite,
    /// PostgreSQL
    Postgres,
    /// MySQL and MariaDB
    Mysql,
    /// A folder of CSV, TXT, XLSX, XLS.
    Files,
}

impl SourceKind {
    /// As written in a configuration.
    pub fn name(self) -> &'static str {
        match self {
            SourceKind::Sqlite => "sqlite",
            SourceKind::Postgres => "postgres",
            SourceKind::Mysql => "mysql",
            SourceKind::Files => "files",
        }
    }
}

impl<'de> Deserialize<'de> for SourceKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<SourceKind, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(match text.to_ascii_lowercase().as_str() {
            "sqlite" => SourceKind::Sqlite,
            "postgres" | "postgresql" => SourceKind::Postgres,
            "mysql" | "mariadb" => SourceKind::Mysql,
            "files" => SourceKind::Files,
            _ => {
                let message = format!("kind 的值“{text}”不在可选值内：sqlite、postgres、mysql、files");
                return Err(serde::de::Error::custom(message));
            }
        })
    }
}

/// One source, a table of the program's configuration (`docs/mapping-pack.md`, last chapter).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// Identity in the store and the log.
    pub id: String,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// Kind.
    pub kind: SourceKind,
    /// Host and port; the file (`sqlite`); the folder (`files`).
    pub address: String,
    /// Database on the server.
    #[serde(default)]
    pub database: Option<String>,
    /// A read-only account.
    #[serde(default)]
    pub user: Option<String>,
    /// Name of the environment variable that holds the password.
    #[serde(default)]
    pub password_env: Option<String>,
    /// 字符集 of SQLite texts, text files, and of servers that hold GBK in columns declared otherwise.
    #[serde(default)]
    pub charset: Charset,
    /// The hospital's offset from UTC, `+08:00`. SQLite and files take their clock from this machine and this offset.
    #[serde(default)]
    pub utc_offset: Option<String>,
    /// A statement that returns the source's clock.
    #[serde(default)]
    pub clock_sql: Option<String>,
    /// Longest wait for a connection.
    #[serde(default = "ten_seconds")]
    pub connect_timeout: Period,
    /// Longest wait for the next rows.
    #[serde(default = "five_minutes")]
    pub statement_timeout: Period,
    /// 限速: rows a second by day; 0 is no cap.
    #[serde(default)]
    pub rows_per_second: u32,
    /// 夜间窗口
    #[serde(default)]
    pub night: Option<NightWindow>,
    /// Rows a second in the night window; 0 is no cap.
    #[serde(default)]
    pub night_rows_per_second: u32,
}

fn ten_seconds() -> Period {
    Period(10)
}

fn five_minutes() -> Period {
    Period(300)
}

impl SourceConfig {
    /// Reads one source's table.
    pub fn parse(text: &str) -> Result<SourceConfig, ConnectError> {
        let config: SourceConfig = toml::from_str(text).map_err(|error| {
            // Only the line, not its text: somebody may have written a password there.
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            ConnectError::Config {
                id: "?".to_owned(), problem: format!("第 {line} 行：{}", error.message())
            }
        })?;
        config.offset_seconds()?;
        Ok(config)
    }

    /// Address for logs and messages: never a password.
    pub fn target(&self) -> String {
        let database = self.database.as_deref().unwrap_or_default();
        match self.kind {
            SourceKind::Sqlite | SourceKind::Files => format!("{}（{}）", self.id, self.address),
            kind => {
                let user = self.user.as_deref().unwrap_or_default();
                format!("{}（{}://{user}@{}/{database}）", self.id, kind.name(), redacted(&self.address))
            }
        }
    }

    /// Rows a second at a time of the source's clock; `None` is no cap.
    pub fn rate_at(&self, wall_clock: i64) -> Option<u32> {
        let night = self.night.is_some_and(|night| night.contains(wall_clock));
        let cap = if night { self.night_rows_per_second } else { self.rows_per_second };
        (cap > 0).then_some(cap)
    }

    pub(crate) fn problem(&self, problem: impl Into<String>) -> ConnectError {
        ConnectError::Config { id: self.id.clone(), problem: problem.into() }
    }

    /// `utc_offset` in seconds; `None` when not given.
    pub(crate) fn offset_seconds(&self) -> Result<Option<i64>, ConnectError> {
        let Some(text) = &self.utc_offset else { return Ok(None) };
        parse_offset(text)
            .map(Some)
            .ok_or_else(|| self.problem(format!("utc_offset 的值“{text}”不是时差：写成 +08:00")))
    }

    pub(crate) fn host_and_port(&self, usual: u16) -> Result<(String, u16), ConnectError> {
        let address = self.address.trim();
        if address.contains("://") || address.contains('@') {
            return Err(self.problem("address 只写主机与端口（如 10.0.0.5:5432）；用户写在 user，密码放在 password_env 指定的环境变量中"));
        }
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) => {
                (host, port.parse().map_err(|_| self.problem(format!("端口“{port}”不是数字")))?)
            }
            None => (address, usual),
        };
        if host.is_empty() {
            return Err(self.problem("address 缺少主机"));
        }
        Ok((host.to_owned(), port))
    }
}

/// Somebody may have written a whole connection string with a password where the host belongs.
fn redacted(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, host)| host)
}

fn parse_offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.trim().split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_read_and_shown_without_secrets() {
        let config = SourceConfig::parse(
            "id = 'his'\nkind = 'mariadb'\naddress = '10.0.0.5:3306'\ndatabase = 'his'\nuser = 'ro'\n\
             password_env = 'P'\nnight = '22:00-06:00'\nrows_per_second = 100\nstatement_timeout = '2m'",
        )
        .unwrap();
        assert_eq!(config.kind, SourceKind::Mysql);
        assert_eq!(config.target(), "his（mysql://ro@10.0.0.5:3306/his）");
        assert_eq!(config.rate_at(12 * 3600), Some(100));
        assert_eq!(config.rate_at(23 * 3600), None);
        assert_eq!(config.host_and_port(1).unwrap(), ("10.0.0.5".to_owned(), 3306));
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        let config =
            SourceConfig::parse("id = 'h'\nkind = 'postgres'\naddress = 'postgres://u:s3cret@h/d'").unwrap();
        assert!(!config.target().contains("s3cret"));
        let error = config.host_and_port(5432).unwrap_err().to_string();
        assert!(!error.contains("s3cret") && error.contains("password_env"));
    }

    #[test]
    fn bad_configurations_say_what_is_wrong() {
        for (text, word) in [
            ("id = 'a'\nkind = 'oracle'\naddress = ''", "oracle"),
            ("id = 'a'\nkind = 'files'\naddress = '.'\npassword = 'x'", "password"),
            ("id = 'a'\nkind = 'files'\naddress = '.'\nnight = '9'", "22:00-06:00"),
            ("id = 'a'\nkind = 'files'\naddress = '.'\nconnect_timeout = '9'", "10m"),
            ("id = 'a'\nkind = 'files'\naddress = '.'\nutc_offset = '8'", "+08:00"),
        ] {
            let error = SourceConfig::parse(text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
