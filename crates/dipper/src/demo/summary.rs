//! The page of the demonstration, read from the mart.

use mart::{Cell, Mart};

/// Reads the numbers and writes the page.
pub(super) fn page(mart: &Mart) -> anyhow::Result<String> {
    let mut text = String::new();
    let all = mart.query(
        "SELECT COUNT(*) FILTER (month > 0), COUNT(*) FILTER (month = 0), \
         COUNT(*) FILTER (month > 0 AND group_code IS NOT NULL AND group_code <> ''), \
         MIN(discharge_day)::VARCHAR, MAX(discharge_day)::VARCHAR, \
         (SUM(total_fee) FILTER (month > 0))::BIGINT, (SUM(ratio_cost) FILTER (month > 0 AND surplus IS NOT NULL))::BIGINT, \
         (SUM(payment) FILTER (month > 0 AND surplus IS NOT NULL))::BIGINT, (SUM(surplus) FILTER (month > 0))::BIGINT, \
         COUNT(*) FILTER (month > 0 AND trial), COUNT(*) FILTER (month > 0 AND NOT confirmed AND group_code <> '') \
         FROM case_fact",
        &[],
    )?;
    let lines = whole(&mart.query("SELECT COUNT(*) FROM charge_fact", &[])?.rows[0][0]);
    let row = &all.rows[0];
    let (discharges, grouped) = (whole(&row[0]), whole(&row[2]));
    text.push_str(&format!(
        "合成医院：出院 {discharges} 例（{} 至 {}），在院 {} 人，费用明细 {lines} 行\n",
        plain(&row[3]),
        plain(&row[4]),
        whole(&row[1])
    ));
    text.push_str(&format!("入组 {grouped} 例（{}）", share(grouped, discharges)));
    if whole(&row[9]) > 0 {
        text.push_str(&format!("，其中试算 {} 例（出院日期不在政策包有效期内）", whole(&row[9])));
    }
    text.push_str(&format!(
        "\n总费用 {} 元；计价病例的医保费用 {} 元，分值费用 {} 元，结余 {} 元\n",
        yuan(&row[5]),
        yuan(&row[6]),
        yuan(&row[7]),
        yuan(&row[8])
    ));
    if whole(&row[10]) > 0 {
        text.push_str(&format!("{} 例用到未确认参数（UNCONFIRMED），仅供测算\n", whole(&row[10])));
    }
    section(
        mart,
        &mut text,
        "未入组原因",
        "SELECT reason, COUNT(*) FROM case_fact WHERE month > 0 AND kind = 'ungrouped' GROUP BY 1 ORDER BY 2 DESC, 1",
        |row| {
            let reason = plain(&row[0]);
            let said = grouper::Ungrouped::ALL
                .iter()
                .find(|r| r.name() == reason)
                .map_or(reason.as_str(), |r| r.chinese())
                .to_owned();
            format!("{:>8} 例  {said}", whole(&row[1]))
        },
    )?;
    section(
        mart,
        &mut text,
        "基准率区间",
        "SELECT band, COUNT(*), SUM(surplus)::BIGINT, MIN(benchmark_ratio) FROM case_fact \
         WHERE month > 0 AND band <> '' GROUP BY band ORDER BY 4",
        |row| {
            format!(
                "{:>8} 例  {:>8}  结余 {:>16} 元  {}",
                whole(&row[1]),
                share(whole(&row[1]), grouped),
                yuan(&row[2]),
                plain(&row[0])
            )
        },
    )?;
    for (title, order) in [("结余最高的科室", "DESC"), ("结余最低的科室", "ASC")] {
        let sql = format!(
            "SELECT discharge_department_name, COUNT(*), SUM(surplus)::BIGINT FROM case_fact \
             WHERE month > 0 AND surplus IS NOT NULL GROUP BY 1 ORDER BY 3 {order}, 1 LIMIT 5"
        );
        section(mart, &mut text, title, &sql, |row| {
            format!("{:>8} 例  结余 {:>16} 元  {}", whole(&row[1]), yuan(&row[2]), plain(&row[0]))
        })?;
    }
    section(
        mart,
        &mut text,
        "各年",
        "SELECT discharge_year, COUNT(*), SUM(total_fee)::BIGINT, SUM(surplus)::BIGINT FROM case_fact WHERE month > 0 GROUP BY 1 ORDER BY 1",
        |row| {
            format!(
                "{:>8}    {:>8} 例  总费用 {:>18} 元  结余 {:>16} 元",
                whole(&row[0]),
                whole(&row[1]),
                yuan(&row[2]),
                yuan(&row[3])
            )
        },
    )?;
    Ok(text)
}

fn section(
    mart: &Mart,
    text: &mut String,
    title: &str,
    sql: &str,
    line: impl Fn(&[Cell]) -> String,
) -> anyhow::Result<()> {
    let answer = mart.query(sql, &[])?;
    if !answer.rows.is_empty() {
        text.push_str(&format!("\n{title}\n"));
        answer.rows.iter().for_each(|row| text.push_str(&format!("{}\n", line(row))));
    }
    Ok(())
}

fn whole(cell: &Cell) -> i64 {
    match cell {
        Cell::Whole(n) => *n,
        _ => 0,
    }
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.to_string(),
        Cell::Whole(n) => n.to_string(),
        _ => String::new(),
    }
}

fn yuan(cell: &Cell) -> String {
    match cell {
        Cell::Whole(n) => model::Fen(*n).to_string(),
        _ => "—".to_owned(),
    }
}

/// A percentage with two digits, `—` of nothing.
fn share(part: i64, whole: i64) -> String {
    let basis = (part * 1_000_000).checked_div(whole);
    basis.map_or("—".to_owned(), |basis| {
        format!("{}.{:02}%", (basis + 50) / 10_000, (basis + 50) % 10_000 / 100)
    })
}
