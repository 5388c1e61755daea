//! 接口审核 under load: 20 callers at once, each with a stay of 1,000 lines.

use super::hospital::row;
use super::web::{Times, USERS};
use crate::installation::Installation;
use anyhow::Context;
use std::fmt::Write;
use std::sync::mpsc;
use std::time::{Duration, Instant};

const LINES: usize = 1000;
/// Calls of each caller.
const CALLS: usize = 100;
const PATH: &str = "/api/v1/audit";

/// Prints one row; nothing when no application is configured.
pub(super) fn run(installation: &Installation, base: &str) -> anyhow::Result<()> {
    let Some(application) = installation.configuration.applications.first() else { return Ok(()) };
    let body = stay(installation)?;
    let (sender, times) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..USERS {
            let (sender, body) = (sender.clone(), &body);
            scope.spawn(move || {
                let agent = ureq::Agent::new_with_defaults();
                for _ in 0..CALLS {
                    let called = || -> anyhow::Result<(Duration, String)> {
                        let utc = installation.now() - installation.offset;
                        let headers = web::call_headers(application, PATH, body.as_bytes(), utc);
                        let mut request = agent.post(format!("{base}{PATH}"));
                        for (name, value) in headers.map_err(anyhow::Error::msg)? {
                            request = request.header(name, value);
                        }
                        // What a caller waits for: signing is its own work.
                        let began = Instant::now();
                        let answer = request.send(body.as_str())?.body_mut().read_to_string()?;
                        Ok((began.elapsed(), answer))
                    };
                    if sender.send(called()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    drop(sender);
    let answers: Vec<(Duration, String)> = times.into_iter().collect::<anyhow::Result<_>>()?;
    let found = answers.first().map_or(0, |(_, answer)| answer.matches("\"excess_fen\"").count());
    let times = Times::of(answers.into_iter().map(|(time, _)| time).collect());
    let milliseconds = |share| times.at(share).as_secs_f64() * 1000.0;
    let said =
        format!("p50 {:.1} · p99 {:.1} 毫秒，每次 {found} 条违规", milliseconds(0.5), milliseconds(0.99));
    let work = format!("审核接口，{USERS} 个调用方同时，每次住院 {LINES} 行");
    row(&work, &format!("{} 次", times.sorted.len()), &said, "p99 ≤ 50 毫秒", "—");
    Ok(())
}

/// A stay of the hospital's own items over ten days, most lines history.
fn stay(installation: &Installation) -> anyhow::Result<String> {
    let items = installation.store.charge_items()?;
    let mut random = fastrand::Rng::with_seed(11);
    let mut text = String::from(
        r#"{"id":"bench","stage":"charge","encounter":{"sex":"1","age":60,"visit":"inpatient","insurance":"310","med_type":"21","adm":"2026-06-01T08:00","diagnoses":["I10"]},"lines":["#,
    );
    for n in 0..LINES {
        let item = &items.get(random.usize(..items.len().max(1))).context("没有收费项目")?.key;
        let (day, hour) = (1 + n / 100, random.u8(0..24));
        let (comma, new) = (if n == 0 { "" } else { "," }, n >= LINES - 20);
        write!(
            text,
            r#"{comma}{{"id":{n},"item":"{item}","t":"2026-06-{day:02}T{hour:02}:00","qty":1,"price_fen":1500,"new":{new}}}"#
        )?;
    }
    text.push_str("]}");
    Ok(text)
}
