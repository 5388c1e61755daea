//! 配置: one file says where the store is, which sources are read, how and when.

use crate::application::Application;
use crate::{CaseRules, InsurerCost, RecordOrigin, SyncError};
use connect::SourceConfig;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// `dipper.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Store: a SQLite file or `postgres://…`. `${NAME}` is taken from the environment, so that no password stands here.
    pub store: String,
    /// The mart's file, made when missing.
    pub mart: PathBuf,
    /// Name of the hospital, as the pages show it.
    #[serde(default)]
    pub hospital: String,
    /// 医院所在县区的行政区划代码, six digits: 患者来源 is told from it.
    #[serde(default)]
    pub region: String,
    /// The hospital's offset from UTC, `+08:00`.
    #[serde(default = "beijing")]
    pub utc_offset: String,
    /// How records become cases.
    #[serde(default)]
    pub case: CaseConfiguration,
    /// Sources and their mapping packs.
    #[serde(default, rename = "source")]
    pub sources: Vec<CollectedSource>,
    /// 接入应用: systems that call the audit service.
    #[serde(default, rename = "application")]
    pub applications: Vec<Application>,
}

/// A source with its mapping and its times.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "toml::Table")]
pub struct CollectedSource {
    /// Where and how gently.
    pub source: SourceConfig,
    /// Folder of the mapping pack.
    pub mapping: PathBuf,
    /// 定时采集: cron, `分 时 日 月 周`; none: only by hand.
    pub schedule: Option<String>,
    /// Rows of a stay that were last changed before this day are left out (`2023-01-01`); none: everything.
    pub history_from: Option<String>,
}

/// Three keys are ours, all others the source's own; one that neither knows is an error, so that a misspelt cap is none.
impl TryFrom<toml::Table> for CollectedSource {
    type Error = String;

    fn try_from(mut table: toml::Table) -> Result<CollectedSource, String> {
        let id = table.get("id").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let mut text = |key: &str| match table.remove(key) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(format!("数据源 {id} 的 {key} 应为文本，不是 {}", other.type_str())),
        };
        let (mapping, schedule, history_from) = (text("mapping")?, text("schedule")?, text("history_from")?);
        let mapping = mapping.ok_or_else(|| format!("数据源 {id} 缺少 mapping（对照包的文件夹）"))?;
        let source = SourceConfig::deserialize(toml::Value::Table(table))
            .map_err(|error| format!("数据源 {id} 的配置有误：{}", error.message()))?;
        Ok(CollectedSource { source, mapping: PathBuf::from(mapping), schedule, history_from })
    }
}

/// 取数规则 as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaseConfiguration {
    /// `in_scope`, `total_less_own_pay` or `fund_total`.
    pub insurer_cost: String,
    /// Order of `insurer`, `coded`, `clinical`, `admission`.
    pub origins: Vec<String>,
    /// The hospital's id in the packs.
    pub hospital: String,
    /// Its level.
    pub hospital_level: String,
}

fn beijing() -> String {
    "+08:00".to_owned()
}

impl Configuration {
    /// Reads and checks a file. Relative paths in it are relative to its folder.
    pub fn read(file: &Path) -> Result<Configuration, SyncError> {
        let wrong = |why: String| SyncError::Config(file.display().to_string(), why);
        let text = std::fs::read_to_string(file)
            .map_err(|error| wrong(format!("读不了（{error}）；用 dipper demo 可生成一份样例")))?;
        let mut read: Configuration = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let base = file.parent().unwrap_or(Path::new(""));
        read.store = with_environment(&read.store).map_err(wrong)?;
        if !read.store.contains("://") {
            let path = read.store.strip_prefix("sqlite:").unwrap_or(&read.store);
            read.store = base.join(path).display().to_string();
        }
        read.mart = base.join(&read.mart);
        let mut ids = std::collections::HashSet::new();
        for source in &mut read.sources {
            source.mapping = base.join(&source.mapping);
            if !ids.insert(source.source.id.clone()) {
                return Err(wrong(format!("数据源 {} 出现两次", source.source.id)));
            }
            if matches!(source.source.kind, connect::SourceKind::Sqlite | connect::SourceKind::Files) {
                source.source.address = base.join(&source.source.address).display().to_string();
            }
            if source.source.utc_offset.is_none() {
                source.source.utc_offset = Some(read.utc_offset.clone());
            }
            if let Some(schedule) = &source.schedule {
                crate::schedule::parse(schedule).map_err(wrong)?;
            }
            source.history()?;
        }
        let mut ids = std::collections::HashSet::new();
        for application in &mut read.applications {
            application.settle().map_err(wrong)?;
            if !ids.insert(application.id.clone()) {
                return Err(wrong(format!("接入应用 {} 出现两次", application.id)));
            }
        }
        read.offset_seconds().map_err(wrong)?;
        let digits = read.region.len() == 6 && read.region.bytes().all(|b| b.is_ascii_digit());
        if !read.region.is_empty() && !digits {
            return Err(wrong(format!("region 应为 6 位行政区划代码，现为“{}”", read.region)));
        }
        read.case.rules().map_err(wrong)?;
        Ok(read)
    }

    /// Seconds east of UTC.
    pub fn offset_seconds(&self) -> Result<i64, String> {
        let text = self.utc_offset.as_str();
        let wrong = || format!("utc_offset 应写作 +08:00，现为“{text}”");
        let (sign, rest) = match text.split_at_checked(1) {
            Some(("+", rest)) => (1, rest),
            Some(("-", rest)) => (-1, rest),
            _ => return Err(wrong()),
        };
        let (hours, minutes) = rest.split_once(':').ok_or_else(wrong)?;
        let number = |text: &str, most: i64| text.parse::<i64>().ok().filter(|n| (0..=most).contains(n));
        let hours = number(hours, 14).ok_or_else(wrong)?;
        Ok(sign * (hours * 3600 + number(minutes, 59).ok_or_else(wrong)? * 60))
    }
}

impl CollectedSource {
    /// Where the first run of a watermark task starts, seconds of the source's clock.
    pub fn history(&self) -> Result<i64, SyncError> {
        let Some(text) = &self.history_from else { return Ok(0) };
        model::parse_moment(text).map(model::canonical::seconds_of).ok_or_else(|| {
            SyncError::Config(self.source.id.clone(), format!("history_from 不是日期：“{text}”"))
        })
    }
}

impl CaseConfiguration {
    /// The rules; empty fields take the usual ones.
    pub fn rules(&self) -> Result<CaseRules, String> {
        let usual = CaseRules::default();
        let insurer_cost = match self.insurer_cost.as_str() {
            "" => usual.insurer_cost,
            "in_scope" => InsurerCost::InScope,
            "total_less_own_pay" => InsurerCost::TotalLessOwnPay,
            "fund_total" => InsurerCost::FundTotal,
            other => {
                return Err(format!(
                    "case.insurer_cost 应为 in_scope、total_less_own_pay 或 fund_total，现为“{other}”"
                ));
            }
        };
        let mut origins = Vec::new();
        for name in &self.origins {
            let all =
                [RecordOrigin::Insurer, RecordOrigin::Coded, RecordOrigin::Clinical, RecordOrigin::Admission];
            let found = all.into_iter().find(|origin| origin.name() == name);
            origins.push(found.ok_or_else(|| {
                format!("case.origins 只能有 insurer、coded、clinical、admission，现有“{name}”")
            })?);
        }
        Ok(CaseRules {
            origins: if origins.is_empty() { usual.origins } else { origins },
            insurer_cost,
            hospital: self.hospital.clone(),
            hospital_level: self.hospital_level.clone(),
        })
    }
}

/// `postgres://dipper:${DIPPER_STORE_PASSWORD}@host/db` with the variable's value, percent-encoded.
fn with_environment(text: &str) -> Result<String, String> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, behind) = after.split_once('}').ok_or("store 中的 ${ 没有对应的 }")?;
        let value = std::env::var(name).map_err(|_| format!("环境变量 {name} 没有设置"))?;
        whole.push_str(before);
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                whole.push(char::from(byte));
            } else {
                whole.push_str(&format!("%{byte:02X}"));
            }
        }
        rest = behind;
    }
    whole.push_str(rest);
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Configuration, SyncError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dipper.toml");
        std::fs::write(&file, text).unwrap();
        Configuration::read(&file)
    }

    #[test]
    fn a_configuration_is_read_and_paths_are_its_own() {
        let read = read(
            r#"
            store = "data/store.db"
            mart = "data/mart.duckdb"
            [case]
            insurer_cost = "fund_total"
            [[source]]
            id = "his"
            kind = "sqlite"
            address = "his.db"
            mapping = "mapping"
            schedule = "*/15 * * * *"
            history_from = "2023-01-01"
            "#,
        )
        .unwrap();
        assert!(Path::new(&read.store).is_absolute() && read.store.ends_with("data/store.db"));
        assert!(read.sources[0].source.address.ends_with("his.db"));
        assert_eq!(read.offset_seconds(), Ok(8 * 3600));
        assert_eq!(read.case.rules().unwrap().insurer_cost, InsurerCost::FundTotal);
        assert_eq!(read.sources[0].history().unwrap(), 19_358 * 86_400);
    }

    #[test]
    fn what_is_wrong_is_said_in_chinese() {
        let base = "store = \"a.db\"\nmart = \"m\"\n";
        for (more, says) in [
            ("utc_offset = \"8\"", "utc_offset"),
            ("region = \"44\"", "region"),
            ("[case]\ninsurer_cost = \"all\"", "insurer_cost"),
            ("[case]\norigins = [\"his\"]", "origins"),
            (
                "[[source]]\nid=\"a\"\nkind=\"sqlite\"\naddress=\"x\"\nmapping=\"m\"\nschedule=\"often\"",
                "定时",
            ),
            (
                "[[source]]\nid=\"a\"\nkind=\"sqlite\"\naddress=\"x\"\nmapping=\"m\"\nhistory_from=\"soon\"",
                "history_from",
            ),
            ("[[source]]\nid=\"a\"\nkind=\"sqlite\"\naddress=\"x\"", "mapping"),
            (
                "[[source]]\nid=\"a\"\nkind=\"sqlite\"\naddress=\"x\"\nmapping=\"m\"\nrows_per_secnd=1",
                "rows_per_secnd",
            ),
            (
                "[[source]]\nid=\"a\"\nkind=\"sqlite\"\naddress=\"x\"\nmapping=\"m\"\npassword=\"x\"",
                "password",
            ),
        ] {
            let error = read(&format!("{base}{more}")).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let missing = read("store = \"postgres://u:${DIPPER_NO_SUCH_VARIABLE}@h/d\"\nmart = \"m\"");
        assert!(missing.unwrap_err().to_string().contains("DIPPER_NO_SUCH_VARIABLE"));
    }
}
