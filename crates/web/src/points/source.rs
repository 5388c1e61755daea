//! 哪个政策包: the pack or draft that an address is about.

use super::shelf::Loaded;
use crate::app::App;
use crate::error::ApiError;
use crate::query::Fields;
use std::sync::Arc;
use store::{PackDraft, StoredPack};

/// A pack or a draft, loaded.
pub(crate) struct Source {
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) draft: Option<PackDraft>,
    /// Its number in the store, unless it is a draft.
    pub(crate) pack: Option<i64>,
    /// Every pack, to choose another.
    pub(crate) packs: Vec<StoredPack>,
}

/// An entry of the list of packs to choose from.
pub(crate) struct Choice {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) chosen: bool,
}

impl Source {
    /// `draft=3`, `pack=5`, or else the pack in force today (the latest in force when none is). `None`: there is no pack.
    pub(crate) fn of(app: &App, asked: &Fields) -> Result<Option<Source>, ApiError> {
        let packs = app.store().pack_list()?;
        if let Some(id) = asked.whole("draft", "草稿编号")? {
            let (draft, loaded) = app.loaded_draft(id)?;
            return Ok(Some(Source { loaded, draft: Some(draft), pack: None, packs }));
        }
        let today = crate::text::days(app.today());
        let in_force = || packs.iter().filter(|pack| pack.in_force_since.is_some());
        let now = in_force()
            .filter(|pack| (pack.effective_from..=pack.effective_to).contains(&today))
            .max_by_key(|pack| (pack.in_force_since, pack.id));
        let latest = || in_force().max_by_key(|pack| (pack.effective_to, pack.id));
        let any = || packs.iter().max_by_key(|pack| (pack.effective_to, pack.id));
        let pack = match asked.whole("pack", "政策包编号")? {
            Some(id) => id,
            None => match now.or_else(latest).or_else(any) {
                Some(pack) => pack.id,
                None => return Ok(None),
            },
        };
        Ok(Some(Source { loaded: app.loaded_pack(pack)?, draft: None, pack: Some(pack), packs }))
    }

    /// `pack=5` or `draft=3`.
    pub(crate) fn query(&self) -> String {
        match (&self.draft, self.pack) {
            (Some(draft), _) => format!("draft={}", draft.id),
            (None, pack) => format!("pack={}", pack.unwrap_or_default()),
        }
    }

    /// `样例市2025年DIP政策 1.0`, or the draft's name.
    pub(crate) fn title(&self) -> String {
        let identity = &self.loaded.policy.identity;
        match &self.draft {
            Some(draft) => format!("草稿“{}”（{}）", draft.name, identity.name),
            None => format!("{} {}", identity.name, identity.version),
        }
    }

    /// Whether this pack computes the cases of its dates now.
    pub(crate) fn in_force(&self) -> bool {
        self.packs.iter().any(|pack| Some(pack.id) == self.pack && pack.in_force_since.is_some())
    }

    /// The packs to choose from, those in force first.
    pub(crate) fn choices(&self) -> Vec<Choice> {
        let mut packs: Vec<&StoredPack> = self.packs.iter().collect();
        packs.sort_by_key(|pack| {
            (
                pack.in_force_since.is_none(),
                std::cmp::Reverse(pack.effective_from),
                std::cmp::Reverse(pack.id),
            )
        });
        packs
            .into_iter()
            .map(|pack| {
                let state = if pack.in_force_since.is_some() { "在用" } else { "未启用" };
                let from = crate::text::day(pack.effective_from);
                Choice {
                    id: pack.id,
                    name: format!("{}（{from} 起，{state}，编号 {}）", pack.name, pack.id),
                    chosen: Some(pack.id) == self.pack,
                }
            })
            .collect()
    }

    /// Lines over an export.
    pub(crate) fn about(&self) -> Vec<(String, String)> {
        let identity = &self.loaded.policy.identity;
        vec![
            ("政策包".to_owned(), self.title()),
            ("有效期".to_owned(), format!("{} 至 {}", identity.effective_from, identity.effective_to)),
        ]
    }
}

/// What a page says where there is no pack at all.
pub(crate) const NO_PACK: &str = "还没有政策包：请在“政策包”页上传政策包（zip），或由信息科用 dipper regroup --pack <政策包> --publish 导入";
