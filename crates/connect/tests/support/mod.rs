//! The same table in every kind of source.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use connect::{
    MappedRow, Mapping, MappingFiles, ReadOptions, ReadReport, Rejection, RowSink, Source, SourceConfig,
    Span, Task,
};
use mysql::prelude::Queryable;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// How a column is declared where columns have types.
#[derive(Clone, Copy)]
pub(crate) enum Type {
    Text,
    Whole,
    Decimal,
    Float,
    Moment,
    Day,
}

pub(crate) struct TestTable {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Type)],
    pub(crate) rows: Vec<Vec<Option<&'static str>>>,
}

/// A source with the tables in it; what it made is gone with it.
pub(crate) struct Place {
    pub(crate) label: &'static str,
    pub(crate) config: SourceConfig,
    pub(crate) password: Option<String>,
    clean: Box<dyn FnMut()>,
    _folder: Option<tempfile::TempDir>,
}

impl Drop for Place {
    fn drop(&mut self) {
        (self.clean)();
    }
}

impl Place {
    pub(crate) fn open(&self) -> Box<dyn Source> {
        connect::open_with(&self.config, &|_| self.password.clone()).unwrap()
    }
}

pub(crate) fn config(text: &str) -> SourceConfig {
    SourceConfig::parse(text).unwrap()
}

pub(crate) fn sqlite_at(path: &Path) -> SourceConfig {
    config(&format!("id = 'lite'\nkind = 'sqlite'\naddress = '{}'", path.display()))
}

pub(crate) fn folder_at(path: &Path) -> SourceConfig {
    config(&format!("id = 'folder'\nkind = 'files'\naddress = '{}'", path.display()))
}

fn create(table: &TestTable, type_name: impl Fn(Type) -> &'static str, quote: char) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|(name, kind)| format!("{quote}{name}{quote} {}", type_name(*kind)))
        .collect();
    format!("CREATE TABLE {} ({})", table.name, columns.join(", "))
}

fn insert(table: &TestTable, quote: char) -> Vec<String> {
    let names: Vec<String> = table.columns.iter().map(|(name, _)| format!("{quote}{name}{quote}")).collect();
    let literal = |cell: &Option<&str>| match cell {
        None => "NULL".to_owned(),
        Some(text) => format!("'{}'", text.replace('\'', "''")),
    };
    let one = |row: &Vec<Option<&str>>| {
        let values: Vec<String> = row.iter().map(literal).collect();
        format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), values.join(", "))
    };
    table.rows.iter().map(one).collect()
}

pub(crate) fn sqlite(tables: &[TestTable]) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("his.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    let types = |kind| match kind {
        Type::Whole => "INTEGER",
        Type::Decimal | Type::Float => "REAL",
        _ => "TEXT",
    };
    for table in tables {
        db.execute_batch(&create(table, types, '"')).unwrap();
        for statement in insert(table, '"') {
            db.execute_batch(&statement).unwrap();
        }
    }
    let config = sqlite_at(&path);
    Place { label: "sqlite", config, password: None, clean: Box::new(|| ()), _folder: Some(folder) }
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

fn fresh_name() -> String {
    format!("dipper_connect_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

fn server(variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok();
    if found.is_none() {
        assert!(std::env::var("CI").is_err(), "CI has not set {variable}");
        eprintln!("skipped: {variable} is not set (make test starts a server)");
    }
    found
}

/// `scheme://user:password@host:port/database` → user, password, host and port.
fn parts(url: &str) -> (String, String, String) {
    let rest = url.split_once("://").unwrap().1;
    let (account, place) = rest.rsplit_once('@').unwrap();
    let (user, password) = account.split_once(':').unwrap_or((account, ""));
    (user.to_owned(), password.to_owned(), place.split('/').next().unwrap().to_owned())
}

fn server_config(kind: &str, url: &str, database: &str) -> (SourceConfig, String) {
    let (user, password, address) = parts(url);
    let text = format!(
        "id = '{kind}'\nkind = '{kind}'\naddress = '{address}'\ndatabase = '{database}'\nuser = '{user}'\n\
         password_env = 'DIPPER_TEST_PASSWORD'\nutc_offset = '+08:00'"
    );
    (config(&text), password)
}

pub(crate) fn postgres(tables: &[TestTable]) -> Option<Place> {
    let url = server("DIPPER_TEST_POSTGRES")?;
    let name = fresh_name();
    let mut admin = postgres::Client::connect(&url, postgres::NoTls).unwrap();
    admin.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let (base, _) = url.rsplit_once('/').unwrap();
    let mut db = postgres::Client::connect(&format!("{base}/{name}"), postgres::NoTls).unwrap();
    let types = |kind| match kind {
        Type::Text => "text",
        Type::Whole => "bigint",
        Type::Decimal => "numeric(16,4)",
        Type::Float => "double precision",
        Type::Moment => "timestamp",
        Type::Day => "date",
    };
    for table in tables {
        db.batch_execute(&create(table, types, '"')).unwrap();
        for statement in insert(table, '"') {
            db.batch_execute(&statement).unwrap();
        }
    }
    let (config, password) = server_config("postgres", &url, &name);
    let clean = Box::new(move || {
        let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    });
    Some(Place { label: "postgres", config, password: Some(password), clean, _folder: None })
}

pub(crate) fn mariadb(tables: &[TestTable]) -> Option<Place> {
    let url = server("DIPPER_TEST_MARIADB")?;
    let name = fresh_name();
    let mut db = mysql::Conn::new(mysql::Opts::from_url(&url).unwrap()).unwrap();
    db.query_drop(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).unwrap();
    db.query_drop(format!("USE {name}")).unwrap();
    let types = |kind| match kind {
        Type::Text => "text",
        Type::Whole => "bigint",
        Type::Decimal => "decimal(16,4)",
        Type::Float => "double",
        Type::Moment => "datetime",
        Type::Day => "date",
    };
    for table in tables {
        db.query_drop(create(table, types, '`')).unwrap();
        for statement in insert(table, '`') {
            db.query_drop(statement.replace('\\', "\\\\")).unwrap();
        }
    }
    let (config, password) = server_config("mysql", &url, &name);
    let clean = Box::new(move || {
        let _ = db.query_drop(format!("DROP DATABASE {name}"));
    });
    Some(Place { label: "mariadb", config, password: Some(password), clean, _folder: None })
}

fn csv_text(table: &TestTable) -> String {
    let cell = |text: &str| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let mut out = table.columns.iter().map(|(name, _)| cell(name)).collect::<Vec<_>>().join(",") + "\n";
    for row in &table.rows {
        out += &(row.iter().map(|c| cell(c.unwrap_or_default())).collect::<Vec<_>>().join(",") + "\n");
    }
    out
}

/// CSV files named like the tables.
pub(crate) fn csv(tables: &[TestTable], label: &'static str, encode: impl Fn(&str) -> Vec<u8>) -> Place {
    let folder = tempfile::tempdir().unwrap();
    for table in tables {
        let path = folder.path().join(format!("{}.csv", table.name));
        std::fs::write(path, encode(&csv_text(table))).unwrap();
    }
    let config = folder_at(folder.path());
    Place { label, config, password: None, clean: Box::new(|| ()), _folder: Some(folder) }
}

/// Workbooks, under the names that the mapping has for CSV: formats are told from the content.
pub(crate) fn xlsx(tables: &[TestTable]) -> Place {
    let folder = tempfile::tempdir().unwrap();
    for table in tables {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (at, (name, _)) in table.columns.iter().enumerate() {
            sheet.write_string(0, at as u16, *name).unwrap();
        }
        for (line, row) in table.rows.iter().enumerate() {
            for (at, cell) in row.iter().enumerate() {
                if let Some(text) = cell {
                    sheet.write_string(line as u32 + 1, at as u16, *text).unwrap();
                }
            }
        }
        book.save(folder.path().join(format!("{}.csv", table.name))).unwrap();
    }
    let config = folder_at(folder.path());
    Place { label: "xlsx", config, password: None, clean: Box::new(|| ()), _folder: Some(folder) }
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mappings")
}

/// A pack written in a test.
pub(crate) fn mapping(text: &str, codes: &[(&str, &str)]) -> Mapping {
    let head = "id = 'test'\nname = '测试'\nversion = '1'\n";
    let mut files = vec![("mapping.toml".to_owned(), format!("{head}{text}").into_bytes())];
    files.extend(codes.iter().map(|(name, text)| (format!("codes/{name}.csv"), text.as_bytes().to_vec())));
    Mapping::load(&MappingFiles::new(files)).unwrap_or_else(|problems| panic!("{problems}"))
}

#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) rows: Vec<MappedRow>,
    pub(crate) rejected: Vec<Rejection>,
    pub(crate) pages: Vec<String>,
}

impl RowSink for Collected {
    fn row(&mut self, row: MappedRow) -> ControlFlow<()> {
        self.rows.push(row);
        ControlFlow::Continue(())
    }

    fn rejected(&mut self, rejection: Rejection) -> ControlFlow<()> {
        self.rejected.push(rejection);
        ControlFlow::Continue(())
    }

    fn page(&mut self, after_key: &str) -> ControlFlow<()> {
        self.pages.push(after_key.to_owned());
        ControlFlow::Continue(())
    }
}

pub(crate) const ALWAYS: Span = Span { from: -2_208_988_800, to: 4_102_444_800 };

pub(crate) fn read(
    source: &mut dyn Source,
    task: &Task,
) -> Result<(Collected, ReadReport), connect::ConnectError> {
    read_span(source, task, ALWAYS)
}

pub(crate) fn read_span(
    source: &mut dyn Source,
    task: &Task,
    span: Span,
) -> Result<(Collected, ReadReport), connect::ConnectError> {
    let mut collected = Collected::default();
    let options = ReadOptions { span: Some(span), ..ReadOptions::default() };
    let report = connect::read_task(source, task, &options, &mut collected)?;
    Ok((collected, report))
}
