//! 系数 (`coefficients.csv`): hospital, group, bonus and assessment coefficients with wildcards.

use crate::evidence::Source;
use crate::group::{Group, Kind};
use crate::reader::{Context, Sheet};
use model::Ratio;
use rust_decimal::Decimal;

/// What a coefficient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoefficientKind {
    /// 医院系数
    Hospital,
    /// 病种系数
    Group,
    /// 加成系数
    Bonus,
    /// 考核系数
    Assessment,
}

/// One row; empty cells are wildcards.
#[derive(Clone, Debug, PartialEq)]
pub struct CoefficientRow {
    /// What it is.
    pub coefficient: CoefficientKind,
    /// Name of a bonus (重点专科 …).
    pub name: String,
    /// 医院
    pub hospital: String,
    /// 医院等级
    pub hospital_level: String,
    /// 病种编码
    pub group: String,
    /// Contract kind of the group.
    pub kind: Option<Kind>,
    /// 险种
    pub insurance_type: String,
    /// The coefficient; J of a bonus.
    pub value: Ratio,
    /// Where it stands.
    pub source: Source,
}

/// For whom a coefficient is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// 医院
    pub hospital: &'a str,
    /// 医院等级
    pub hospital_level: &'a str,
    /// 险种
    pub insurance_type: &'a str,
    /// 病种; `None` for assessment coefficients.
    pub group: Option<&'a Group>,
}

impl CoefficientRow {
    fn fits(&self, asked: &Asked<'_>) -> bool {
        let cell = |cell: &str, value: &str| cell.is_empty() || cell == value;
        cell(&self.hospital, asked.hospital)
            && cell(&self.hospital_level, asked.hospital_level)
            && cell(&self.insurance_type, asked.insurance_type)
            && (self.group.is_empty() || asked.group.is_some_and(|group| group.code == self.group))
            && self.kind.is_none_or(|kind| asked.group.is_some_and(|group| group.kind == kind))
    }

    fn cells_filled(&self) -> usize {
        let texts = [&self.hospital, &self.hospital_level, &self.group, &self.insurance_type];
        texts.iter().filter(|text| !text.is_empty()).count() + usize::from(self.kind.is_some())
    }
}

/// All coefficients of a pack.
#[derive(Clone, Debug, Default)]
pub struct Coefficients {
    /// Rows in file order.
    pub rows: Vec<CoefficientRow>,
}

impl Coefficients {
    /// The row with most cells filled among those that fit; file order breaks ties.
    pub fn find(&self, kind: CoefficientKind, asked: &Asked<'_>) -> Option<&CoefficientRow> {
        best(self.rows.iter().filter(|row| row.coefficient == kind), asked)
    }

    /// The chosen bonus row of each name, in order of the names' first appearance.
    pub fn bonuses(&self, asked: &Asked<'_>) -> Vec<&CoefficientRow> {
        let mut names: Vec<&str> = Vec::new();
        for row in self.rows.iter().filter(|row| row.coefficient == CoefficientKind::Bonus) {
            if !names.contains(&row.name.as_str()) {
                names.push(&row.name);
            }
        }
        let of_name = |name: &str| {
            let rows = self.rows.iter().filter(move |r| r.coefficient == CoefficientKind::Bonus);
            best(rows.filter(|row| row.name == name), asked)
        };
        names.into_iter().filter_map(of_name).collect()
    }

    pub(crate) fn read(context: &Context, file: &str, bytes: &[u8]) -> Coefficients {
        let known = [
            "coefficient",
            "name",
            "hospital",
            "hospital_level",
            "group",
            "kind",
            "insurance_type",
            "value",
            "evidence",
        ];
        let sheet = Sheet::read(context, file, bytes, &known, &["coefficient", "value"]);
        let kinds = [
            ("hospital", CoefficientKind::Hospital),
            ("group", CoefficientKind::Group),
            ("bonus", CoefficientKind::Bonus),
            ("assessment", CoefficientKind::Assessment),
        ];
        let mut rows = Vec::new();
        for row in sheet.rows(context, file) {
            row.needed("coefficient");
            row.needed("value");
            let Some(coefficient) = row.choice("coefficient", &kinds) else { continue };
            if coefficient == CoefficientKind::Bonus {
                row.needed("name");
            }
            let value = row.decimal("value").unwrap_or_default();
            let floor =
                if coefficient == CoefficientKind::Bonus { Decimal::NEGATIVE_ONE } else { Decimal::ZERO };
            if value < floor || (value == floor && coefficient != CoefficientKind::Bonus) {
                row.problem("value", format!("系数“{value}”须大于 {floor}"));
            }
            rows.push(CoefficientRow {
                coefficient,
                name: row.text("name").to_owned(),
                hospital: row.text("hospital").to_owned(),
                hospital_level: row.text("hospital_level").to_owned(),
                group: row.text("group").to_owned(),
                kind: row.choice("kind", &Kind::NAMES),
                insurance_type: row.text("insurance_type").to_owned(),
                value,
                source: row.source(),
            });
        }
        Coefficients { rows }
    }
}

fn best<'r>(rows: impl Iterator<Item = &'r CoefficientRow>, asked: &Asked<'_>) -> Option<&'r CoefficientRow> {
    let mut best: Option<&CoefficientRow> = None;
    for row in rows.filter(|row| row.fits(asked)) {
        if best.is_none_or(|b| row.cells_filled() > b.cells_filled()) {
            best = Some(row);
        }
    }
    best
}
