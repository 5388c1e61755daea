//! 图: what a chart shows, as data; `assets/charts.js` draws it. The same numbers always stand in a table too.

use metrics::{Measure, Style};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

/// A chart.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Chart {
    /// bar, stack, line, pie, combo, rank, treemap, heat or scatter.
    pub(crate) kind: &'static str,
    pub(crate) categories: Vec<String>,
    pub(crate) series: Vec<Series>,
    /// single or multi: whether the legend picks one series or any; empty for none.
    pub(crate) legend: &'static str,
    /// Addresses by category, or by series and category.
    #[serde(skip_serializing_if = "Drill::is_none")]
    pub(crate) drill: Drill,
    /// Values are gains and losses.
    pub(crate) surplus: bool,
    /// `bands` gives the six 基准率 bands their colours.
    pub(crate) palette: &'static str,
    #[serde(skip)]
    pub(crate) label: String,
}

/// Where a click leads.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(untagged)]
pub(crate) enum Drill {
    #[default]
    None,
    ByCategory(Vec<String>),
    BySeries(Vec<Vec<String>>),
}

impl Drill {
    fn is_none(&self) -> bool {
        matches!(self, Drill::None)
    }
}

/// A series.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) decimals: u8,
    pub(crate) values: Vec<Option<f64>>,
    /// Another kind than the chart's.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) kind: &'static str,
    /// 1: the axis on the right.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) axis: u8,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) color: String,
}

fn is_zero(axis: &u8) -> bool {
    *axis == 0
}

impl Series {
    /// A measure's values as they are shown; what is drawn may be a binary number.
    pub(crate) fn of(measure: &Measure, values: &[Option<Decimal>]) -> Series {
        let format = &measure.format;
        Series {
            name: measure.short.clone(),
            unit: if format.style == Style::Percent { "%".into() } else { format.unit.clone() },
            decimals: format.decimals,
            values: values.iter().map(|value| format.rounded((*value)?)?.to_f64()).collect(),
            ..Series::default()
        }
    }
}

impl Chart {
    /// For `data-spec`.
    pub(crate) fn spec(&self) -> String {
        // Nothing in it can fail to become text.
        serde_json::to_string(self).unwrap_or_default()
    }
}
