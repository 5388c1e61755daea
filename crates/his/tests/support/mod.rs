//! Collecting from a built HIS by the shipped mapping; databases for one test.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it fails")]

use connect::{
    MappedRow, Mapping, MappingFiles, Mode, ReadOptions, Rejection, RowSink, SourceConfig, SourceKind, Span,
};
use model::canonical::{Row, TABLES};
use mysql::prelude::Queryable;
use policy::{PackFiles, Policy};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Rows by table and key.
pub(crate) type Collected = BTreeMap<&'static str, BTreeMap<String, Row>>;

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder(dir: &Path) -> PackFiles {
    let mut found = Vec::new();
    for (folder, prefix) in [(dir.to_owned(), ""), (dir.join("lists"), "lists/")] {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.path().is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                found.push((format!("{prefix}{name}"), std::fs::read(entry.path()).unwrap()));
            }
        }
    }
    PackFiles::new(found)
}

pub(crate) fn sample() -> Arc<Policy> {
    let dir = workspace().join("packs/policy/sample/2025");
    let mut files = folder(&dir);
    let parent = files.extends().unwrap();
    files.inherit(folder(&dir.join(parent)));
    Arc::new(Policy::load(&files).unwrap_or_else(|problems| panic!("{problems}")))
}

struct Sink<'s> {
    rows: &'s mut BTreeMap<String, Row>,
}

impl RowSink for Sink<'_> {
    fn row(&mut self, row: MappedRow) -> ControlFlow<()> {
        if row.deleted {
            self.rows.remove(row.key());
        } else {
            self.rows.insert(row.key().to_owned(), row.row);
        }
        ControlFlow::Continue(())
    }

    fn rejected(&mut self, rejection: Rejection) -> ControlFlow<()> {
        panic!("{rejection:?}");
    }
}

/// Reads every task of `packs/mappings/demo-his` from the beginning up to `now`.
pub(crate) fn collect(config: &SourceConfig, password: Option<&str>, now: i64) -> Collected {
    let files = MappingFiles::read_folder(&workspace().join("packs/mappings/demo-his")).unwrap();
    let mapping = Mapping::load(&files).unwrap_or_else(|problems| panic!("{problems}"));
    let password = password.map(str::to_owned);
    let mut source = connect::open_with(config, &|_| password.clone()).expect("opens");
    let mut collected: Collected = TABLES.iter().map(|table| (table.name, BTreeMap::new())).collect();
    for task in mapping.tasks.iter().filter(|task| task.reads(config.kind)) {
        let span = match task.mode {
            Mode::Watermark { .. } => Some(Span { from: 0, to: now }),
            _ => None,
        };
        let rows = collected.get_mut(task.table.name).unwrap();
        let options =
            ReadOptions { span: span.filter(|_| config.kind != SourceKind::Files), ..ReadOptions::default() };
        let report = connect::read_task(&mut *source, task, &options, &mut Sink { rows }).expect("read");
        assert!(report.complete && report.unmapped.is_empty(), "{}: {:?}", task.name, report.unmapped);
    }
    collected
}

pub(crate) fn config(kind: &str, address: &str, more: &str) -> SourceConfig {
    let text = format!("id = '{kind}'\nkind = '{kind}'\naddress = '{address}'\n{more}");
    toml::from_str(&text).expect("config")
}

/// A database of its own, dropped at the end.
pub(crate) struct Scratch {
    pub(crate) url: String,
    pub(crate) config: SourceConfig,
    pub(crate) password: String,
    drop: Option<Box<dyn FnOnce()>>,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(drop) = self.drop.take() {
            drop();
        }
    }
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

fn server(variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok();
    if found.is_none() {
        assert!(std::env::var("CI").is_err(), "CI has not set {variable}");
        eprintln!("skipped: {variable} is not set (make test starts a server)");
    }
    found
}

fn scratch(kind: &str, url: &str, name: &str, drop: Box<dyn FnOnce()>) -> Scratch {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (account, place) = rest.rsplit_once('@').unwrap();
    let (user, password) = account.split_once(':').unwrap();
    let address = place.split('/').next().unwrap();
    let more = format!(
        "database = '{name}'\nuser = '{user}'\npassword_env = 'DIPPER_TEST_PASSWORD'\nutc_offset = '+08:00'"
    );
    Scratch {
        url: format!("{scheme}://{account}@{address}/{name}"),
        config: config(kind, address, &more),
        password: password.to_owned(),
        drop: Some(drop),
    }
}

fn fresh_name() -> String {
    format!("dipper_his_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn scratch_postgres() -> Option<Scratch> {
    let url = server("DIPPER_TEST_POSTGRES")?;
    let name = fresh_name();
    let mut admin = postgres::Client::connect(&url, postgres::NoTls).unwrap();
    admin.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let own = name.clone();
    let drop = move || {
        let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {own} WITH (FORCE)"));
    };
    Some(scratch("postgres", &url, &name, Box::new(drop)))
}

pub(crate) fn scratch_mariadb() -> Option<Scratch> {
    let url = server("DIPPER_TEST_MARIADB")?;
    let name = fresh_name();
    let mut admin = mysql::Conn::new(mysql::Opts::from_url(&url).unwrap()).unwrap();
    admin.query_drop(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).unwrap();
    let own = name.clone();
    let drop = move || {
        let _ = admin.query_drop(format!("DROP DATABASE {own}"));
    };
    Some(scratch("mysql", &url, &name, Box::new(drop)))
}
