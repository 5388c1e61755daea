//! 新建与修改规则: a form for every kind that is read back as a sentence before it is saved as a draft.

use super::document::{self, MOST_SETS};
use super::kinds::{Input, KINDS, KindForm, WINDOWS};
use super::library::{Library, said};
use super::list::{Choice, choices};
use super::{editor, kind_name, known, place};
use crate::app::App;
use crate::error::ApiError;
use crate::page::{Page, html};
use crate::query::{Asked, Fields, Posted};
use crate::who::Who;
use askama::Template;
use audit::{Attribute, Level, Scene, Stage, values_of};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::Value;
use store::{LogKind, StoreError};

/// Rows of sets that are always empty at the end.
const SPARE_SETS: usize = 2;

/// A list of items.
struct PartField {
    name: String,
    title: String,
    value: String,
    suggest: &'static str,
}

#[derive(Template)]
#[template(path = "rule_library/edit.html")]
struct EditPage {
    page: Page,
    action: String,
    back: String,
    version: i64,
    /// Known by its id: the id stays.
    known: bool,
    kind: &'static KindForm,
    fields: Fields,
    parts: Vec<PartField>,
    levels: Vec<Choice>,
    stages: Vec<Choice>,
    scenes: Vec<Choice>,
    windows: Vec<Choice>,
    allow: Vec<Choice>,
    problem: String,
    sentence: String,
}

impl EditPage {
    fn has(&self, input: &str) -> bool {
        self.kind.inputs.iter().any(|known| match known {
            Input::Allow(Attribute::Diagnosis | Attribute::Operation) => input == "codes",
            Input::Allow(_) => input == "allow",
            Input::Levels => input == "levels",
            Input::Ages => input == "ages",
            Input::Most => input == "most",
            Input::Unit => input == "unit",
            Input::Days => input == "days",
            Input::Money => input == "money",
            Input::Window => input == "window",
            Input::Keep => input == "keep",
            Input::Ratio => input == "ratio",
            Input::Times => input == "times",
            Input::Cost => input == "cost",
            Input::Planned => input == "planned",
            Input::Number(..) => false,
        })
    }

    /// Numbers of the document: member, words before it, unit.
    fn numbers(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let number = |input: &Input| match input {
            Input::Number(member, before, unit) => Some((*member, *before, *unit)),
            _ => None,
        };
        self.kind.inputs.iter().filter_map(number).collect()
    }

    fn value(&self, name: &str) -> &str {
        self.fields.text(name)
    }

    fn codes_suggest(&self) -> &'static str {
        match self.kind.inputs.first() {
            Some(Input::Allow(Attribute::Operation)) => "/suggest/procedure",
            _ => "/suggest/diagnosis",
        }
    }

    fn set_level(&self, name: &str, level: &str) -> bool {
        self.fields.text(name) == level
    }
}

#[derive(Template)]
#[template(path = "rule_library/kinds.html")]
struct KindsPage {
    page: Page,
    kinds: Vec<(&'static KindForm, &'static str)>,
}

/// What a kind is for, beside its name.
fn about(kind: &KindForm) -> &'static str {
    match kind.code {
        "sex" => "如限女性用药",
        "insurance" => "如限工伤、限生育、限基本医疗保险",
        "med_type" => "如限生育住院",
        "visit_type" => "如限门诊、限住院",
        "hosp_level" => "如限二级以上医院",
        "age" => "如儿童专用药限 14 岁及以下",
        "diagnosis" => "如限癌症患者使用",
        "operation" => "如某耗材限有相应手术",
        "course_days" => "如一次住院支付不超过 14 天",
        "dept" => "如限康复科使用，可多选科室",
        "freq" => "如限次/天、次/小时、次/2小时、次/72小时、次/周、次/住院周期",
        "total_qty" => "按项目计价单位限量，如次、个、盒、部位",
        "total_amount" => "如每日吸氧不超过 65 元",
        "dup_main_sub" => "主项的内容已包含从项，如手术含探查",
        "dup_mutual" => "几组项目当天、1 小时内或住院周期内只能收一组",
        "corr_single" => "收甲必须有乙（任一即可）",
        "corr_all" => "收甲必须同时有乙、丙（每项都要）",
        "corr_sets" => "几组项目须同时收取，缺一不可",
        "corr_ratio" => "每 1 个乙最多收几个甲",
        _ => "同一切口第二及以后手术按比例收费",
    }
}

pub(super) async fn new(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        if let Some(from) = Some(asked.text("copy")).filter(|id| !id.is_empty()) {
            let rule = known(app, from)?;
            let version = rule.published.or(rule.draft);
            let value: Value = serde_json::from_str(version.as_ref().map_or("", |version| &version.document))
                .unwrap_or_default();
            let kind = kind_of(value["kind"].as_str().unwrap_or_default())?;
            let mut fields = document::fields(kind, &value);
            fields.0.retain(|(name, _)| name != "id");
            fields.0.push(("id".to_owned(), format!("{from}-copy")));
            return show_form(app, &who, kind, (None, 0), &fields, String::new());
        }
        match asked.text("kind") {
            "" => html(&KindsPage {
                page: who.page(app, "新建规则", &[("审核规则库", "/audit-rules"), ("新建规则", "")]),
                kinds: KINDS.iter().map(|kind| (kind, about(kind))).collect(),
            }),
            kind => show_form(app, &who, kind_of(kind)?, (None, 0), &Fields::default(), String::new()),
        }
    })
    .await
}

fn kind_of(code: &str) -> Result<&'static KindForm, ApiError> {
    KindForm::named(code).ok_or_else(|| ApiError::wrong(format!("没有规则类型“{code}”的表单；请用文件导入")))
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let rule = known(app, &id)?;
        let version = rule.draft.as_ref().or(rule.published.as_ref());
        let value: Value =
            serde_json::from_str(version.map_or("", |version| &version.document)).unwrap_or_default();
        let kind = kind_of(value["kind"].as_str().unwrap_or_default())?;
        show_form(app, &who, kind, (Some(&id), rule.version), &document::fields(kind, &value), String::new())
    })
    .await
}

pub(super) async fn create(
    State(app): State<App>,
    who: Who,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| submit(app, &who, None, &fields)).await
}

pub(super) async fn save(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        known(app, &id)?;
        submit(app, &who, Some(&id), &fields)
    })
    .await
}

fn submit(app: &App, who: &Who, id: Option<&str>, posted: &Fields) -> Result<Response, ApiError> {
    let kind = kind_of(posted.text("kind"))?;
    let mut fields = posted.clone();
    if let Some(id) = id {
        fields.0.retain(|(name, _)| name != "id");
        fields.0.push(("id".to_owned(), id.to_owned()));
    }
    let seen = fields.whole("version", "版本")?.unwrap_or_default();
    let shown = |problem: String, seen: i64| show_form(app, who, kind, (id, seen), &fields, problem);
    let document = match document::document(kind, &fields) {
        Ok(document) => document,
        Err(problem) => return shown(problem, seen),
    };
    if fields.text("action") != "save" {
        return shown(String::new(), seen);
    }
    let new_id = fields.text("id").to_owned();
    let note: String = fields.text("change_note").chars().take(200).collect();
    match app.store().save_rule_draft(&new_id, &document, &note, seen, editor(app, who)) {
        Ok(()) => {}
        Err(StoreError::Changed(_)) => {
            return match (id, app.store().audit_rule(&new_id)?) {
                (None, _) => shown(format!("规则编号 {new_id} 已存在，请换一个编号"), 0),
                (Some(_), Some(now)) => shown(
                    format!(
                        "您打开表单之后，{} 于 {} 修改了这条规则；再次保存将以下面的内容为准",
                        now.changed_by,
                        crate::text::moment(now.changed_at)
                    ),
                    now.version,
                ),
                (Some(_), None) => Err(ApiError::missing("此规则（已被放弃）")),
            };
        }
        Err(error) => return Err(error.into()),
    }
    let action = if id.is_some() { "修改审核规则" } else { "新建审核规则" };
    app.log(who, LogKind::Change, action, &new_id, &format!("{}，草稿：{note}", kind_name(kind.code)))?;
    app.notice(who, format!("规则 {new_id} 已存为草稿，由另一人复核发布后生效"));
    Ok(Redirect::to(&place(&new_id)).into_response())
}

fn show_form(
    app: &App,
    who: &Who,
    kind: &'static KindForm,
    (id, version): (Option<&str>, i64),
    fields: &Fields,
    problem: String,
) -> Result<Response, ApiError> {
    let library = app.rule_library().current(app)?;
    let sentence = document::document(kind, fields)
        .map_or_else(|_| String::new(), |document| said(&document, &library.names).sentence);
    let title = if id.is_some() { "修改规则" } else { "新建规则" };
    let boxes = |name: &str, known: Vec<(&'static str, &'static str)>| -> Vec<Choice> {
        known
            .into_iter()
            .map(|(value, name_of)| Choice {
                chosen: fields.all(name).any(|chosen| chosen == value || chosen == name_of),
                value: value.to_owned(),
                name: name_of.to_owned(),
            })
            .collect()
    };
    let level = if fields.is_set("level") { fields.text("level") } else { "warning" };
    html(&EditPage {
        page: who.page(
            app,
            &format!("{title}：{}", kind.name),
            &[("审核规则库", "/audit-rules"), (title, "")],
        ),
        action: id.map_or_else(|| "/audit-rules/new".to_owned(), |id| format!("{}/edit", place(id))),
        back: id.map_or_else(|| "/audit-rules".to_owned(), place),
        version,
        known: id.is_some(),
        kind,
        parts: parts(kind, fields),
        levels: choices(level, Level::ALL.iter().map(|level| (level.code(), level.name()))),
        stages: boxes("stage", Stage::ALL.iter().map(|stage| (stage.code(), stage.name())).collect()),
        scenes: boxes("scene", Scene::ALL.iter().map(|scene| (scene.code(), scene.name())).collect()),
        windows: choices(fields.text("window"), WINDOWS),
        allow: allow(kind, fields, &library),
        problem,
        sentence,
        fields: fields.clone(),
    })
}

fn parts(kind: &KindForm, fields: &Fields) -> Vec<PartField> {
    let field = |name: String, title: String| PartField {
        value: fields.text(&name).to_owned(),
        name,
        title,
        suggest: "/audit-rules/items",
    };
    let mut all = Vec::new();
    for (member, title) in kind.parts {
        if *member == "sets" {
            let last = (1..=MOST_SETS).filter(|at| fields.is_set(&format!("sets{at}"))).max().unwrap_or(1);
            let shown = (last + SPARE_SETS - 1).clamp(3, MOST_SETS);
            all.extend((1..=shown).map(|at| field(format!("sets{at}"), format!("{title} {at}"))));
        } else {
            all.push(field((*member).to_owned(), (*title).to_owned()));
        }
    }
    all
}

/// 允许的取值 with what is chosen.
fn allow(kind: &KindForm, fields: &Fields, library: &Library) -> Vec<Choice> {
    let Some(Input::Allow(of)) = kind.inputs.first() else { return Vec::new() };
    let known: Vec<(String, String)> = match of {
        Attribute::Department => library
            .names
            .departments()
            .into_iter()
            .map(|(key, name)| (key.to_owned(), name.to_owned()))
            .collect(),
        of => values_of(*of).iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned())).collect(),
    };
    let chosen: Vec<&str> = fields.all("allow").collect();
    let mut all: Vec<Choice> = known
        .into_iter()
        .map(|(value, name)| Choice { chosen: chosen.contains(&value.as_str()), value, name })
        .collect();
    // What a file brought and no list knows stays to be seen.
    for other in chosen {
        if !all.iter().any(|choice| choice.value == other) {
            all.push(Choice { value: other.to_owned(), name: other.to_owned(), chosen: true });
        }
    }
    all
}
