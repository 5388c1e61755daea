//! 编码目录: ICD in both editions, the maps between them, the 三大目录; browsed, imported, edited, compared, exported.

mod browse;
mod change_lists;
mod charge_items;
mod check_page;
mod code_page;
mod column_guess;
mod comparison;
mod edit;
mod import_pages;
mod naming_groups;
mod overview;
mod pending;
mod suggest;
#[cfg(test)]
mod tests;
mod usage;
mod versions;
mod whole;

pub(crate) use charge_items::{NATIONAL_FIRST, NationalItems, OWN_FIRST, offered_items};

use crate::app::App;
use crate::error::ApiError;
use crate::page::Page;
use crate::query::encode;
use crate::route::{Access, Route};
use crate::who::Who;
use comparison::Comparisons;
use model::Permission;
use naming_groups::LoadedPacks;
use pending::PendingImports;
use store::Store;
use sync::Terminology;
use terms::layouts::{
    DIAGNOSIS_CLINICAL, DIAGNOSIS_INSURER, DIAGNOSIS_MAP, DRUG, MATERIAL, PROCEDURE_CLINICAL,
    PROCEDURE_INSURER, PROCEDURE_MAP, SERVICE,
};
use terms::{Layout, Record, Role};
use usage::Usages;

/// What the pages of the catalogues keep in memory.
pub(crate) struct Catalogues {
    terminology: Terminology,
    pending: PendingImports,
    comparisons: Comparisons,
    packs: LoadedPacks,
    usages: Usages,
}

impl Catalogues {
    pub(crate) fn new(store: &Store) -> Catalogues {
        Catalogues {
            terminology: Terminology::new(store.clone()),
            pending: PendingImports::default(),
            comparisons: Comparisons::default(),
            packs: LoadedPacks::default(),
            usages: Usages::default(),
        }
    }
}

impl App {
    /// The catalogues in use, searchable.
    pub(crate) fn terminology(&self) -> &Terminology {
        &self.catalogues().terminology
    }
}

/// Rows a page, unless asked otherwise.
const PAGE_SIZE: i64 = 200;

/// Families of catalogues with the short names of their members, as the tabs show them.
const FAMILIES: [(&str, &[(&str, &Layout)]); 4] = [
    ("疾病诊断", &[("医保版", &DIAGNOSIS_INSURER), ("国家临床版", &DIAGNOSIS_CLINICAL)]),
    ("手术操作", &[("医保版", &PROCEDURE_INSURER), ("国家临床版", &PROCEDURE_CLINICAL)]),
    ("对照库", &[("疾病诊断对照", &DIAGNOSIS_MAP), ("手术操作对照", &PROCEDURE_MAP)]),
    ("三大目录", &[("药品", &DRUG), ("医疗服务项目", &SERVICE), ("医用耗材", &MATERIAL)]),
];

pub(crate) fn routes() -> Vec<Route> {
    let view = Access::Needs(Permission::CataloguesView);
    let edit = Access::Needs(Permission::CataloguesEdit);
    vec![
        Route::get("/catalogues", view, overview::show),
        Route::get("/catalogues/check", view, check_page::show),
        Route::get("/catalogues/charge-items", view, charge_items::show),
        Route::get("/catalogues/{layout}", view, browse::show),
        Route::get("/catalogues/{layout}/code", view, code_page::show),
        Route::get("/catalogues/{layout}/export", view, whole::export),
        Route::get("/catalogues/{layout}/template", view, whole::template),
        Route::get("/catalogues/{layout}/versions", view, versions::list),
        Route::get("/catalogues/{layout}/versions/{version}", view, versions::show),
        Route::post("/catalogues/{layout}/versions/{version}/restore", edit, versions::restore),
        Route::get("/catalogues/{layout}/compare", view, comparison::show),
        Route::get("/catalogues/{layout}/edit", edit, edit::form),
        Route::post("/catalogues/{layout}/edit", edit, edit::save),
        Route::get("/catalogues/{layout}/import", edit, import_pages::form),
        Route::post("/catalogues/{layout}/import", edit, import_pages::upload),
        Route::get("/catalogues/{layout}/import/{id}", edit, import_pages::show),
        Route::post("/catalogues/{layout}/import/{id}/settings", edit, import_pages::settle),
        Route::post("/catalogues/{layout}/import/{id}/confirm", edit, import_pages::confirm),
        Route::post("/catalogues/{layout}/import/{id}/discard", edit, import_pages::discard),
        Route::get("/suggest/diagnosis", Access::User, suggest::diagnosis),
        Route::get("/suggest/procedure", Access::User, suggest::procedure),
    ]
}

/// The catalogue of an address.
fn layout(id: &str) -> Result<&'static Layout, ApiError> {
    terms::layouts::layout(id).ok_or_else(|| ApiError::missing("此目录"))
}

/// The frame of a page of one catalogue; `rest` is the way on from its rows.
fn page(app: &App, who: &Who, layout: &Layout, title: &str, rest: &[(&str, &str)]) -> Page {
    let rows = format!("/catalogues/{}", layout.id);
    let mut crumbs = vec![("知识库", ""), ("编码目录", "/catalogues")];
    crumbs.push((layout.title, if rest.is_empty() { "" } else { &rows }));
    crumbs.extend_from_slice(rest);
    who.page(app, title, &crumbs)
}

/// An address with one more field.
fn with_field(address: &str, name: &str, value: &str) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{name}={}", encode(value))
}

/// A tab of the families or of a family's members.
struct Tab {
    name: &'static str,
    link: String,
    here: bool,
}

/// The tabs over every page of a catalogue: the families, and the members of this one's family.
struct Tabs {
    families: Vec<Tab>,
    members: Vec<Tab>,
}

impl Tabs {
    fn of(here: &Layout) -> Tabs {
        let holds = |members: &[(&str, &Layout)]| members.iter().any(|(_, layout)| layout.id == here.id);
        let link = |layout: &Layout| format!("/catalogues/{}", layout.id);
        let families = FAMILIES.iter().filter_map(|(name, members)| {
            Some(Tab { name, link: link(members.first()?.1), here: holds(members) })
        });
        let family = FAMILIES.iter().find(|(_, members)| holds(members)).map_or(&[][..], |family| family.1);
        let members = family
            .iter()
            .map(|(name, layout)| Tab { name, link: link(layout), here: layout.id == here.id })
            .collect();
        Tabs { families: families.collect(), members }
    }
}

/// The key fields of a row as a query string: `code=K35.900&edition=2.0`.
fn key_query(layout: &Layout, record: &Record) -> String {
    let fields = layout.fields.iter().enumerate().filter(|(_, field)| field.role != Role::Content);
    let pairs = fields.map(|(at, field)| format!("{}={}", field.id, encode(record.value(at))));
    pairs.collect::<Vec<_>>().join("&")
}

/// Address of the page of a code.
fn code_link(layout: &Layout, code: &str) -> String {
    format!("/catalogues/{}/code?code={}", layout.id, encode(code))
}
