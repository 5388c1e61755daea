//! 设定指标目标: one target, typed; the second of two editors is told.

use super::places::Places;
use super::{bounds, read_year, said, same_place, typed_number, typed_unit, year_of};
use crate::app::App;
use crate::error::ApiError;
use crate::page::{Page, html};
use crate::query::{Asked, Fields, Posted};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use store::{LogKind, StoreError, Target};

#[derive(Template)]
#[template(path = "targets/edit.html")]
struct Edit {
    page: Page,
    form: Form,
    measures: Vec<Choice>,
    departments: Vec<Choice>,
    doctor_name: String,
    error: String,
}

/// What stands in the form.
#[derive(Default)]
struct Form {
    year: String,
    measure: String,
    department: String,
    doctor: String,
    low: String,
    high: String,
    version: String,
}

struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

impl Form {
    fn posted(fields: &Fields) -> Form {
        let text = |name: &str| fields.text(name).to_owned();
        Form {
            year: text("year"),
            measure: text("measure"),
            department: text("department"),
            doctor: text("doctor"),
            low: text("low"),
            high: text("high"),
            version: text("version"),
        }
    }
}

pub(super) async fn edit(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let year = year_of(app, &asked)?;
        let wanted = Target {
            measure: asked.text("measure").to_owned(),
            department_key: asked.text("department").to_owned(),
            doctor_key: asked.text("doctor").to_owned(),
            ..Target::default()
        };
        let places = Places::read(app)?;
        let mut known = app.store().targets(year)?.into_iter();
        let known = known.find(|known| same_place(known, &wanted) && places.sees(&who.viewer, known));
        let layer = app.layer();
        let measure = layer.measure(&wanted.measure).ok();
        let typed =
            |n: Option<i64>| n.zip(measure).map_or_else(String::new, |(n, m)| typed_number(n, m).to_string());
        let form = Form {
            year: year.to_string(),
            low: typed(known.as_ref().and_then(|target| target.low)),
            high: typed(known.as_ref().and_then(|target| target.high)),
            version: known.map_or(0, |target| target.version).to_string(),
            measure: wanted.measure,
            department: wanted.department_key,
            doctor: wanted.doctor_key,
        };
        show(app, &who, &places, form, String::new())
    })
    .await
}

pub(super) async fn save(
    State(app): State<App>,
    who: Who,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let form = Form::posted(&fields);
        let places = Places::read(app)?;
        match set(app, &who, &places, &form) {
            Ok(()) => {
                app.notice(&who, "指标目标已保存");
                let address = format!("/targets?year={}", crate::query::encode(&form.year));
                Ok(Redirect::to(&address).into_response())
            }
            Err(Refused::Form(error)) => show(app, &who, &places, form, error),
            Err(Refused::Other(error)) => Err(error),
        }
    })
    .await
}

/// Why a form was not taken.
enum Refused {
    /// Shown over the form, which keeps what was typed.
    Form(String),
    Other(ApiError),
}

impl From<String> for Refused {
    fn from(sentence: String) -> Refused {
        Refused::Form(sentence)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Refused {
        Refused::Other(error.into())
    }
}

fn set(app: &App, who: &Who, places: &Places, form: &Form) -> Result<(), Refused> {
    let year = read_year(&form.year)?;
    let layer = app.layer();
    let measure = layer.measure(&form.measure).map_err(|error| error.to_string())?;
    let (low, high) = bounds(measure, &form.low, &form.high)?;
    let (mut department_key, mut doctor_key) = (String::new(), String::new());
    // A doctor's target is the doctor's, whichever department is chosen beside.
    if !form.doctor.is_empty() {
        doctor_key = places.find_doctor(&form.doctor)?;
    } else if !form.department.is_empty() {
        department_key = places.find_department(&form.department)?;
    }
    let target = Target {
        measure: measure.id.clone(),
        year,
        department_key,
        doctor_key,
        low,
        high,
        version: form.version.parse().unwrap_or_default(),
        changed_at: app.now(),
        changed_by: who.viewer.name.clone(),
    };
    if !places.sees(&who.viewer, &target) {
        return Err(Refused::Form("不在您的数据范围内；请选择您的科室或医师".to_owned()));
    }
    let before = app.store().targets(year)?.into_iter().find(|known| same_place(known, &target));
    match app.store().set_target(&target) {
        Ok(()) => {}
        Err(StoreError::Changed(_)) => {
            let now = before.as_ref().map_or("已删除".to_owned(), |there| {
                let (by, at) = (&there.changed_by, crate::text::moment(there.changed_at));
                format!("{by} 于 {at} 改为 {}", said(there.low, there.high, measure))
            });
            return Err(Refused::Form(format!(
                "您打开表单之后，此目标{now}；您填写的内容仍在下面，核对后可从列表重新打开再改"
            )));
        }
        Err(error) => return Err(error.into()),
    }
    let was = before.map_or("无".to_owned(), |there| said(there.low, there.high, measure));
    let object = format!("{year}年 {} {}", measure.name, places.name(&target));
    let detail = format!("由 {was} 改为 {}", said(low, high, measure));
    app.log(who, LogKind::Change, "设定指标目标", &object, &detail).map_err(Refused::Other)
}

fn show(app: &App, who: &Who, places: &Places, form: Form, error: String) -> Result<Response, ApiError> {
    let layer = app.layer();
    let measures = layer.measures().iter().map(|measure| {
        let unit = typed_unit(measure);
        Choice {
            value: measure.id.clone(),
            name: format!("{}（{}）", measure.name, if unit.is_empty() { "无单位" } else { unit }),
            chosen: measure.id == form.measure,
        }
    });
    let mut departments =
        vec![Choice { value: String::new(), name: "全院".into(), chosen: form.department.is_empty() }];
    departments.extend(places.departments.iter().map(|(key, name)| {
        let chosen = *key == form.department;
        Choice { value: key.clone(), name: name.clone(), chosen }
    }));
    html(&Edit {
        page: who.page(app, "设定指标目标", &[("指标目标", "/targets"), ("设定", "")]),
        measures: measures.collect(),
        departments,
        doctor_name: if form.doctor.is_empty() { String::new() } else { places.doctor(&form.doctor) },
        form,
        error,
    })
}

/// Doctors by 工号, name or pinyin, for the search box.
pub(super) async fn suggest(
    State(app): State<App>,
    _: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let doctors = Places::read(app)?.doctors();
        let index = terms::search::Index::new(&doctors);
        let hits = index.search(asked.text("q"), 20, None);
        let options: Vec<_> = hits
            .rows
            .iter()
            .map(|hit| serde_json::json!({ "code": hit.code, "name": hit.name, "tags": [] }))
            .collect();
        Ok(crate::page::json(&serde_json::Value::from(options)))
    })
    .await
}
