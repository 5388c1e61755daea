//! 待确认的导入: uploaded files with their settings and dry runs, kept until they are confirmed or given up.

use super::column_guess;
use crate::app::App;
use crate::error::ApiError;
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Moment;
use sync::SyncError;
use sync::terminology::CatalogueTrial;
use terms::table::{Encoding, Hint, read_table};
use terms::{ColumnMap, EDITION, Import, Layout, Mode, Table, TableError, VALID_FROM, VALID_TO};

/// Seconds after which an upload that nobody looked at is given up.
const KEPT_FOR: i64 = 2 * 3600;
/// Bytes of all uploads together; the oldest go first.
const KEPT_BYTES: usize = 256 << 20;
/// Uploads of one user.
const KEPT_EACH: usize = 5;

/// Uploads by their random ids.
#[derive(Default)]
pub(super) struct PendingImports(Mutex<BTreeMap<String, Arc<PendingImport>>>);

/// An uploaded file on its way into a catalogue. Nobody but the user who uploaded it sees it.
pub(super) struct PendingImport {
    pub(super) id: String,
    pub(super) login: String,
    pub(super) layout: &'static Layout,
    pub(super) file_name: String,
    bytes: Vec<u8>,
    state: Mutex<State>,
}

struct State {
    settings: Settings,
    /// What came of the settings; `None` until looked at.
    examined: Option<Examined>,
    touched_at: Moment,
}

/// How the file is to be read and imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) incremental: bool,
    /// For rows without one; dates as typed.
    pub(super) edition: String,
    pub(super) valid_from: String,
    pub(super) valid_to: String,
    pub(super) sheet: String,
    pub(super) header_line: String,
    /// Empty: recognised; `utf8`, `gbk`, `utf16`.
    pub(super) encoding: String,
    /// Field id and column name, as the user chose them; `None`: by the template's titles.
    pub(super) columns: Option<Vec<(String, String)>>,
}

/// What became of an upload.
#[derive(Clone)]
pub(super) enum Examined {
    /// 列对应: the user has to say which column is which, or to correct what cannot be read.
    Columns(Arc<ColumnQuestion>),
    /// 预演: it can be confirmed.
    Trial(Arc<CatalogueTrial>),
}

/// What the user is asked.
pub(super) struct ColumnQuestion {
    /// Why it is asked; empty when the user came back by himself.
    pub(super) problem: String,
    /// The file's column names; empty when it could not be read.
    pub(super) header: Vec<String>,
    /// For each field the column chosen or guessed.
    pub(super) chosen: Vec<String>,
    /// The first rows, to recognise the columns by.
    pub(super) sample: Vec<Vec<String>>,
}

impl PendingImports {
    /// Keeps an upload; returns its id.
    pub(super) fn keep(
        &self,
        app: &App,
        login: &str,
        layout: &'static Layout,
        (file_name, bytes): (String, Vec<u8>),
        settings: Settings,
    ) -> Result<Arc<PendingImport>, ApiError> {
        let id = crate::token::random()?.chars().take(16).collect::<String>();
        let state = State { settings, examined: None, touched_at: app.now() };
        let new = PendingImport {
            id: id.clone(),
            login: login.to_owned(),
            layout,
            file_name,
            bytes,
            state: Mutex::new(state),
        };
        let new = Arc::new(new);
        let mut kept = self.lock();
        let expired = app.now() - KEPT_FOR;
        kept.retain(|_, import| import.touched_at() > expired);
        kept.insert(id, new.clone());
        loop {
            let bytes: usize = kept.values().map(|import| import.bytes.len()).sum();
            let own = kept.values().filter(|import| import.login == login).count();
            let too_many = |import: &&Arc<PendingImport>| bytes > KEPT_BYTES || import.login == login;
            if bytes <= KEPT_BYTES && own <= KEPT_EACH {
                return Ok(new);
            }
            let oldest = kept.values().filter(|import| import.id != new.id).filter(too_many);
            let Some(oldest) =
                oldest.min_by_key(|import| import.touched_at()).map(|import| import.id.clone())
            else {
                return Ok(new);
            };
            kept.remove(&oldest);
        }
    }

    /// A user's upload for a catalogue.
    pub(super) fn get(
        &self,
        app: &App,
        login: &str,
        layout: &Layout,
        id: &str,
    ) -> Result<Arc<PendingImport>, ApiError> {
        let found = self.lock().get(id).cloned();
        let own = found.filter(|import| import.login == login && import.layout.id == layout.id);
        let Some(import) = own.filter(|import| import.touched_at() > app.now() - KEPT_FOR) else {
            return Err(ApiError::new(
                StatusCode::NOT_FOUND,
                "这次导入已完成、已放弃或已过期",
                "请查看版本记录；没有导入成功时请重新上传文件",
            ));
        };
        import.state().touched_at = app.now();
        Ok(import)
    }

    /// Forgets an upload.
    pub(super) fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<PendingImport>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PendingImport {
    pub(super) fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    /// Other settings: what came of the old ones counts no longer.
    pub(super) fn settle(&self, settings: Settings) {
        let mut state = self.state();
        state.settings = settings;
        state.examined = None;
    }

    /// The dry run, or the question that comes before it. A dry run that somebody's change has overtaken is made anew.
    pub(super) fn examine(&self, app: &App) -> Result<Examined, ApiError> {
        let newest = app.terminology().catalogue(self.layout)?.number();
        // Two tabs of one user wait for each other; nobody else has this upload.
        let mut state = self.state();
        if let Some(examined) = &state.examined {
            match examined {
                Examined::Trial(trial) if trial.seen != newest => {}
                examined => return Ok(examined.clone()),
            }
        }
        let examined = self.examine_anew(app, &state.settings)?;
        state.examined = Some(examined.clone());
        Ok(examined)
    }

    /// The question about the columns, with what was chosen so far, also when a dry run is there.
    pub(super) fn ask_columns(&self) -> ColumnQuestion {
        let settings = self.settings();
        match self.read(&settings) {
            Ok(table) => question(self.layout, &settings, Some(&table), String::new()),
            Err(error) => question(self.layout, &settings, None, error.to_string()),
        }
    }

    fn examine_anew(&self, app: &App, settings: &Settings) -> Result<Examined, ApiError> {
        let ask = |table: Option<&Table>, problem: String| {
            Examined::Columns(Arc::new(question(self.layout, settings, table, problem)))
        };
        let table = match self.read(settings) {
            Ok(table) => table,
            Err(error) => return Ok(ask(None, error.to_string())),
        };
        let defaults = match defaults(settings) {
            Ok(defaults) => defaults,
            Err(problem) => return Ok(ask(Some(&table), problem)),
        };
        let (table, columns) = match &settings.columns {
            Some(columns) => (table, ColumnMap::new(columns.clone())),
            None => {
                let table = terms::with_spellings(self.layout, &table);
                let columns = ColumnMap::of_template(self.layout, &table);
                (table, columns)
            }
        };
        let has_value = |id: &str| defaults.iter().any(|(field, _)| field == id);
        let lacking: Vec<&str> = self
            .layout
            .fields
            .iter()
            .filter(|field| field.required && !has_value(field.id))
            .filter(|field| !columns.pairs().any(|(id, _)| id == field.id))
            .map(|field| field.title)
            .collect();
        if !lacking.is_empty() {
            let problem = format!("请指明“{}”取自哪一列，或统一填写", lacking.join("”“"));
            return Ok(ask(Some(&table), problem));
        }
        let mode = if settings.incremental { Mode::Incremental } else { Mode::Full };
        match app.terminology().try_import(self.layout, &table, &Import { columns, defaults, mode }) {
            Ok(trial) => Ok(Examined::Trial(Arc::new(trial))),
            Err(error @ (SyncError::Table(_) | SyncError::NoRows)) => {
                Ok(ask(Some(&table), error.to_string()))
            }
            Err(other) => Err(other.into()),
        }
    }

    fn read(&self, settings: &Settings) -> Result<Table, TableError> {
        let hint = Hint {
            format: None,
            encoding: match settings.encoding.as_str() {
                "utf8" => Some(Encoding::Utf8),
                "gbk" => Some(Encoding::Gb18030),
                "utf16" => Some(Encoding::Utf16),
                _ => None,
            },
            sheet: Some(settings.sheet.clone()).filter(|sheet| !sheet.is_empty()),
            header_line: settings.header_line.parse().ok().filter(|line| *line > 0),
        };
        read_table(&self.bytes, &hint)
    }

    fn touched_at(&self) -> Moment {
        self.state().touched_at
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Values for fields that the file leaves empty.
fn defaults(settings: &Settings) -> Result<Vec<(String, String)>, String> {
    let mut defaults = Vec::new();
    if !settings.edition.is_empty() {
        defaults.push((EDITION.to_owned(), settings.edition.clone()));
    }
    for (id, title, typed) in
        [(VALID_FROM, "生效日期", &settings.valid_from), (VALID_TO, "失效日期", &settings.valid_to)]
    {
        if typed.is_empty() {
            continue;
        }
        match model::parse_moment(typed) {
            Some(moment) => defaults.push((id.to_owned(), moment.date().to_string())),
            None => return Err(format!("{title}“{typed}”不是日期：请写成 2025-03-01")),
        }
    }
    Ok(defaults)
}

fn question(
    layout: &'static Layout,
    settings: &Settings,
    table: Option<&Table>,
    problem: String,
) -> ColumnQuestion {
    let header: Vec<String> = table
        .map(|table| table.header().iter().filter(|title| !title.is_empty()).cloned().collect())
        .unwrap_or_default();
    let chosen = match (&settings.columns, table) {
        (Some(columns), _) => layout
            .fields
            .iter()
            .map(|field| {
                columns.iter().find(|(id, _)| id == field.id).map_or_else(String::new, |c| c.1.clone())
            })
            .collect(),
        (None, Some(table)) => {
            column_guess::guess(layout, table).into_iter().map(Option::unwrap_or_default).collect()
        }
        (None, None) => vec![String::new(); layout.fields.len()],
    };
    let sample = table.map(|table| {
        let cells = |row: terms::table::Row<'_>| {
            let named = row.cells().zip(table.header()).filter(|(_, title)| !title.is_empty());
            named.map(|(cell, _)| cell.chars().take(40).collect()).collect()
        };
        table.rows().take(5).map(cells).collect()
    });
    ColumnQuestion { problem, header, chosen, sample: sample.unwrap_or_default() }
}
