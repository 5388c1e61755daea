//! `dipper embed-link`: a signed address of an embedded page, for trying it out before the other system is written.

use crate::installation::InstallationArgs;
use crate::report::print;
use anyhow::Context;
use clap::Args;

#[derive(Args)]
pub(crate) struct EmbedLinkArgs {
    #[command(flatten)]
    installation: InstallationArgs,
    /// 接入应用编号
    #[arg(long)]
    app: String,
    /// 工号
    #[arg(long)]
    emp: String,
    /// 住院号；scene 为 today 时可空
    #[arg(long, default_value = "")]
    mrn: String,
    /// 住院次数；空为最近一次
    #[arg(long, default_value = "")]
    times: String,
    /// bed 床位卡，discharge 出院审核，today 在院患者每日全院审核
    #[arg(long, default_value = "bed")]
    scene: String,
    /// 服务地址
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    base: String,
}

impl EmbedLinkArgs {
    /// Prints it; it serves once, within five minutes.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        let known = installation.configuration.applications.iter().find(|known| known.id == self.app);
        let known = known.with_context(|| format!("配置中没有接入应用 {}", self.app))?;
        let utc = installation.now() - installation.offset;
        let path = web::embed_address(known, [&self.emp, &self.mrn, &self.times, &self.scene], utc)
            .map_err(anyhow::Error::msg)?;
        print(&format!("{}{path}\n", self.base.trim_end_matches('/')))
    }
}
