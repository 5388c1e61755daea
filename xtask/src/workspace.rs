//! The crates as `cargo metadata` sees them: ours, with their arrows, and those we take from the registry.

use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

#[derive(Clone, Debug)]
pub(crate) struct Arrow {
    pub(crate) to: String,
    /// A dev-dependency: only tests and benches use it.
    pub(crate) dev: bool,
}

/// One of our crates.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// From the repository's root, with `/`.
    pub(crate) manifest: String,
    pub(crate) arrows: Vec<Arrow>,
}

/// A crate that somebody else wrote.
#[derive(Clone, Debug)]
pub(crate) struct Foreign {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SPDX expression, as the author wrote it.
    pub(crate) licence: Option<String>,
    /// Where it is taken from; `None` for a path outside our workspace.
    pub(crate) source: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) members: Vec<Member>,
    pub(crate) foreign: Vec<Foreign>,
}

impl Workspace {
    pub(crate) fn read(root: &Path) -> Result<Workspace> {
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .exec()
            .context("running cargo metadata")?;
        let mut workspace = Workspace::default();
        for package in &metadata.packages {
            if metadata.workspace_members.contains(&package.id) {
                let manifest = package.manifest_path.strip_prefix(&metadata.workspace_root);
                let manifest = manifest.unwrap_or(&package.manifest_path).as_str().replace('\\', "/");
                let arrows = package.dependencies.iter().map(|dependency| Arrow {
                    to: dependency.name.clone(),
                    dev: dependency.kind == DependencyKind::Development,
                });
                workspace.members.push(Member {
                    name: package.name.to_string(),
                    manifest,
                    arrows: arrows.collect(),
                });
            } else {
                workspace.foreign.push(Foreign {
                    name: package.name.to_string(),
                    version: package.version.to_string(),
                    licence: package.license.clone(),
                    source: package.source.as_ref().map(|source| source.repr.clone()),
                });
            }
        }
        Ok(workspace)
    }
}

#[cfg(test)]
impl Workspace {
    /// A workspace in memory: `("grouper", &["model", "dev:proptest"])`.
    pub(crate) fn of(members: &[(&str, &[&str])]) -> Workspace {
        let arrow = |word: &&str| match word.strip_prefix("dev:") {
            Some(to) => Arrow { to: to.to_owned(), dev: true },
            None => Arrow { to: (*word).to_owned(), dev: false },
        };
        let members = members.iter().map(|(name, arrows)| Member {
            name: (*name).to_owned(),
            manifest: format!("crates/{name}/Cargo.toml"),
            arrows: arrows.iter().map(arrow).collect(),
        });
        Workspace { members: members.collect(), foreign: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_this_workspace() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let workspace = Workspace::read(root).unwrap();
        let xtask = workspace.members.iter().find(|member| member.name == "xtask").unwrap();
        assert_eq!(xtask.manifest, "xtask/Cargo.toml");
        assert!(xtask.arrows.iter().any(|arrow| arrow.to == "cargo_metadata" && !arrow.dev));
        assert!(workspace.foreign.iter().any(|package| package.name == "cargo_metadata"));
    }
}
