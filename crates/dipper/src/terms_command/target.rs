//! 导入的去处: a folder of catalogue files, or the store of an installation, whose catalogues the web shows.

use super::catalogue_folder::{self, Stored};
use crate::installation::InstallationArgs;
use crate::replace_file;
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::sync::Arc;
use sync::Terminology;
use sync::terminology::{CatalogueAuthor, CatalogueTrial, HeldCatalogue};
use terms::{Catalogue, Layout};

/// Where the catalogues are.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Place {
    /// 目录文件夹
    #[arg(long)]
    dir: Option<PathBuf>,
    /// 安装的配置文件：数据仓中的目录，即网页所用的
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// A catalogue as it stands, and where a new one goes.
pub(super) enum Target {
    Folder { dir: PathBuf, path: PathBuf, stored: Stored },
    Store { terminology: Terminology, held: Arc<HeldCatalogue>, now: i64, name: String },
}

impl Place {
    pub(super) fn open(&self, layout: &'static Layout) -> anyhow::Result<Target> {
        if let Some(config) = &self.config {
            let installation = InstallationArgs { config: config.clone() }.open()?;
            let terminology = Terminology::new(installation.store.clone());
            let held = terminology.catalogue(layout)?;
            let name = format!("数据仓 {}", installation.store.address());
            return Ok(Target::Store { terminology, held, now: installation.now(), name });
        }
        let dir = self.dir.clone().context("请用 --dir 或 --config 指明目录在哪里")?;
        let path = catalogue_folder::path(&dir, layout);
        let stored = catalogue_folder::stored(&dir, layout)?;
        Ok(Target::Folder { dir, path, stored })
    }
}

impl Target {
    pub(super) fn catalogue(&self) -> &Catalogue {
        match self {
            Target::Folder { stored, .. } => &stored.catalogue,
            Target::Store { held, .. } => &held.catalogue,
        }
    }

    /// There is no catalogue yet.
    pub(super) fn is_new(&self) -> bool {
        match self {
            Target::Folder { stored, .. } => stored.bytes.is_none(),
            Target::Store { held, .. } => held.version.is_none(),
        }
    }

    /// Errors when nothing was imported yet; the error says what there is.
    pub(super) fn require(&self, layout: &'static Layout) -> anyhow::Result<()> {
        match self {
            Target::Folder { dir, .. } if self.is_new() => catalogue_folder::load(dir, layout).map(drop),
            Target::Store { name, .. } if self.is_new() => bail!("{name} 中没有{}：请先导入", layout.title),
            _ => Ok(()),
        }
    }

    /// Number of the version that was read; 0 for a folder.
    pub(super) fn seen(&self) -> i64 {
        match self {
            Target::Folder { .. } => 0,
            Target::Store { held, .. } => held.number(),
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Target::Folder { path, .. } => path.display().to_string(),
            Target::Store { name, .. } => name.clone(),
        }
    }

    /// Writes what a trial on this catalogue would change, wrong rows passed over; says what was written.
    pub(super) fn write(&self, trial: CatalogueTrial, file_name: &str) -> anyhow::Result<String> {
        let counts = |added, changed, removed| format!("新增 {added}，修改 {changed}，删除 {removed}");
        match self {
            Target::Folder { dir, path, stored } => {
                let (plan, _) = terms::without_wrong(trial.plan, trial.mode);
                std::fs::create_dir_all(dir).with_context(|| format!("建不了文件夹 {}", dir.display()))?;
                let bytes = stored.catalogue.apply(&plan)?.to_text()?;
                let old = replace_file::replace(path, stored.bytes.as_deref(), &bytes)?;
                let counts = counts(plan.added.len(), plan.changed.len(), plan.removed.len());
                let mut text = format!("已写入 {}：{counts}。\n", path.display());
                if let Some(old) = old {
                    text.push_str(&format!("原目录保存为 {}。\n", old.display()));
                }
                Ok(text)
            }
            Target::Store { terminology, now, name, .. } => {
                let author =
                    CatalogueAuthor { login: "system", now: *now, file_name, note: "命令行导入" };
                Ok(match terminology.confirm(&trial, true, author)? {
                    Some(version) => {
                        let number = |rows: i64| usize::try_from(rows).unwrap_or_default();
                        let (added, changed) = (number(version.added), number(version.changed));
                        let counts = counts(added, changed, number(version.removed));
                        format!("已写入 {name}：第 {} 版，{counts}。\n", version.version)
                    }
                    None => String::new(),
                })
            }
        }
    }
}
