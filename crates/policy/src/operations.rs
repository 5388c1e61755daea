//! 手术操作属性: class, level and 微创 of operations, by code or prefix.

use crate::evidence::Source;
use crate::reader::{Context, Sheet};
use model::Code;
use rustc_hash::FxHashMap;

/// 操作类别, lowest to highest. 综合病种 are chosen by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperationClass {
    /// 保守治疗: no operation, or none that counts.
    #[default]
    Conservative,
    /// 诊断性操作
    Diagnostic,
    /// 治疗性操作
    Therapeutic,
    /// 介入治疗
    Interventional,
    /// 手术
    Surgical,
}

impl OperationClass {
    /// The word packs use.
    pub const NAMES: [(&'static str, OperationClass); 5] = [
        ("conservative", OperationClass::Conservative),
        ("diagnostic", OperationClass::Diagnostic),
        ("therapeutic", OperationClass::Therapeutic),
        ("interventional", OperationClass::Interventional),
        ("surgical", OperationClass::Surgical),
    ];

    /// The word a screen uses.
    pub fn chinese(self) -> &'static str {
        match self {
            OperationClass::Conservative => "保守治疗",
            OperationClass::Diagnostic => "诊断性操作",
            OperationClass::Therapeutic => "治疗性操作",
            OperationClass::Interventional => "介入治疗",
            OperationClass::Surgical => "手术",
        }
    }
}

/// One row of `operations.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationProperty {
    /// Code or prefix.
    pub code: Code,
    /// 名称, for people.
    pub name: String,
    /// 类别
    pub class: OperationClass,
    /// 手术级别 1–4.
    pub level: Option<u8>,
    /// 微创
    pub minimally_invasive: Option<bool>,
    /// Where it stands.
    pub source: Source,
}

/// The property table; the longest matching prefix decides.
#[derive(Clone, Debug, Default)]
pub struct OperationTable {
    rows: Vec<OperationProperty>,
    by_code: FxHashMap<Code, u32>,
    /// Distinct code lengths, longest first.
    lengths: Vec<usize>,
}

impl OperationTable {
    /// The row that describes an operation.
    pub fn get(&self, code: &str) -> Option<&OperationProperty> {
        let at = self.lengths.iter().find_map(|len| self.by_code.get(code.get(..*len)?))?;
        self.rows.get(*at as usize)
    }

    /// All rows in file order.
    pub fn rows(&self) -> &[OperationProperty] {
        &self.rows
    }

    pub(crate) fn read(context: &Context, file: &str, bytes: &[u8]) -> OperationTable {
        let known = ["code", "name", "class", "level", "minimally_invasive", "evidence"];
        let sheet = Sheet::read(context, file, bytes, &known, &["code", "class"]);
        let mut table = OperationTable::default();
        for row in sheet.rows(context, file) {
            let code = Code::procedure(row.needed("code"));
            row.needed("class");
            let Some(class) = row.choice("class", &OperationClass::NAMES) else { continue };
            let level = row.whole("level");
            if level.is_some_and(|level| !(1..=4).contains(&level)) {
                row.problem("level", "手术级别只能是 1 到 4");
            }
            let level = level.and_then(|level| u8::try_from(level).ok());
            let minimally_invasive = row.choice("minimally_invasive", &[("1", true), ("0", false)]);
            let (name, source) = (row.text("name").to_owned(), row.source());
            if table.by_code.insert(code.clone(), table.rows.len() as u32).is_some() {
                row.problem("code", format!("编码 {code} 重复"));
            }
            if !table.lengths.contains(&code.len()) {
                table.lengths.push(code.len());
            }
            table.rows.push(OperationProperty { code, name, class, level, minimally_invasive, source });
        }
        table.lengths.sort_unstable_by(|a, b| b.cmp(a));
        table
    }
}
