//! 输入框: what a field of the form looks like, and what it said when it could not be kept.

use policy::edit::{Form, Options};
use policy::tables::{ColumnDef, FieldKind};

/// How a field is filled in.
pub(super) enum Input {
    /// A line of text.
    Text,
    /// One of these, or nothing.
    Select(Vec<Choice>),
    /// Several of these.
    Checks(Vec<Choice>),
    /// Several of these in order: one list a place.
    Order(Vec<Vec<Choice>>),
}

/// Something to choose.
pub(super) struct Choice {
    pub(super) word: String,
    pub(super) title: String,
    pub(super) chosen: bool,
}

/// What somebody else made of the same value.
pub(super) struct Clash {
    /// As it is now.
    pub(super) theirs: String,
    /// As the editor saw it.
    pub(super) seen: String,
}

/// One field.
pub(super) struct Field {
    /// `c.0.price`
    pub(super) name: String,
    pub(super) column: &'static ColumnDef,
    pub(super) value: String,
    pub(super) input: Input,
    /// Why it was not kept; empty when nothing is wrong.
    pub(super) problem: String,
    pub(super) clash: Option<Clash>,
    /// Shown in an empty field: what holds then.
    pub(super) placeholder: String,
}

/// One record of the form.
pub(super) struct RecordInput {
    /// Number among the records of the page.
    pub(super) index: usize,
    /// Line of the record; `None`: a new one.
    pub(super) at: Option<usize>,
    /// What the editor sees, as JSON.
    pub(super) seen: String,
    pub(super) removed: bool,
    pub(super) fields: Vec<Field>,
    /// What is wrong with the whole record.
    pub(super) problem: String,
    /// `职工 月度预结价钱`; empty for a new one.
    pub(super) name: String,
}

/// Lists longer than this are typed with suggestions instead of chosen.
const LONG: usize = 200;

/// A field of a record.
pub(super) fn field(
    index: usize,
    column: &'static ColumnDef,
    value: &str,
    options: &Options,
    evidence: &str,
) -> Field {
    let placeholder = match column.kind {
        FieldKind::Evidence if !evidence.is_empty() => format!("取缺省：{evidence}"),
        _ => String::new(),
    };
    Field {
        name: format!("c.{index}.{}", column.name),
        column,
        value: value.to_owned(),
        input: input(column, value, options),
        problem: String::new(),
        clash: None,
        placeholder,
    }
}

fn input(column: &ColumnDef, value: &str, options: &Options) -> Input {
    let listed = options.choices(column.kind);
    let choices = |chosen: &dyn Fn(&str) -> bool| -> Vec<Choice> {
        let known = listed.iter().map(|(word, title)| Choice {
            word: word.clone(),
            title: if word == title || !shows_code(column.kind) {
                title.clone()
            } else {
                format!("{word} {title}")
            },
            chosen: chosen(word),
        });
        known.collect()
    };
    let parts: Vec<&str> = value.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
    match column.kind {
        _ if listed.is_empty() || listed.len() > LONG => Input::Text,
        FieldKind::Choices(_) => Input::Checks(choices(&|word| parts.contains(&word))),
        FieldKind::Order(words) => {
            let places = words.len().max(parts.len());
            Input::Order((0..places).map(|at| choices(&|word| parts.get(at) == Some(&word))).collect())
        }
        _ => {
            let mut all = choices(&|word| word == value);
            // A value that the other tables do not have (any more) stays to be seen.
            if !value.is_empty() && all.iter().all(|choice| !choice.chosen) {
                all.push(Choice {
                    word: value.to_owned(),
                    title: format!("{value}（不在可选值内）"),
                    chosen: true,
                });
            }
            Input::Select(all)
        }
    }
}

/// References to other tables show their code before the name.
fn shows_code(kind: FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Hospital | FieldKind::HospitalLevel | FieldKind::InsuranceType | FieldKind::SettlementWay
    )
}

/// A record of the pack to be edited.
pub(super) fn record(
    index: usize,
    form: &Form,
    at: usize,
    cells: &[String],
    options: &Options,
    evidence: &str,
) -> RecordInput {
    RecordInput {
        index,
        at: Some(at),
        seen: serde_json::to_string(cells).unwrap_or_default(),
        removed: false,
        fields: fields(index, form, cells, options, evidence),
        problem: String::new(),
        name: form.name_of(cells),
    }
}

/// A record that is not there yet.
pub(super) fn blank(index: usize, form: &Form, options: &Options) -> RecordInput {
    added(index, form, &vec![String::new(); form.columns.len()], options)
}

/// A new record as it was typed.
pub(super) fn added(index: usize, form: &Form, cells: &[String], options: &Options) -> RecordInput {
    RecordInput {
        index,
        at: None,
        seen: String::new(),
        removed: false,
        fields: fields(index, form, cells, options, ""),
        problem: String::new(),
        name: String::new(),
    }
}

fn fields(index: usize, form: &Form, cells: &[String], options: &Options, evidence: &str) -> Vec<Field> {
    let value = |at: usize| cells.get(at).map_or("", String::as_str);
    let named = form.columns.iter().enumerate();
    named.map(|(at, column)| field(index, column, value(at), options, evidence)).collect()
}

impl Field {
    /// Whether it is wide on a page of one record.
    pub(super) fn is_wide(&self) -> bool {
        matches!(self.column.kind, FieldKind::Conditions | FieldKind::Evidence)
            || (self.column.kind == FieldKind::Text && self.column.name == "name")
    }

    /// `.0.price` of `c.0.price`: how the boxes beside the field are called.
    pub(super) fn suffix(&self) -> &str {
        self.name.strip_prefix('c').unwrap_or(&self.name)
    }

    /// Whether groups are suggested as one types.
    pub(super) fn suggests(&self) -> bool {
        self.column.kind == FieldKind::Group
    }
}
