//! 政策包修改: drafts edited, tried over the discharges they apply to, published.

use crate::pack_set::load;
use crate::{CaseRules, PackSet, RegroupScope, SyncError, add_pack, begin_regroup, compute_changed};
use policy::edit::{Change, Edited, FieldChange, FilePatch, apply, apply_patches, merge, patches};
use policy::{PackFiles, Policy};
use std::time::Duration;
use store::{
    CollectionLock, ComputeState, DraftChange, DraftEdit, DraftState, Moment, PackDraft, Progress, Store,
    StoreError, StoredPack, Trial,
};

/// Who changes something, and when.
pub type By<'b> = (&'b str, Moment);

/// A draft with its files, of one version.
#[derive(Clone, Debug)]
pub struct OpenDraft {
    /// The draft.
    pub draft: PackDraft,
    /// Its files.
    pub files: PackFiles,
}

/// The files of a stored pack.
pub fn files_of(kept: &[(String, String)]) -> PackFiles {
    PackFiles::new(kept.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())))
}

fn kept(files: &PackFiles) -> Result<Vec<(String, String)>, SyncError> {
    let text = |name: &str| String::from_utf8(files.get(name).unwrap_or_default().to_vec());
    let named = files.names().map(|name| Ok((name.to_owned(), text(name).map_err(|_| not_text(name))?)));
    named.collect()
}

fn not_text(name: &str) -> SyncError {
    SyncError::Pack(String::new(), format!("{name}：文件不是 UTF-8 文本"))
}

/// Begins a draft of a stored pack. An open draft of the same pack with the same name is not made twice: it is returned.
pub fn begin_draft(store: &Store, base: i64, name: &str, note: &str, by: By<'_>) -> Result<i64, SyncError> {
    let open = store.drafts(1000)?.into_iter();
    let mut same = open.filter(|d| d.state == DraftState::Open && d.base == Some(base) && d.name == name);
    if let Some(draft) = same.next() {
        return Ok(draft.id);
    }
    Ok(store.create_draft(name, Some(base), &store.pack(base)?.files, note, by)?)
}

/// Reads a draft.
pub fn open_draft(store: &Store, id: i64) -> Result<OpenDraft, SyncError> {
    let (draft, kept) = store.draft_files(id)?;
    Ok(OpenDraft { draft, files: files_of(&kept) })
}

/// How often a change is made anew on a version that somebody saved in the same moment.
const TRIES: usize = 5;

/// Changes a draft. Where somebody else changed the same values since the editor saw them, nothing is written and
/// [`policy::edit::EditError::Conflict`] says what; other changes are kept beside theirs. Returns what changed; nothing when
/// the draft says so already. With `seen`, only when the draft is still of that version: for changes that replace whole files.
pub fn edit_draft(
    store: &Store,
    id: i64,
    seen: Option<i64>,
    changes: &[Change],
    by: By<'_>,
) -> Result<Vec<FieldChange>, SyncError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let open = open_draft(store, id)?;
        if seen.is_some_and(|seen| seen != open.draft.version) {
            return Err(StoreError::Changed(format!(
                "草稿“{}”（{}）",
                open.draft.name, open.draft.changed_by
            ))
            .into());
        }
        let Edited { files, changes, .. } = apply(&open.files, changes)?;
        if changes.is_empty() {
            return Ok(changes);
        }
        match save(store, &open, &files, &changes, None, by) {
            Err(SyncError::Store(StoreError::Changed(_)))
                if seen.is_none() && tries < TRIES && is_open(store, id)? => {}
            saved => return saved.map(|_| changes),
        }
    }
}

fn is_open(store: &Store, id: i64) -> Result<bool, SyncError> {
    Ok(store.draft(id)?.state == DraftState::Open)
}

fn save(
    store: &Store,
    open: &OpenDraft,
    files: &PackFiles,
    changes: &[FieldChange],
    base: Option<i64>,
    by: By<'_>,
) -> Result<i64, SyncError> {
    let noted: Vec<DraftChange> = changes
        .iter()
        .map(|change| DraftChange {
            file: change.file.clone(),
            field: change.field.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        })
        .collect();
    let undo = undo_text(&patches(&open.files, files));
    let edit = DraftEdit {
        draft: open.draft.id,
        seen: open.draft.version,
        files: &kept(files)?,
        changes: &noted,
        undo: &undo,
        base,
    };
    Ok(store.save_draft(&edit, by)?)
}

/// Takes the last change of a draft back, when it is still version `seen`. Returns the fields it concerned.
pub fn undo_draft(store: &Store, id: i64, seen: i64, by: By<'_>) -> Result<usize, SyncError> {
    let open = open_draft(store, id)?;
    let changed = || SyncError::Store(StoreError::Changed(format!("草稿“{}”", open.draft.name)));
    if open.draft.version != seen {
        return Err(changed());
    }
    let undo = store.draft_undo(id)?.ok_or_else(|| StoreError::Refused("没有可撤销的修改".into()))?;
    let files = apply_patches(&open.files, &patches_of(&undo)?).ok_or_else(changed)?;
    load(&files)?;
    let last: Vec<FieldChange> = store
        .draft_changes(id)?
        .into_iter()
        .filter(|change| change.version == seen)
        .map(|kept| FieldChange {
            file: kept.change.file,
            field: format!("撤销：{}", kept.change.field),
            before: kept.change.after,
            after: kept.change.before,
        })
        .collect();
    save(store, &open, &files, &last, None, by)?;
    Ok(last.len())
}

/// The patches that take a change back, as a draft keeps them.
fn undo_text(patches: &[FilePatch]) -> String {
    let back = patches.iter().map(|patch| {
        let back = patch.inverse();
        serde_json::json!([back.file, back.skip, back.before, back.after])
    });
    serde_json::Value::from(back.collect::<Vec<_>>()).to_string()
}

fn patches_of(text: &str) -> Result<Vec<FilePatch>, SyncError> {
    type Row = (String, usize, Option<String>, Option<String>);
    let rows: Vec<Row> = serde_json::from_str(text).map_err(|_| SyncError::Damaged("草稿的撤销记录"))?;
    Ok(rows.into_iter().map(|(file, skip, before, after)| FilePatch { file, skip, before, after }).collect())
}

/// The pack in force that took the place of a draft's base since the draft was made; `None` while the base still is in force,
/// or nothing of its dates is.
pub fn overtaken_by(store: &Store, draft: &PackDraft) -> Result<Option<StoredPack>, SyncError> {
    let Some(base) = draft.base else { return Ok(None) };
    let base = store.pack(base)?;
    if base.in_force_since.is_some() {
        return Ok(None);
    }
    let in_force = store.packs_in_force()?.into_iter();
    let covers = |pack: &StoredPack| {
        pack.effective_from <= base.effective_to && pack.effective_to >= base.effective_from
    };
    let begun = |pack: &StoredPack| pack.in_force_since.is_some_and(|since| since >= draft.created_at);
    Ok(in_force.filter(|pack| covers(pack) && begun(pack)).max_by_key(|pack| (pack.in_force_since, pack.id)))
}

/// Puts a draft's changes on the pack that took its base's place. `Err` with [`SyncError::Overlap`] names the files where both
/// changed the same lines.
pub fn rebase_draft(store: &Store, id: i64, by: By<'_>) -> Result<(), SyncError> {
    let open = open_draft(store, id)?;
    let Some(theirs) = overtaken_by(store, &open.draft)? else { return Ok(()) };
    let base = files_of(&store.pack(open.draft.base.unwrap_or_default())?.files);
    let merged = merge(&base, &open.files, &files_of(&theirs.files)).map_err(SyncError::Overlap)?;
    load(&merged)?;
    let note = FieldChange {
        file: String::new(),
        field: "并入现行政策包的修改".to_owned(),
        before: String::new(),
        after: format!("{}（编号 {}）", theirs.name, theirs.id),
    };
    save(store, &open, &merged, &[note], Some(theirs.id), by)?;
    Ok(())
}

/// Begins a trial of a draft: its pack is kept beside the others, and a regrouping over its dates begins, which
/// [`crate::continue_regroup`] carries on.
pub fn begin_trial(store: &Store, rules: &CaseRules, id: i64, by: By<'_>) -> Result<i64, SyncError> {
    let (login, now) = by;
    let open = open_draft(store, id)?;
    if open.draft.state != DraftState::Open {
        return Err(StoreError::Changed(format!(
            "草稿“{}”（{}）",
            open.draft.name,
            open.draft.state.chinese()
        ))
        .into());
    }
    let pack = add_pack(store, &open.files, now)?;
    let packs = PackSet::of(store, &[pack], rules)?;
    let (from, to) = packs.dates();
    let run = begin_regroup(store, &packs, &RegroupScope { from: Some(from), to: Some(to) }, now)?;
    let trial = Trial { run, draft: id, version: open.draft.version, login: login.to_owned() };
    store.add_trial(&trial)?;
    Ok(run)
}

/// The trial that would be published now: finished, of the draft's present version.
pub fn finished_trial(store: &Store, draft: &PackDraft) -> Result<Option<Trial>, SyncError> {
    for trial in store.trials(draft.id)? {
        let of_now = trial.version == draft.version || draft.state == DraftState::Published;
        let state = store.compute_run(trial.run)?.state;
        if of_now && matches!(state, ComputeState::Done | ComputeState::Published) {
            return Ok(Some(trial));
        }
    }
    Ok(None)
}

/// Waits until no collection runs and holds the others off. Cancelled by the progress.
pub fn hold_collection(store: &Store, progress: &mut dyn Progress) -> Result<CollectionLock, SyncError> {
    loop {
        match store.lock_collection() {
            Err(StoreError::Collecting) if progress.report("等待正在进行的采集结束", 0, 0) => {
                std::thread::sleep(Duration::from_millis(200));
            }
            Err(StoreError::Collecting) => return Err(SyncError::Cancelled),
            locked => return Ok(locked?),
        }
    }
}

/// Publishes a trial: waits for a running collection, makes the trial's results the current ones, computes what changed
/// meanwhile with the packs now in force. Returns how many cases that were. Publishing twice is harmless.
pub fn publish_trial(
    store: &Store,
    rules: &CaseRules,
    trial: &Trial,
    today: jiff::civil::Date,
    by: By<'_>,
    progress: &mut dyn Progress,
) -> Result<u64, SyncError> {
    let _lock = hold_collection(store, progress)?;
    progress.report("发布", 0, 0);
    store.publish_draft(trial.draft, trial.run, by)?;
    compute_changed(store, &PackSet::in_force(store, rules)?, today, by.1, progress)
}

/// Loads a stored pack; only packs that load are ever stored.
pub fn policy_of(files: &PackFiles) -> Result<Policy, SyncError> {
    load(files)
}
