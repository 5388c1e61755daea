//! The pages under load: 20 users at once, each with filters of their own, so that few answers are kept already.

use super::hospital::row;
use crate::installation::Installation;
use crate::serve_command::ListenArgs;
use anyhow::Context;
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use store::User;

pub(super) const USERS: usize = 20;
/// Requests of each user to each page.
const REQUESTS: usize = 15;
const PASSWORD: &str = "Bench#2026dipper";
const PAGES: [&str; 12] = [
    "/workbench",
    "/workbench/surplus",
    "/workbench/points",
    "/workbench/income",
    "/workbench/settlements",
    "/workbench/profit",
    "/workbench/ranking",
    "/workbench/catalogue-warnings",
    "/workbench/charge-warnings",
    "/workbench/indicators",
    "/workbench/fund",
    "/cases",
];

/// A server that is asked.
pub(super) struct Asking<'a> {
    pub(super) app: &'a web::App,
    base: &'a str,
    cookie: String,
    departments: Vec<String>,
}

/// Times of requests.
pub(super) struct Times {
    pub(super) sorted: Vec<Duration>,
}

impl Times {
    pub(super) fn of(mut times: Vec<Duration>) -> Times {
        times.sort_unstable();
        Times { sorted: times }
    }

    /// The time within which this share of the requests was answered.
    pub(super) fn at(&self, share: f64) -> Duration {
        let last = self.sorted.len().saturating_sub(1);
        self.sorted.get(((self.sorted.len() as f64 * share) as usize).min(last)).copied().unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        let at = |share| self.at(share).as_millis();
        format!("p50 {} · p95 {} · 最长 {} 毫秒", at(0.5), at(0.95), at(1.0))
    }
}

// covers: PER-1.01
/// Starts the server on a free port, asks, prints a row a page; then the reports.
pub(super) fn run(
    installation: &Installation,
    data: &str,
    folder: &Path,
    postgres: Option<&str>,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let app = ListenArgs::default().open(installation)?;
    web::first_administrator(&app)?;
    web::demo_targets(&app)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = app.clone();
    let server = runtime.spawn(async move {
        web::serve(&serving, listener, None, async {
            let _ = stopped.await;
        })
        .await
    });
    let cookie = login(&app, &base)?;
    get(&base, "/workbench", &cookie)?;
    let first = format!("{:.1} 秒", began.elapsed().as_secs_f64());
    row("启动后打开医保工作台首页", data, &first, "≤ 5 秒", "—");
    let departments = departments(&base, &cookie)?;
    let began = Instant::now();
    web::prepare(&app).map_err(anyhow::Error::msg)?;
    let prepared = format!("{:.1} 秒", began.elapsed().as_secs_f64());
    row("备齐全部报表的年度汇总（启动后在后台）", data, &prepared, "—", "—");
    let asking = Asking { app: &app, base: &base, cookie, departments };
    let mut measured = Vec::new();
    for page in PAGES {
        let times = asking.ask(page, REQUESTS)?;
        let work = format!("{page}，{USERS} 人同时，各自筛选");
        row(&work, &format!("{} 次", times.sorted.len()), &times.text(), "p95 ≤ 200 毫秒", "—");
        measured.push((times, page.to_owned()));
    }
    super::service::run(installation, &base)?;
    super::reports::run(&asking, measured, data, folder, postgres)?;
    let _ = stop.send(());
    runtime.block_on(server)??;
    Ok(())
}

/// The session's cookie of an insurance officer.
fn login(app: &web::App, base: &str) -> anyhow::Result<String> {
    let login = "bench_office";
    if app.store().user(login)?.is_none() {
        app.store().save_user(&User {
            login: login.to_owned(),
            name: "测速".to_owned(),
            active: true,
            created_at: app.now(),
            roles: vec!["insurance_office".to_owned()],
            ..User::default()
        })?;
        app.store().set_password(login, &web::password_hash(PASSWORD)?, app.now(), false)?;
    }
    let agent: ureq::Agent =
        ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().into();
    let answer = agent
        .post(format!("{base}/login"))
        .header("content-type", "application/x-www-form-urlencoded")
        .send(format!("login={login}&password={}", PASSWORD.replace('#', "%23")))?;
    let cookie =
        answer.headers().get("set-cookie").and_then(|value| value.to_str().ok()).context("登录失败")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

fn get(base: &str, path: &str, cookie: &str) -> anyhow::Result<String> {
    let mut answer = ureq::get(format!("{base}{path}"))
        .header("cookie", cookie)
        .call()
        .with_context(|| path.to_owned())?;
    Ok(answer.body_mut().with_config().limit(64 << 20).read_to_string()?)
}

/// Keys of the departments, as the filter bar offers them.
fn departments(base: &str, cookie: &str) -> anyhow::Result<Vec<String>> {
    let page = get(base, "/workbench", cookie)?;
    let list = page
        .split("name=\"department\"")
        .nth(1)
        .and_then(|rest| rest.split("</select>").next())
        .unwrap_or_default();
    let keys = list.split("<option value=\"").skip(2).filter_map(|option| option.split('"').next());
    Ok(keys.map(str::to_owned).collect())
}

impl Asking<'_> {
    pub(super) fn get(&self, path: &str) -> anyhow::Result<String> {
        get(self.base, path, &self.cookie)
    }

    /// Times of all users' requests to a page, each with other filters.
    pub(super) fn ask(&self, page: &str, requests: usize) -> anyhow::Result<Times> {
        let (sender, times) = mpsc::channel();
        std::thread::scope(|scope| {
            for user in 0..USERS {
                let sender = sender.clone();
                scope.spawn(move || {
                    for request in 0..requests {
                        let path = self.filtered(page, user * requests + request);
                        let began = Instant::now();
                        let got = self.get(&path);
                        if sender.send(got.map(|_| began.elapsed())).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        drop(sender);
        Ok(Times::of(times.into_iter().collect::<anyhow::Result<_>>()?))
    }

    fn filtered(&self, page: &str, n: usize) -> String {
        let sign = if page.contains('?') { '&' } else { '?' };
        let year = 2024 + n % 3;
        let mut path = match n % 4 {
            1 => format!("{page}{sign}month={year}{:02}", n % 12 + 1),
            _ => format!("{page}{sign}year={year}"),
        };
        if !n.is_multiple_of(5) && !self.departments.is_empty() {
            path.push_str(&format!("&department={}", self.departments[n % self.departments.len()]));
        }
        path
    }

    /// The statements that a page of a whole year and of all departments is made of.
    pub(super) fn statements(&self, page: &str) -> anyhow::Result<Vec<metrics::Statement>> {
        self.app.forget_answers();
        self.get(&self.filtered(page, 0))?;
        Ok(self.app.kept_statements())
    }
}
