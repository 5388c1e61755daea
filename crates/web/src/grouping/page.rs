//! 入组测算页: the form, and what it leads to at once.

use super::answer::Answer;
use super::code_names::{Which, search_address};
use super::form::{Choice, Form, choices, insurance, levels, ways};
use crate::app::App;
use crate::cases::explained::{Explained, StepView};
use crate::error::ApiError;
use crate::grid::Grid;
use crate::page::{Page, html};
use crate::query::Asked;
use crate::text;
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use sync::CompiledPack;

#[derive(Template)]
#[template(path = "grouping/page.html")]
struct Whole {
    page: Page,
    form: Form,
    suggest: [&'static str; 2],
    insurance: Vec<Choice>,
    ways: Vec<Choice>,
    levels: Vec<Choice>,
    leaving: Vec<Choice>,
    packs: Vec<Choice>,
    answer: Answer,
    grids: Vec<Grid>,
}

#[derive(Template)]
#[template(path = "grouping/answer.html")]
struct Fragment {
    answer: Answer,
    grids: Vec<Grid>,
}

pub(super) async fn page(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let form = Form::read(app, &who, &asked, false)?;
        let (mut answer, explained) = Answer::of(app, &who, &form)?;
        let grids = addressed(&who, &form, &mut answer);
        let wanted = asked.text("table");
        if let Some((_, grid)) = grids.iter().find(|(name, _)| *name == wanted).or(grids.first())
            && let Some(file) = grid.export(app, &who, &asked)?
        {
            return Ok(file);
        }
        let pack = explained.map(|explained| explained.pack).or_else(|| default_pack(app));
        let policy = pack.as_ref().map(|pack| pack.policy());
        let leaving = [
            ("1", "医嘱离院"),
            ("2", "医嘱转院"),
            ("3", "医嘱转社区"),
            ("4", "非医嘱离院"),
            ("5", "死亡"),
            ("9", "其他"),
        ];
        html(&Whole {
            page: who.page(app, "入组测算", &[("入组测算", "")]),
            suggest: [search_address(app, Which::Diagnosis), search_address(app, Which::Procedure)],
            insurance: insurance(&form, policy),
            ways: ways(&form, policy),
            levels: levels(&form, policy),
            leaving: choices(form.fields.text("discharge_way"), leaving.into_iter()),
            packs: packs(app, form.pack)?,
            form,
            answer,
            grids: grids.into_iter().map(|(_, grid)| grid).collect(),
        })
    })
    .await
}

pub(super) async fn fragment(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let form = Form::read(app, &who, &asked, true)?;
        let (mut answer, _) = Answer::of(app, &who, &form)?;
        let grids = addressed(&who, &form, &mut answer).into_iter().map(|(_, grid)| grid).collect();
        html(&Fragment { answer, grids })
    })
    .await
}

/// The tables with the addresses of their files: the form as it stands.
fn addressed(who: &Who, form: &Form, answer: &mut Answer) -> Vec<(&'static str, Grid)> {
    let mut fields = form.fields.clone();
    let codes = |name: &'static str, picked: &[super::form::Picked]| {
        picked.iter().map(|picked| (name.to_owned(), picked.code.clone())).collect::<Vec<_>>()
    };
    fields.0.extend(codes("diagnosis", &form.diagnoses));
    fields.0.extend(codes("procedure", &form.procedures));
    fields.0.extend(form.of.map(|of| ("of".to_owned(), of.to_string())));
    fields.0.extend(form.pack.map(|pack| ("pack".to_owned(), pack.to_string())));
    fields.0.extend(form.siblings.then(|| ("siblings".to_owned(), "1".to_owned())));
    let about = about(form, answer);
    let grids = std::mem::take(&mut answer.grids);
    let grids = grids.into_iter().map(|(name, grid)| {
        let address = format!("/grouping?{}", fields.with("table", name));
        (name, Grid { address, about: about.clone(), ..grid }.for_viewer(&who.viewer))
    });
    grids.collect()
}

/// What was computed with, for the head of a file.
fn about(form: &Form, answer: &Answer) -> Vec<(String, String)> {
    let codes = |picked: &[super::form::Picked]| {
        picked.iter().map(|picked| picked.code.as_str()).collect::<Vec<_>>().join(" ")
    };
    let mut about =
        vec![("诊断".to_owned(), codes(&form.diagnoses)), ("手术操作".to_owned(), codes(&form.procedures))];
    about.extend(answer.explained.iter().map(|explained| ("政策包".to_owned(), explained.pack.clone())));
    about
}

/// The pack whose lists of choices a form shows that has no answer yet.
fn default_pack(app: &App) -> Option<Arc<CompiledPack>> {
    app.packs().in_force(app.store()).ok()?.latest().cloned()
}

/// 政策包: by the case's date, or one of those kept.
pub(super) fn packs(app: &App, chosen: Option<i64>) -> Result<Vec<Choice>, ApiError> {
    let mut all = vec![Choice {
        value: String::new(),
        name: "按病例日期（生效政策包）".to_owned(),
        chosen: chosen.is_none(),
    }];
    all.extend(app.store().pack_list()?.into_iter().rev().map(|pack| {
        let force = if pack.in_force_since.is_some() { "生效" } else { "未启用" };
        let (from, to) = (text::day(pack.effective_from), text::day(pack.effective_to));
        Choice {
            value: pack.id.to_string(),
            name: format!("{}（{force}，{from} 至 {to}，编号 {}）", pack.name, pack.id),
            chosen: chosen == Some(pack.id),
        }
    }));
    Ok(all)
}

/// The two halves of the way to the answer.
fn halves(explained: &Explained) -> [(&'static str, &Vec<StepView>); 2] {
    [("入组过程", &explained.grouping), ("计价过程", &explained.pricing)]
}

impl Whole {
    fn value(&self, field: &str) -> &str {
        self.form.fields.text(field)
    }

    /// What moving a code of a list to its top means.
    fn top(&self, list: &str) -> &'static str {
        if list == "diagnosis" { "设为主要诊断" } else { "设为主要手术" }
    }

    /// The two lists of codes.
    fn lists(&self) -> [(&'static str, &'static str, &Vec<super::form::Picked>, &'static str); 2] {
        [
            ("diagnosis", "诊断（第一个为主要诊断）", &self.form.diagnoses, self.suggest[0]),
            ("procedure", "手术操作（第一个为主要手术操作）", &self.form.procedures, self.suggest[1]),
        ]
    }

    fn halves<'e>(&self, explained: &'e Explained) -> [(&'static str, &'e Vec<StepView>); 2] {
        halves(explained)
    }

    fn shown<'g>(&self, grids: &'g [Grid]) -> impl Iterator<Item = &'g Grid> {
        grids.iter().filter(|grid| grid.title != "入组与计价过程")
    }
}

impl Fragment {
    fn halves<'e>(&self, explained: &'e Explained) -> [(&'static str, &'e Vec<StepView>); 2] {
        halves(explained)
    }

    fn shown<'g>(&self, grids: &'g [Grid]) -> impl Iterator<Item = &'g Grid> {
        grids.iter().filter(|grid| grid.title != "入组与计价过程")
    }
}
