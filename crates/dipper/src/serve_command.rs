//! `dipper serve`: the web.

use crate::hospital_clock;
use crate::installation::{Installation, InstallationArgs};
use crate::long_work::LongWork;
use crate::report::print;
use anyhow::Context;
use clap::Args;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use web::{App, Setting};

/// How long requests under way may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    installation: InstallationArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

/// Where the server listens.
#[derive(Args)]
pub(crate) struct ListenArgs {
    /// 监听地址；0.0.0.0 供院内其他电脑访问
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    host: std::net::IpAddr,
    /// 端口；0 由系统选择
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// 经 HTTPS 代理访问：Cookie 只经 HTTPS 发送
    #[arg(long)]
    https: bool,
}

impl Default for ListenArgs {
    fn default() -> ListenArgs {
        ListenArgs { host: std::net::Ipv4Addr::LOCALHOST.into(), port: 8080, https: false }
    }
}

impl ServeArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        let app = self.listen.open(&installation)?;
        if let Some((login, password)) = web::first_administrator(&app)? {
            print(&format!("首次启动：管理员 {login}，一次性口令 {password}（登录后须修改，不再显示）\n"))?;
        }
        self.listen.serve(&app)
    }
}

impl ListenArgs {
    /// Opens the mart, brings it up to the store and makes the application.
    pub(crate) fn open(&self, installation: &Installation) -> anyhow::Result<App> {
        let offset = installation.offset;
        let mart = installation.mart()?;
        let mut work = LongWork::begin();
        mart.refresh(&installation.store, &mut work).context("更新分析库")?;
        work.end();
        let app = App::new(Setting {
            configuration: installation.configuration.clone(),
            rules: installation.rules.clone(),
            store: installation.store.clone(),
            mart,
            clock: Arc::new(move || hospital_clock::now(offset)),
            hospital: installation.configuration.hospital.clone(),
            https: self.https,
        })?;
        Ok(app)
    }

    /// Answers until Ctrl-C or the system's request to stop.
    pub(crate) fn serve(&self, app: &App) -> anyhow::Result<()> {
        let filter = EnvFilter::try_from_env("DIPPER_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
        // A second server in one process (tests) keeps the first one's log.
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let place = SocketAddr::new(self.host, self.port);
            let listener = TcpListener::bind(place)
                .await
                .with_context(|| format!("不能监听 {place}；端口可能已被占用，请用 --port 换一个"))?;
            print(&format!("打开 http://{} （按 Ctrl-C 停止）\n", listener.local_addr()?))?;
            web::serve(app, listener, stopped()).await.context("服务异常终止")
        })?;
        runtime.shutdown_timeout(GRACE);
        Ok(())
    }
}

/// Done at Ctrl-C or SIGTERM.
async fn stopped() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}
