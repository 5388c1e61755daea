//! The pages under load: 20 users at once, each with filters of their own, so that few answers are kept already.

use super::hospital::row;
use crate::installation::Installation;
use crate::serve_command::ListenArgs;
use anyhow::Context;
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use store::User;

const USERS: usize = 20;
/// Requests of each user to each page.
const REQUESTS: usize = 15;
const PASSWORD: &str = "Bench#2026dipper";
const PAGES: [&str; 11] = [
    "/workbench",
    "/workbench/surplus",
    "/workbench/points",
    "/workbench/income",
    "/workbench/settlements",
    "/workbench/profit",
    "/workbench/ranking",
    "/workbench/charge-warnings",
    "/workbench/indicators",
    "/workbench/fund",
    "/cases",
];

// covers: PER-1.01
/// Starts the server on a free port, asks, prints a row a page.
pub(super) fn run(installation: &Installation, data: &str) -> anyhow::Result<()> {
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
    for page in PAGES {
        let times = ask(&base, page, &cookie, &departments)?;
        let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)].as_millis();
        let took = format!("p50 {} · p95 {} · 最长 {} 毫秒", at(0.5), at(0.95), at(1.0));
        let work = format!("{page}，{USERS} 人同时，各自筛选");
        row(&work, &format!("{} 次", times.len()), &took, "p95 ≤ 200 毫秒", "—");
    }
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

/// Sorted times of all requests.
fn ask(base: &str, page: &str, cookie: &str, departments: &[String]) -> anyhow::Result<Vec<Duration>> {
    let (sender, times) = mpsc::channel();
    std::thread::scope(|scope| {
        for user in 0..USERS {
            let sender = sender.clone();
            scope.spawn(move || {
                for request in 0..REQUESTS {
                    let n = user * REQUESTS + request;
                    let year = 2024 + n % 3;
                    let mut path = format!("{page}?year={year}");
                    if n % 4 == 1 {
                        path = format!("{page}?month={year}{:02}", n % 12 + 1);
                    }
                    if !n.is_multiple_of(5) && !departments.is_empty() {
                        path.push_str(&format!("&department={}", departments[n % departments.len()]));
                    }
                    let began = Instant::now();
                    let got = get(base, &path, cookie);
                    if sender.send(got.map(|_| began.elapsed())).is_err() {
                        return;
                    }
                }
            });
        }
    });
    drop(sender);
    let mut times = times.into_iter().collect::<anyhow::Result<Vec<Duration>>>()?;
    times.sort_unstable();
    Ok(times)
}
