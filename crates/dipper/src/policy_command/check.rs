//! `dipper policy check`: every problem with file and line.

use crate::pack_dir;
use policy::{Kind, Policy};
use std::path::PathBuf;

pub(crate) fn run(dirs: &[PathBuf]) -> anyhow::Result<()> {
    anyhow::ensure!(!dirs.is_empty(), "请给出政策包文件夹");
    let mut bad = 0;
    for dir in dirs {
        match Policy::load(&pack_dir::read(dir)?) {
            Ok(policy) => println!("{}：通过。{}", dir.display(), summary(&policy)),
            Err(problems) => {
                bad += 1;
                println!("{}：{} 个问题\n{problems}", dir.display(), problems.0.len());
            }
        }
    }
    anyhow::ensure!(bad == 0, "{bad} 个政策包未通过校验");
    Ok(())
}

fn summary(policy: &Policy) -> String {
    let count = |kind| policy.groups.iter().filter(|group| group.kind == kind).count();
    let unconfirmed = policy.groups.iter().filter(|group| !group.source.confirmed()).count();
    format!(
        "{}：病种 {} 个（核心 {}，综合 {}，基层 {}），未确认分值 {} 个，{}",
        policy.identity.name,
        policy.groups.len(),
        count(Kind::Core),
        count(Kind::Composite),
        count(Kind::Primary),
        unconfirmed,
        policy.hash
    )
}
