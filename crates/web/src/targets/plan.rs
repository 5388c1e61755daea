//! 指标目标的导入比对: rows of a file beside the targets there are.

use super::places::Places;
use super::{bounds, same_place};
use metrics::{Layer, Measure};
use model::{Viewer, WrongRow};
use std::sync::Arc;
use store::Target;
use terms::Table;
use terms::table::{Hint, read_table};

/// Columns of the template, in its order; the exported list has them too.
pub(super) const COLUMNS: [(&str, &str); 5] = [
    ("指标", "指标名称，见“指标名称”一页；必填"),
    ("科室", "科室名称或编号；全院的目标留空，医师的目标可不填"),
    ("医师", "医师姓名或工号，有同名时填工号；不是医师的目标留空"),
    ("目标下限", "数字；低于此数预警，不设留空。百分比填 12.5 表示 12.5%"),
    ("目标上限", "数字；高于此数预警，不设留空。“统筹基金支出”的上限是统筹指标（全年，元）"),
];

/// The header stands in one of the first lines: an exported list has its title and filters above.
const HEADER_WITHIN: usize = 12;

/// What a file changes.
#[derive(Default)]
pub(super) struct Plan {
    /// New ones, and old ones with other bounds; each with what it was.
    pub(super) set: Vec<(Target, Option<Target>)>,
    /// Old ones that the file has no more.
    pub(super) removed: Vec<Target>,
    pub(super) unchanged: usize,
    pub(super) wrong: Vec<WrongRow>,
}

/// What the rows are compared with.
pub(super) struct Against<'a> {
    pub(super) year: i64,
    /// The year's targets that the viewer may see.
    pub(super) current: Vec<Target>,
    pub(super) layer: &'a Layer,
    pub(super) places: &'a Places,
    pub(super) viewer: &'a Viewer,
}

/// Reads a file whose header is the template's.
pub(super) fn read(bytes: &[u8]) -> Result<Table, String> {
    let mut first = None;
    for line in 1..=HEADER_WITHIN {
        let hint = Hint { header_line: Some(line), ..Hint::default() };
        match read_table(bytes, &hint) {
            Ok(table) if table.column(COLUMNS[0].0).is_ok() => return Ok(table),
            Ok(_) => {}
            // Below a title a line may well not be a header.
            Err(error) if line == 1 => first = Some(error.to_string()),
            Err(_) => {}
        }
    }
    Err(first.unwrap_or_else(|| {
        let titles: Vec<&str> = COLUMNS.iter().map(|(title, _)| *title).collect();
        format!("前 {HEADER_WITHIN} 行中没有表头“指标”；请用导入模板，列名为{}", titles.join("、"))
    }))
}

impl Against<'_> {
    /// Compares the rows; with `removes` the file is all of the year and what it lacks goes.
    pub(super) fn plan(&self, table: &Table, removes: bool) -> Plan {
        let mut plan = Plan { wrong: table.wrong.clone(), ..Plan::default() };
        let mut seen: Vec<(Target, usize)> = Vec::new();
        for row in table.rows() {
            let cell = |title: &str| {
                let text = table.column(title).map_or("", |at| row.get(at)).trim();
                if text == crate::text::NONE { String::new() } else { text.to_owned() }
            };
            let target = match self.target(&cell) {
                Ok(target) => target,
                Err((column, message)) => {
                    plan.wrong.push(WrongRow { line: row.line(), column: column.to_owned(), message });
                    continue;
                }
            };
            if let Some((_, line)) = seen.iter().find(|(known, _)| same_place(known, &target)) {
                let message = format!("与第 {line} 行是同一指标同一范围；请只留一行");
                plan.wrong.push(WrongRow { line: row.line(), column: String::new(), message });
                continue;
            }
            seen.push((target, row.line()));
        }
        if removes {
            let lacks = |known: &&Target| !seen.iter().any(|(target, _)| same_place(known, target));
            plan.removed.extend(self.current.iter().filter(lacks).cloned());
        }
        for (mut target, _) in seen {
            let before = self.current.iter().find(|known| same_place(known, &target)).cloned();
            target.version = before.as_ref().map_or(0, |before| before.version);
            let bounds = |target: &Target| (target.low, target.high);
            match before {
                None if bounds(&target) == (None, None) => plan.unchanged += 1,
                Some(before) if bounds(&target) == (None, None) => plan.removed.push(before),
                Some(before) if bounds(&before) == bounds(&target) => plan.unchanged += 1,
                before => plan.set.push((target, before)),
            }
        }
        plan
    }

    /// The target of a row, or the column and what is wrong with it.
    fn target(&self, cell: &dyn Fn(&str) -> String) -> Result<Target, (&'static str, String)> {
        let measure = self.measure(&cell("指标")).map_err(|message| ("指标", message))?;
        let (mut department_key, mut doctor_key) = (String::new(), String::new());
        let first = |titles: [&str; 2]| titles.into_iter().map(cell).find(|text| !text.is_empty());
        if let Some(doctor) = first(["医师工号", "医师"]) {
            doctor_key = self.places.find_doctor(&doctor).map_err(|message| ("医师", message))?;
        } else if let Some(department) = first(["科室编号", "科室"]).filter(|text| text != "全院") {
            department_key = self.places.find_department(&department).map_err(|message| ("科室", message))?;
        }
        let (low, high) = (cell("目标下限"), cell("目标上限"));
        let (low, high) = bounds(&measure, &low, &high).map_err(|message| {
            (if message.starts_with("目标上限") { "目标上限" } else { "目标下限" }, message)
        })?;
        let year = self.year;
        let measure = measure.id.clone();
        let target = Target { measure, year, department_key, doctor_key, low, high, ..Target::default() };
        if self.places.sees(self.viewer, &target) {
            Ok(target)
        } else {
            Err(("科室", "不在您的数据范围内；请删去这一行".to_owned()))
        }
    }

    /// By its id or its name.
    fn measure(&self, text: &str) -> Result<Arc<Measure>, String> {
        if text.is_empty() {
            return Err("没有填写指标；请填写指标名称".to_owned());
        }
        if let Ok(measure) = self.layer.measure(text) {
            return Ok(measure.clone());
        }
        let named: Vec<&Arc<Measure>> =
            self.layer.measures().iter().filter(|measure| measure.name == text).collect();
        match named.as_slice() {
            [measure] => Ok((*measure).clone()),
            [] => Err(format!("没有指标“{text}”；请填写模板“指标名称”一页中的名称")),
            several => {
                let ids: Vec<&str> = several.iter().map(|measure| measure.id.as_str()).collect();
                Err(format!("有 {} 个指标叫“{text}”；请改填代码 {}", several.len(), ids.join("、")))
            }
        }
    }

    /// Changes with every change of the targets that it was compared with.
    pub(super) fn seen(&self) -> String {
        let one = |known: &Target| {
            format!("{}|{}|{}|{}", known.measure, known.department_key, known.doctor_key, known.version)
        };
        crate::token::hash(&self.current.iter().map(one).collect::<Vec<_>>().join("\n"))
    }
}

impl Plan {
    pub(super) fn added(&self) -> usize {
        self.set.iter().filter(|(_, before)| before.is_none()).count()
    }

    pub(super) fn changed(&self) -> usize {
        self.set.len() - self.added()
    }

    /// `新增 3、修改 2、删除 0、不变 10、出错 1`
    pub(super) fn summary(&self) -> String {
        format!(
            "新增 {}、修改 {}、删除 {}、不变 {}、出错 {}",
            self.added(),
            self.changed(),
            self.removed.len(),
            self.unchanged,
            self.wrong.len()
        )
    }

    /// Whether it may be applied and would change anything.
    pub(super) fn may_apply(&self) -> bool {
        self.wrong.is_empty() && !(self.set.is_empty() && self.removed.is_empty())
    }
}
