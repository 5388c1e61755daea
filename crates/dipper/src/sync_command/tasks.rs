//! `dipper sync tasks`, `pause`, `resume`.

use crate::hospital_clock;
use crate::installation::InstallationArgs;
use crate::report::print;
use anyhow::bail;
use clap::Args;

#[derive(Args)]
pub(crate) struct TasksArgs {
    #[command(flatten)]
    installation: InstallationArgs,
}

#[derive(Args)]
pub(crate) struct PauseArgs {
    #[command(flatten)]
    installation: InstallationArgs,
    /// 任务（数据源/任务）
    task: String,
}

impl TasksArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        let mut text = String::new();
        for source in &installation.configuration.sources {
            let schedule = source.schedule.as_deref().unwrap_or("仅手动");
            text.push_str(&format!("{}（{}，定时 {schedule}）\n", source.source.id, source.source.name));
            for task in sync::load_mapping(source)?.tasks {
                let key = format!("{}/{}", source.source.id, task.name);
                let state = installation.store.task_state(&key)?;
                let note = match (state.paused, state.held.is_empty(), state.failures) {
                    (true, ..) => "已暂停".to_owned(),
                    (_, false, _) => format!("待人工确认：{}", state.held),
                    (.., 0) => "正常".to_owned(),
                    (.., failures) => format!("连续失败 {failures} 次"),
                };
                let read = hospital_clock::show(state.watermark);
                text.push_str(&format!("  {key:<32} {} 已采到 {read}  {note}\n", task.table.chinese));
            }
        }
        print(&text)
    }
}

impl PauseArgs {
    pub(crate) fn run(self, pause: bool) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        let mut known = Vec::new();
        for source in &installation.configuration.sources {
            for task in sync::load_mapping(source)?.tasks {
                known.push(format!("{}/{}", source.source.id, task.name));
            }
        }
        if !known.contains(&self.task) {
            bail!("没有采集任务 {}；现有：{}", self.task, known.join("、"));
        }
        installation.store.pause_task(&self.task, pause)?;
        print(&format!("{}：{}\n", self.task, if pause { "已暂停" } else { "已恢复" }))
    }
}
