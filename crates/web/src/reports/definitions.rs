//! The shipped report definitions, read once for the whole program.

use crate::error::ApiError;
use crate::menu::{MenuEntry, MenuPart};
use metrics::report::Reports;
use model::Viewer;
use std::sync::OnceLock;

static DEFINITIONS: include_dir::Dir<'_> =
    include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../packs/reports");

static REPORTS: OnceLock<Result<Read, String>> = OnceLock::new();

struct Read {
    reports: Reports,
    /// Of each report its address, and the ids of its tables for the column settings.
    addresses: Vec<(String, Vec<String>)>,
    modules: Vec<String>,
}

fn read() -> Result<&'static Read, ApiError> {
    let read = REPORTS.get_or_init(|| {
        let layer = crate::layer::shipped().map_err(|error| error.sentence.clone())?;
        let mut files: Vec<(&str, &str)> = DEFINITIONS
            .files()
            .filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)))
            .collect();
        files.sort_unstable();
        let reports = Reports::load(&files, &layer).map_err(|problems| problems.to_string())?;
        let tables = |report: &metrics::report::Report| {
            (1..=report.tabs.len()).map(|tab| format!("report-{}-{tab}", report.id)).collect()
        };
        let addresses = reports.reports.iter().map(|r| (format!("/report/{}", r.id), tables(r))).collect();
        let modules = reports.modules.iter().map(|module| format!("/reports/{}", module.id)).collect();
        Ok(Read { reports, addresses, modules })
    });
    read.as_ref().map_err(|problems| ApiError::internal(format!("报表定义有误：{problems}")))
}

/// Errors when the shipped definitions do not fit the semantic layer.
pub(crate) fn check() -> Result<(), ApiError> {
    read().map(|_| ())
}

pub(super) fn reports() -> Result<&'static Reports, ApiError> {
    Ok(&read()?.reports)
}

/// Key of a table's column settings.
pub(super) fn grid_id(report: &str, tab: usize) -> &'static str {
    let Ok(read) = read() else { return "" };
    let at = read.reports.reports.iter().position(|known| known.id == report);
    at.and_then(|at| read.addresses[at].1.get(tab)).map_or("", String::as_str)
}

/// Parts of the menu: the modules, and the reports of the module where the user is.
pub(crate) fn menu(viewer: &Viewer, path: &str) -> Vec<MenuPart> {
    let Ok(read) = read() else { return Vec::new() };
    if !viewer.may(model::Permission::Workbench) {
        return Vec::new();
    }
    let of_report = read.addresses.iter().position(|(address, _)| address == path);
    let module = of_report.map(|at| read.reports.reports[at].module.as_str());
    let module = module.or_else(|| path.strip_prefix("/reports/"));
    let mut entries = vec![MenuEntry { name: "报表目录", path: "/reports", here: path == "/reports" }];
    entries.extend(read.reports.modules.iter().zip(&read.modules).map(|(of, address)| MenuEntry {
        name: &of.title,
        path: address,
        here: path == address,
    }));
    let mut parts = vec![MenuPart { title: "统计报表", entries }];
    if let Some(module) = module.and_then(|id| read.reports.module(id)) {
        let all = read.reports.reports.iter().zip(&read.addresses);
        let own = all.filter(|(report, _)| report.module == module.id && viewer.may(report.permission));
        let entries = own.map(|(report, (address, _))| MenuEntry {
            name: &report.title,
            path: address,
            here: path == address,
        });
        parts.push(MenuPart { title: &module.title, entries: entries.collect() });
    }
    parts
}
