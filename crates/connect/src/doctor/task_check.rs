//! The checks of one task's rows.

use super::columns::ColumnCounts;
use super::finding::{Check, Finding};
use super::key_sample::{KeySample, hash_of};
use super::watermark::Watermarks;
use crate::mapping::{Task, Unmapped};
use crate::read_task::ReadReport;
use crate::rejection::Cause;
use crate::{MappedRow, Rejection};
use std::collections::BTreeMap;

pub(super) struct TaskCheck<'t> {
    task: &'t Task,
    now: i64,
    /// Key → hash of the first row with it.
    keys: KeySample<u64>,
    same: Repeated,
    different: Repeated,
    /// Encounters of a table that has one row each.
    encounters: Option<KeySample<()>>,
    second_of_encounter: Repeated,
    columns: ColumnCounts<'t>,
    watermarks: Watermarks,
    deleted: u64,
    refused: BTreeMap<(Cause, Option<&'static str>), (u64, String)>,
}

#[derive(Default)]
struct Repeated {
    count: u64,
    example: String,
}

impl Repeated {
    fn see(&mut self, example: &str) {
        self.count += 1;
        if self.example.is_empty() {
            example.clone_into(&mut self.example);
        }
    }
}

impl<'t> TaskCheck<'t> {
    pub(super) fn new(task: &'t Task, now: i64) -> TaskCheck<'t> {
        TaskCheck {
            task,
            now,
            keys: KeySample::default(),
            same: Repeated::default(),
            different: Repeated::default(),
            encounters: (task.table.name == "front_page").then(KeySample::default),
            second_of_encounter: Repeated::default(),
            columns: ColumnCounts::new(task),
            watermarks: Watermarks::default(),
            deleted: 0,
            refused: BTreeMap::new(),
        }
    }

    pub(super) fn row(&mut self, row: &MappedRow) {
        if let Some(at) = row.updated_at {
            self.watermarks.see(at, self.now);
        }
        if row.deleted {
            self.deleted += 1;
            return;
        }
        let content = hash_of(&row.row);
        if let Some(seen) = self.keys.entry(row.key(), || content).filter(|seen| !seen.new) {
            let repeated = if *seen.value == content { &mut self.same } else { &mut self.different };
            repeated.see(row.key());
        }
        if let Some(encounters) = &mut self.encounters {
            let encounter = self.task.table.encounter_column().and_then(|at| row.row.get(at));
            let encounter = encounter.map_or("", |value| value.str());
            if encounters.entry(encounter, || ()).is_some_and(|seen| !seen.new) {
                self.second_of_encounter.see(encounter);
            }
        }
        self.columns.row(row);
    }

    pub(super) fn rejected(&mut self, rejection: &Rejection) {
        let entry = self.refused.entry((rejection.cause, rejection.field));
        entry.or_insert_with(|| (0, rejection.to_string())).0 += 1;
    }

    pub(super) fn findings(&self, report: &ReadReport, out: &mut Vec<Finding>) {
        let task = &self.task.name;
        let whole = if report.complete { "" } else { "（只读了一部分）" };
        let message = format!(
            "读到 {} 行{whole}，可用 {} 行，作废 {} 行，拒收 {} 行：请与 HIS 报表核对行数",
            report.rows,
            report.rows - report.rejected - self.deleted,
            self.deleted,
            report.rejected
        );
        out.push(Finding::info(task, Check::Rows, report.rows, "", message));
        if report.rows == 0 {
            let message = "视图没有数据：请厂商确认视图与授权是否正确".to_owned();
            out.push(Finding::warning(task, Check::Rows, 0, "", message));
        }
        self.key_findings(report, out);
        self.columns.findings(out);
        self.watermarks.findings(task, self.now, out);
        for ((cause, _), (count, example)) in &self.refused {
            let check = match cause {
                Cause::NoKey => Check::Key,
                Cause::Missing => Check::Nulls,
                Cause::Unmapped => continue,
                Cause::NoWatermark => Check::Watermark,
                Cause::Damaged => Check::Charset,
                Cause::Unreadable | Cause::Malformed => Check::Values,
            };
            let message = format!("{count} 行会被拒收：{}", cause.chinese());
            out.push(Finding::error(task, check, *count, example, message));
        }
        for value in &report.unmapped {
            let field = self.task.fields.iter().find(|field| {
                self.task.table.columns.get(field.position).is_some_and(|c| c.name == value.column)
            });
            let rejects = field.is_none_or(|field| field.unmapped == Unmapped::Reject);
            let what = if rejects { "这些行会被拒收" } else { "没有对照" };
            let message = format!(
                "{} 的值“{}”有 {} 行，不在 codes/{}.csv 中，{what}：请补上对照",
                value.column, value.value, value.count, value.codes
            );
            let make = if rejects { Finding::error } else { Finding::warning };
            out.push(make(task, Check::Codes, value.count, &value.value, message));
        }
    }

    fn key_findings(&self, report: &ReadReport, out: &mut Vec<Finding>) {
        let task = &self.task.name;
        let weight = self.keys.weight();
        if self.same.count > 0 {
            let count = self.same.count * weight;
            let message = format!(
                "{} 行只有 {} 个不同的主键，{count} 行内容完全重复：视图的连接使行成倍，请厂商检查连接条件",
                report.rows,
                self.keys.distinct()
            );
            out.push(Finding::error(task, Check::Multiplied, count, &self.same.example, message));
        }
        if self.different.count > 0 {
            let count = self.different.count * weight;
            let message = format!(
                "{count} 行与别的行主键相同而内容不同，后读到的会覆盖先读到的：请在 key 中加上能区分它们的列"
            );
            out.push(Finding::error(task, Check::Key, count, &self.different.example, message));
        }
        if let Some(encounters) = self.encounters.as_ref().filter(|_| self.second_of_encounter.count > 0) {
            let count = self.second_of_encounter.count * encounters.weight();
            let message = format!("{count} 行属于已有病案首页的住院就诊：每次住院应只有一行，请厂商检查视图");
            out.push(Finding::error(
                task,
                Check::Multiplied,
                count,
                &self.second_of_encounter.example,
                message,
            ));
        }
    }
}
