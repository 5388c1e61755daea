//! 保存修改: edits of forms and whole files, all or none of them.

use super::error::{EditError, Refusal};
use super::form::FormPlace;
use super::locate::{Located, conflicts, locate};
use super::options::Options;
use super::view::Form;
use super::{FormRef, check, csv_edits, toml_edits};
use crate::{PackFiles, Policy};
use model::Problem;

/// What to do with one record. Cells are in the order of [`Form::columns`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Changes the cells that differ from those seen.
    Set {
        /// Line of the record as seen.
        at: usize,
        /// The values that the editor saw.
        seen: Vec<String>,
        /// The values as they shall be.
        cells: Vec<String>,
    },
    /// Adds a record.
    Add {
        /// Its values.
        cells: Vec<String>,
    },
    /// Takes a record out.
    Remove {
        /// Line of the record as seen.
        at: usize,
        /// The values that the editor saw.
        seen: Vec<String>,
    },
}

/// Part of a change of a pack.
#[derive(Clone, Debug)]
pub enum Change {
    /// Records of one form.
    Form {
        /// The form's id.
        form: String,
        /// What to do.
        edits: Vec<Edit>,
    },
    /// A whole file: an imported catalogue.
    File {
        /// File inside the pack.
        name: String,
        /// Its new content.
        bytes: Vec<u8>,
        /// What the log of changes says about it.
        note: String,
    },
}

/// What one field was and became, for the log of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// File inside the pack.
    pub file: String,
    /// Form, record and column in Chinese.
    pub field: String,
    /// Empty for a new record.
    pub before: String,
    /// Empty for a record taken out.
    pub after: String,
}

/// A pack after a change: it loads.
#[derive(Clone, Debug)]
pub struct Edited {
    /// Its files.
    pub files: PackFiles,
    /// The whole pack, loaded.
    pub policy: Policy,
    /// What changed; empty when nothing did.
    pub changes: Vec<FieldChange>,
}

/// An edit of a form once it is clear which record it means.
pub(super) enum Resolved {
    /// Index in [`Form::records`], column index, new value.
    Set(usize, Vec<(usize, String)>),
    Add(Vec<String>),
    Remove(usize),
    /// There is nothing to do: done already, or changed nothing.
    Nothing,
}

/// Makes a change: all of it, or nothing and the reasons. Saving the same change twice is harmless.
pub fn apply(files: &PackFiles, changes: &[Change]) -> Result<Edited, EditError> {
    let mut out = files.clone();
    let mut log = Vec::new();
    let mut written = Vec::new();
    for change in changes {
        match change {
            Change::File { name, bytes, note } => {
                if out.get(name) != Some(bytes.as_slice()) {
                    log.push(FieldChange {
                        file: name.clone(),
                        field: note.clone(),
                        before: format!("{} 行", lines(out.get(name))),
                        after: format!("{} 行", lines(Some(bytes))),
                    });
                    out.put(name, bytes.clone());
                }
            }
            Change::Form { form, edits } => {
                let of = FormRef::find(form).ok_or_else(|| EditError::NoForm(form.clone()))?;
                let (bytes, wanted) = edit_form(&out, &of, edits, &mut log)?;
                if let Some(text) = bytes {
                    out.put(&of.file(), text.into_bytes());
                }
                written.push((of, wanted));
            }
        }
    }
    match Policy::load(&out) {
        Ok(policy) => Ok(Edited { files: out, policy, changes: log }),
        Err(problems) => Err(EditError::Refused(refusals(&out, &written, &problems.0))),
    }
}

fn lines(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(0, |bytes| bytes.iter().filter(|b| **b == b'\n').count().saturating_sub(1))
}

/// The form's new file, `None` when nothing changes, and the cells that each edit leaves (with the edit's index).
type Written = (Option<String>, Vec<Wanted>);

/// An edit's index and the cells it leaves.
type Wanted = (usize, Vec<String>);

fn edit_form(
    files: &PackFiles,
    of: &FormRef,
    edits: &[Edit],
    log: &mut Vec<FieldChange>,
) -> Result<Written, EditError> {
    let form = Form::read(files, of.clone());
    let options = Options::of(files);
    let edits = normalised(&form, edits);
    let resolved = resolve(&form, &edits)?;
    let (refused, wanted) = check_all(&form, &resolved, &options);
    if !refused.is_empty() {
        return Err(EditError::Refused(refused));
    }
    let file = of.file();
    let text = match files.get(&file).map(std::str::from_utf8) {
        Some(Ok(text)) => text,
        Some(Err(_)) => return Err(EditError::Layout(file.into_owned())),
        None => "",
    };
    let new = match of.def.place {
        FormPlace::Rows { .. } => csv_edits::edited(text, &form, &resolved),
        FormPlace::Entries { .. } | FormPlace::Values { .. } => toml_edits::edited(text, &form, &resolved),
    };
    let new = new.ok_or_else(|| EditError::Layout(file.clone().into_owned()))?;
    log_changes(&form, &resolved, log);
    Ok(((new != text).then_some(new), wanted))
}

fn normalised(form: &Form, edits: &[Edit]) -> Vec<Edit> {
    let plain = |cells: &[String]| -> Vec<String> {
        let cell = |at: usize| cells.get(at).map_or("", String::as_str);
        form.columns.iter().enumerate().map(|(at, column)| check::normalised(column, cell(at))).collect()
    };
    edits
        .iter()
        .map(|edit| match edit {
            Edit::Set { at, seen, cells } => {
                // What was not touched stays as it is spelt.
                let mut cells = cells.clone();
                cells.resize(form.columns.len(), String::new());
                let same = |at: usize| cells.get(at).map(|c| c.trim()) == seen.get(at).map(|s| s.trim());
                let plain = plain(&cells);
                let keep =
                    |(at, plain)| if same(at) { seen.get(at).cloned().unwrap_or(plain) } else { plain };
                let cells = plain.into_iter().enumerate().map(keep).collect();
                Edit::Set { at: *at, seen: seen.clone(), cells }
            }
            Edit::Add { cells } => Edit::Add { cells: plain(cells) },
            remove @ Edit::Remove { .. } => remove.clone(),
        })
        .collect()
}

fn resolve(form: &Form, edits: &[Edit]) -> Result<Vec<Resolved>, EditError> {
    let mut clashes = Vec::new();
    let mut resolved = Vec::new();
    for (index, edit) in edits.iter().enumerate() {
        resolved.push(match edit {
            Edit::Set { cells, seen, .. } if cells == seen => Resolved::Nothing,
            Edit::Set { at, seen, cells } => match locate(form, *at, seen) {
                Located::Here(record) => {
                    let current = form.records.get(record).map_or(&[][..], |record| &record.cells);
                    clashes.extend(conflicts(index, form, current, seen, cells));
                    let differs =
                        |at: &usize| cells.get(*at) != seen.get(*at) && cells.get(*at) != current.get(*at);
                    let changed = (0..form.columns.len()).filter(differs);
                    let changed: Vec<_> =
                        changed.map(|at| (at, cells.get(at).cloned().unwrap_or_default())).collect();
                    if changed.is_empty() { Resolved::Nothing } else { Resolved::Set(record, changed) }
                }
                // Saved already, key and all.
                Located::Gone if form.records.iter().any(|record| record.cells == *cells) => {
                    Resolved::Nothing
                }
                Located::Gone => {
                    clashes.push(gone(index, form, seen, &form.name_of(cells)));
                    Resolved::Nothing
                }
            },
            Edit::Add { cells } if form.records.iter().any(|record| record.cells == *cells) => {
                Resolved::Nothing
            }
            Edit::Add { cells } => Resolved::Add(cells.clone()),
            Edit::Remove { at, seen } => match locate(form, *at, seen) {
                Located::Here(record) if form.records.get(record).is_some_and(|r| r.cells == *seen) => {
                    Resolved::Remove(record)
                }
                Located::Here(record) => {
                    let current = form.records.get(record).map_or(&[][..], |record| &record.cells);
                    let now = form.columns.iter().zip(current).zip(seen).filter(|((_, c), s)| c != s);
                    clashes.extend(now.map(|((column, current), seen)| super::Conflict {
                        edit: index,
                        column: Some(column.name),
                        seen: seen.clone(),
                        current: Some(current.clone()),
                        mine: String::new(),
                    }));
                    Resolved::Nothing
                }
                Located::Gone => Resolved::Nothing,
            },
        });
    }
    if clashes.is_empty() { Ok(resolved) } else { Err(EditError::Conflict(clashes)) }
}

fn gone(edit: usize, form: &Form, seen: &[String], mine: &str) -> super::Conflict {
    super::Conflict { edit, column: None, seen: form.name_of(seen), current: None, mine: mine.to_owned() }
}

/// Checks what was typed; returns what is wrong and the cells each edit leaves.
fn check_all(form: &Form, resolved: &[Resolved], options: &Options) -> (Vec<Refusal>, Vec<Wanted>) {
    let mut refused = Vec::new();
    let mut wanted: Vec<Wanted> = Vec::new();
    for (edit, resolved) in resolved.iter().enumerate() {
        let mut check = |at: usize, value: &str| {
            let Some(column) = form.columns.get(at) else { return };
            if let Some(message) = check::wrong(column, value, options) {
                refused.push(Refusal { edit: Some(edit), column: Some(column.name), message });
            }
        };
        match resolved {
            Resolved::Set(record, cells) => {
                cells.iter().for_each(|(at, value)| check(*at, value));
                let mut all = form.records.get(*record).map(|r| r.cells.clone()).unwrap_or_default();
                for (at, value) in cells {
                    if let Some(cell) = all.get_mut(*at) {
                        cell.clone_from(value);
                    }
                }
                wanted.push((edit, all));
            }
            Resolved::Add(cells) => {
                cells.iter().enumerate().for_each(|(at, value)| check(at, value));
                wanted.push((edit, cells.clone()));
            }
            Resolved::Remove(_) | Resolved::Nothing => {}
        }
    }
    refused.extend(twins(form, resolved, &wanted));
    (refused, wanted)
}

/// New records, and records whose key changed, that have the key of another one.
fn twins(form: &Form, resolved: &[Resolved], wanted: &[Wanted]) -> Vec<Refusal> {
    let touched: Vec<usize> = resolved
        .iter()
        .filter_map(|edit| match edit {
            Resolved::Set(at, _) | Resolved::Remove(at) => Some(*at),
            Resolved::Add(_) | Resolved::Nothing => None,
        })
        .collect();
    let others = || form.records.iter().enumerate().filter(|(at, _)| !touched.contains(at)).map(|(_, r)| r);
    let mut refused = Vec::new();
    for (at, (edit, cells)) in wanted.iter().enumerate() {
        let key = form.key_of(cells);
        let kept = match resolved.get(*edit) {
            Some(Resolved::Set(record, _)) => {
                form.records.get(*record).is_some_and(|record| form.key_of(&record.cells) == key)
            }
            _ => false,
        };
        if kept || key.iter().all(String::is_empty) {
            continue;
        }
        let there = others().find(|record| form.key_of(&record.cells) == key);
        let earlier = wanted.iter().take(at).any(|(_, other)| form.key_of(other) == key);
        let place = match there {
            Some(record) => format!("第 {} 行", record.at),
            None if earlier => "另一新行".to_owned(),
            None => continue,
        };
        refused.push(Refusal {
            edit: Some(*edit),
            column: form.of.key().first().copied(),
            message: format!("与{place}（{}）重复：请修改那一行，或改正本行", form.name_of(cells)),
        });
    }
    refused
}

fn log_changes(form: &Form, resolved: &[Resolved], log: &mut Vec<FieldChange>) {
    let file = form.of.file().into_owned();
    let title = form.of.title();
    let in_words = |cells: &[String]| -> String {
        let filled = form.columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        filled.map(|(c, cell)| format!("{}：{}", c.title, c.shown(cell))).collect::<Vec<_>>().join("；")
    };
    let change = |field: String, before: String, after: String| FieldChange {
        file: file.clone(),
        field,
        before,
        after,
    };
    for resolved in resolved {
        match resolved {
            Resolved::Set(record, cells) => {
                let before = form.records.get(*record).map_or(&[][..], |record| &record.cells);
                let name = form.name_of(before);
                for (at, value) in cells {
                    let Some(column) = form.columns.get(*at) else { continue };
                    let field = [title.as_str(), &name, column.title].join(" · ").replace(" ·  · ", " · ");
                    let old = before.get(*at).map_or("", String::as_str);
                    log.push(change(field, column.shown(old), column.shown(value)));
                }
            }
            Resolved::Add(cells) => {
                log.push(change(
                    format!("{title} · 新增 {}", form.name_of(cells)),
                    String::new(),
                    in_words(cells),
                ));
            }
            Resolved::Remove(record) => {
                let before = form.records.get(*record).map_or(&[][..], |record| &record.cells);
                let field = format!("{title} · 删除 {}", form.name_of(before));
                log.push(change(field, in_words(before), String::new()));
            }
            Resolved::Nothing => {}
        }
    }
}

/// The loader's problems as the editor reads them: at the record and column they come from, with Chinese column names.
fn refusals(files: &PackFiles, written: &[(FormRef, Vec<Wanted>)], problems: &[Problem]) -> Vec<Refusal> {
    let mut refused: Vec<Refusal> = Vec::new();
    for problem in problems {
        let mut found = None;
        for (of, wanted) in written.iter().filter(|(of, _)| of.file() == problem.file.as_str()) {
            let form = Form::read(files, of.clone());
            let (column, message) = in_chinese(&form, &problem.message);
            let record = form
                .records
                .iter()
                .rev()
                .find(|record| record.at == problem.line || (!of.has_rows() && column.is_some()));
            let edit = record.and_then(|record| wanted.iter().find(|(_, cells)| *cells == record.cells));
            let refusal = match edit {
                Some((edit, _)) => Refusal { edit: Some(*edit), column, message },
                None if problem.line > 0 => Refusal {
                    edit: None,
                    column: None,
                    message: format!("{} 第 {} 行：{message}", of.title(), problem.line),
                },
                None => Refusal { edit: None, column: None, message: format!("{}：{message}", of.title()) },
            };
            found = Some(refusal);
            if edit.is_some() {
                break;
            }
        }
        refused.push(found.unwrap_or_else(|| Refusal::of_pack(problem)));
    }
    refused
}

/// The column a message is about, and the message with the columns' Chinese titles.
fn in_chinese(form: &Form, message: &str) -> (Option<&'static str>, String) {
    let named = message.strip_prefix("列“").and_then(|rest| rest.split_once("”："));
    if let Some((name, rest)) = named
        && let Some(column) = form.columns.iter().find(|column| column.name == name)
    {
        return (Some(column.name), rest.to_owned());
    }
    let mut first = None;
    let mut text = String::new();
    let mut word = String::new();
    for c in message.chars().chain(['\0']) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        match form.columns.iter().find(|column| column.name == word) {
            Some(column) => {
                first = first.or(Some(column.name));
                text.push_str(&format!("“{}”", column.title));
            }
            None => text.push_str(&word),
        }
        word.clear();
        if c != '\0' {
            text.push(c);
        }
    }
    (first, text)
}
