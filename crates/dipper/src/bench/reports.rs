//! 统计报表 under load: every page of every report by 20 users at once, and the ten slowest beside the same statements in SQLite
//! and PostgreSQL.

use super::hospital::row;
use super::peers::{Peers, Timed};
use super::spaced;
use super::web::{Asking, Times, USERS};
use std::collections::BTreeSet;
use std::path::Path;

/// Requests of each user to each page.
const REQUESTS: usize = 3;
/// Pages printed beside the peers.
const SLOWEST: usize = 10;

/// Asks for every page of the reports, prints a row for all of them and one for each of the slowest, pages that were measured
/// before among them.
pub(super) fn run(
    asking: &Asking<'_>,
    mut measured: Vec<(Times, String)>,
    data: &str,
    folder: &Path,
    postgres: Option<&str>,
) -> anyhow::Result<()> {
    let pages = pages(asking)?;
    let (count, mut slow, mut all) = (pages.len(), 0, Vec::new());
    for page in pages {
        let times = asking.ask(&page, REQUESTS)?;
        slow += usize::from(times.at(0.95).as_millis() > 200);
        all.extend(times.sorted.iter().copied());
        measured.push((times, page));
    }
    let work = format!("统计报表 {count} 页，{USERS} 人同时，各自筛选");
    let took = format!("{}；p95 超过 200 毫秒 {slow} 页", Times::of(all).text());
    row(&work, data, &took, "p95 ≤ 200 毫秒，最长 ≤ 1 秒", "—");
    measured.sort_by_key(|(times, _)| std::cmp::Reverse(times.at(0.95)));
    measured.truncate(SLOWEST);
    let statements: Vec<Vec<metrics::Statement>> =
        measured.iter().map(|(_, page)| asking.statements(page)).collect::<anyhow::Result<_>>()?;
    let peers = Peers::with_tables_of(asking.app.mart(), statements.iter().flatten(), folder, postgres)?;
    for ((times, page), statements) in measured.iter().zip(&statements) {
        let Timed { duckdb, sqlite, postgres, rows } = peers.run(asking.app.mart(), statements)?;
        let ms = |time: Option<std::time::Duration>| {
            time.map_or("—".to_owned(), |time| format!("{:.1} 毫秒", time.as_secs_f64() * 1e3))
        };
        let peer = format!(
            "同样 {} 条语句（{} 行）单独执行：DuckDB {} · SQLite {} · PostgreSQL {}",
            statements.len(),
            spaced(rows as u128),
            ms(Some(duckdb)),
            ms(sqlite),
            ms(postgres)
        );
        row(page, &format!("{} 次", times.sorted.len()), &times.text(), "p95 ≤ 200 毫秒", &peer);
    }
    Ok(())
}

/// Addresses of all reports and of their other pages, as the menu and the tabs offer them.
fn pages(asking: &Asking<'_>) -> anyhow::Result<BTreeSet<String>> {
    let mut reports = BTreeSet::new();
    for module in links(&asking.get("/workbench")?, "/reports/") {
        reports.extend(links(&asking.get(&module)?, "/report/"));
    }
    let mut pages = BTreeSet::new();
    for report in reports {
        for tab in asking.get(&report)?.split("tab=").skip(1) {
            let number: String = tab.chars().take_while(char::is_ascii_digit).collect();
            if !number.is_empty() && number != "1" {
                pages.insert(format!("{report}?tab={number}"));
            }
        }
        pages.insert(report);
    }
    Ok(pages)
}

/// Paths of a page's links that begin so, without their questions.
fn links(page: &str, begin: &str) -> BTreeSet<String> {
    let addresses = page.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '?', '#']).next());
    addresses.filter(|address| address.starts_with(begin)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_paths_each_once() {
        let page =
            "<a href=\"/report/a?tab=2\">甲</a><a href=\"/report/a\">甲</a><a href=\"/reports/m\">乙</a>";
        assert_eq!(links(page, "/report/"), BTreeSet::from(["/report/a".to_owned()]));
        assert_eq!(links(page, "/reports/"), BTreeSet::from(["/reports/m".to_owned()]));
    }
}
