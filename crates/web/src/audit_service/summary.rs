//! 接口审核: what other systems asked, what they were told, and what their users did about it, by rule.

use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row, Value};
use crate::page::{Page, html};
use crate::query::Asked;
use crate::text;
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::DataScope;
use rust_decimal::Decimal;
use store::CallSum;

#[derive(Template)]
#[template(path = "embed/calls.html")]
struct Calls {
    page: Page,
    from: String,
    to: String,
    calls: String,
    grid: Grid,
}

/// `?from=2026-01-01&to=2026-01-31`; this month without.
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        // Calls know no department: they are for whoever sees the whole hospital.
        if who.viewer.scope != DataScope::Hospital {
            return Err(ApiError::new(
                axum::http::StatusCode::FORBIDDEN,
                "接口审核按全院统计，您的数据范围不是全院",
                "如有需要，请联系医保办",
            ));
        }
        let from = asked.date("from", "开始日期")?.unwrap_or_else(|| app.today().first_of_month());
        let to = asked.date("to", "截止日期")?.unwrap_or_else(|| app.today());
        if from > to {
            return Err(ApiError::wrong("开始日期晚于截止日期"));
        }
        let seconds = |day: i64| day * 86_400;
        let (sums, calls) =
            app.store().audit_call_sums(seconds(text::days(from)), seconds(text::days(to) + 1))?;
        let library = app.rule_library().current(app)?;
        let share = |part: i64, whole: i64| match whole {
            0 => Cell::default(),
            whole => Value::Percent(Decimal::from(part) / Decimal::from(whole), 2).into(),
        };
        let cells = |sum: &CallSum| {
            vec![
                Cell::whole(sum.told),
                Cell::whole(sum.continued),
                share(sum.continued, sum.told),
                Cell::whole(sum.returned),
                Cell::money(sum.amount),
                Cell::money(sum.prevented),
            ]
        };
        let rows = sums.iter().map(|sum| {
            let place = format!("/audit-rules/rule/{}", crate::query::encode(&sum.rule));
            let mut all =
                vec![Cell::text(sum.rule.clone()).link(place), Cell::text(library.sentence(&sum.rule))];
            all.extend(cells(sum));
            Row { cells: all, class: "" }
        });
        let total = sums.iter().fold(CallSum::default(), |a, b| CallSum {
            rule: String::new(),
            told: a.told + b.told,
            continued: a.continued + b.continued,
            returned: a.returned + b.returned,
            amount: a.amount + b.amount,
            prevented: a.prevented + b.prevented,
        });
        let grid = Grid {
            title: "接口审核（按规则）".into(),
            about: vec![("日期".into(), format!("{from} 至 {to}"))],
            columns: vec![
                Column::text("rule", "规则编号"),
                Column::text("sentence", "预警规则描述"),
                Column::number("told", "提醒次数", "次"),
                Column::number("continued", "继续执行", "次"),
                Column::number("ignored", "忽略率", "%"),
                Column::number("returned", "返回修改", "次"),
                Column::number("amount", "提醒金额", "元"),
                Column::number("prevented", "事前避免金额", "元"),
            ],
            total: (!sums.is_empty())
                .then(|| [vec![Cell::text("合计"), Cell::default()], cells(&total)].concat()),
            rows: rows.collect(),
            address: format!("/audit-calls?{}", asked.without(&["format"])),
            empty: "所选日期内没有提醒；接入方法见操作手册“审核接口与嵌入”".into(),
            ..Grid::default()
        };
        let grid = grid.for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        html(&Calls {
            page: who.page(app, "接口审核", &[("医保智能审核", ""), ("接口审核", "")]),
            from: from.to_string(),
            to: to.to_string(),
            calls: text::whole(calls),
            grid,
        })
    })
    .await
}
