//! `dipper serve`: the web.

use crate::hospital_clock;
use crate::installation::{Installation, InstallationArgs};
use crate::long_work::LongWork;
use crate::report::print;
use anyhow::Context;
use clap::Args;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use web::{App, Certificate, Setting, Transport};

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
    /// HTTPS 证书（PEM，含证书链）
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// HTTPS 私钥（PEM）
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// 前面有 HTTPS 代理：Cookie 只经 HTTPS 发送，来源地址取自代理
    #[arg(long, conflicts_with = "tls_cert")]
    https_proxy: bool,
}

impl Default for ListenArgs {
    fn default() -> ListenArgs {
        ListenArgs {
            host: std::net::Ipv4Addr::LOCALHOST.into(),
            port: 8080,
            tls_cert: None,
            tls_key: None,
            https_proxy: false,
        }
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
            transport: self.transport(),
        })?;
        Ok(app)
    }

    fn transport(&self) -> Transport {
        match (&self.tls_cert, self.https_proxy) {
            (Some(_), _) => Transport::Tls,
            (None, true) => Transport::HttpsProxy,
            (None, false) => Transport::Http,
        }
    }

    fn certificate(&self) -> Option<Certificate> {
        Some(Certificate { chain: self.tls_cert.clone()?, key: self.tls_key.clone()? })
    }

    /// Answers until Ctrl-C or the system's request to stop.
    pub(crate) fn serve(&self, app: &App) -> anyhow::Result<()> {
        let filter = EnvFilter::try_from_env("DIPPER_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
        // A second server in one process (tests) keeps the first one's log.
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let place = SocketAddr::new(self.host, self.port);
        let listener = TcpListener::bind(place)
            .with_context(|| format!("不能监听 {place}；端口可能已被占用，请用 --port 换一个"))?;
        let certificate = self.certificate();
        if self.transport() == Transport::Http && !self.host.is_loopback() {
            eprintln!(
                "注意：未启用 HTTPS，口令和数据在网络上明文传输；请用 --tls-cert 与 --tls-key，或在前面设 HTTPS 代理"
            );
        }
        let scheme = if certificate.is_some() { "https" } else { "http" };
        print(&format!("打开 {scheme}://{} （按 Ctrl-C 停止）\n", listener.local_addr()?))?;
        runtime
            .block_on(web::serve(app, listener, certificate, stopped()))
            .context("服务异常终止；启用 HTTPS 时请核对证书与私钥文件")?;
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
