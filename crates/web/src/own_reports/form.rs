//! 报表表单: the fields of the builder and the parts that they say.

use crate::query::Fields;
use metrics::report::own::{ChartParts, ColumnParts, Content, Parts};
use metrics::{Basis, CASE, Calendar, Layer};

/// Rows for measures that are always empty at the end.
const SPARE: usize = 4;
/// Measures of a report at most.
const MOST: usize = 30;
/// Selects for dimensions of the rows, and of the levels below.
const DIMENSIONS: usize = 3;

/// Kinds of charts that need no more than measures and a dimension.
const CHARTS: [(&str, &str); 6] =
    [("", "不要图"), ("bar", "柱"), ("stack", "堆积柱"), ("line", "折线"), ("rank", "排名"), ("pie", "饼")];

/// An option of a select, or a box.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

/// A select or a box with its field.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) title: &'static str,
    pub(super) choices: Vec<Choice>,
}

/// A row for a measure.
pub(super) struct MeasureRow {
    pub(super) number: usize,
    pub(super) choices: Vec<Choice>,
    pub(super) boxes: Vec<Tick>,
    pub(super) ordered: bool,
}

/// 同比, 环比 … of a measure.
pub(super) struct Tick {
    pub(super) name: String,
    pub(super) title: &'static str,
    pub(super) set: bool,
}

/// What may stand beside a measure, by the end of its field.
const BESIDE: [(&str, &str); 7] = [
    ("year", "同比"),
    ("period", "环比"),
    ("share", "占比"),
    ("rank", "名次"),
    ("target", "目标"),
    ("chart", "图"),
    ("card", "指标卡"),
];

/// Everything the form shows.
pub(super) struct Form {
    pub(super) title: String,
    pub(super) about: String,
    pub(super) shared: bool,
    pub(super) period: Vec<Choice>,
    pub(super) basis: Vec<Choice>,
    pub(super) rows: Vec<Field>,
    pub(super) measures: Vec<MeasureRow>,
    pub(super) unordered: bool,
    pub(super) ascending: bool,
    pub(super) least: String,
    pub(super) chart: Field,
    pub(super) chart_by: Field,
    pub(super) chart_title: String,
    pub(super) top: String,
    pub(super) filters: Vec<Choice>,
    pub(super) only: Vec<Choice>,
}

impl Form {
    pub(super) fn charts(&self) -> [&Field; 2] {
        [&self.chart, &self.chart_by]
    }
}

/// The form of what was posted or of a definition's fields.
pub(super) fn form(fields: &Fields, layer: &Layer) -> Form {
    let choice = |field: &str, value: &str, name: &str| Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        chosen: fields.text(field) == value,
    };
    let dimensions = |field: &str| {
        let mut all = vec![choice(field, "", "—")];
        all.extend(layer.dimensions().iter().map(|d| choice(field, &d.id, &d.name)));
        all
    };
    let select = |prefix: &str, title: &'static str| {
        (1..=DIMENSIONS).map(|n| format!("{prefix}{n}")).map(move |name| (name, title)).collect::<Vec<_>>()
    };
    let rows = select("by", "行").into_iter().chain(select("drill", "下钻"));
    let boxes = |field: &str, value: &str, name: &str| Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        chosen: fields.all(field).any(|chosen| chosen == value),
    };
    let last = (1..=MOST).filter(|n| fields.is_set(&format!("m{n}"))).max().unwrap_or(0);
    let measures = (1..=(last + SPARE).min(MOST)).map(|number| {
        let field = format!("m{number}");
        let mut choices = vec![choice(&field, "", "—")];
        choices.extend(layer.measures().iter().map(|measure| choice(&field, &measure.id, &measure.name)));
        let tick = |(end, title): (&str, &'static str)| {
            let name = format!("{field}_{end}");
            Tick { set: fields.is_set(&name), name, title }
        };
        let ordered = fields.text("order") == number.to_string();
        MeasureRow { number, choices, boxes: BESIDE.into_iter().map(tick).collect(), ordered }
    });
    let mut by = vec![choice("chart_by", "row", "与表格的行相同")];
    by.extend(layer.dimensions().iter().map(|d| choice("chart_by", &d.id, &d.name)));
    let of_cases = layer
        .dimensions()
        .iter()
        .filter(|d| d.fact() == CASE && d.calendar.is_none_or(|c| c == Calendar::Day));
    Form {
        title: fields.text("title").to_owned(),
        about: fields.text("about").to_owned(),
        shared: fields.is_set("shared"),
        period: vec![choice("period", "year", "本年"), choice("period", "month", "上月")],
        basis: Basis::ALL.iter().map(|(_, id, name)| choice("basis", id, name)).collect(),
        rows: rows.map(|(name, title)| Field { choices: dimensions(&name), name, title }).collect(),
        measures: measures.collect(),
        unordered: !fields.is_set("order"),
        ascending: fields.is_set("ascending"),
        least: fields.text("least").to_owned(),
        chart: Field {
            name: "chart".to_owned(),
            title: "图",
            choices: CHARTS.iter().map(|(id, name)| choice("chart", id, name)).collect(),
        },
        chart_by: Field { name: "chart_by".to_owned(), title: "图的分类", choices: by },
        chart_title: fields.text("chart_title").to_owned(),
        top: fields.text("top").to_owned(),
        filters: of_cases.filter(|d| d.calendar.is_none()).map(|d| boxes("filter", &d.id, &d.name)).collect(),
        only: layer.populations().iter().map(|p| boxes("only", &p.id, &p.name)).collect(),
    }
}

/// The parts that the fields say; the error is for the reader.
pub(super) fn parts(fields: &Fields) -> Result<Parts, String> {
    let number = |field: &str, title: &str| match fields.text(field) {
        "" => Ok(None),
        text => {
            let number = text.parse::<u16>().ok().filter(|number| *number > 0);
            number.map(Some).ok_or_else(|| format!("{title}应为正整数，现为“{text}”"))
        }
    };
    let chosen = |prefix: &str| {
        let all = (1..=DIMENSIONS).map(|n| fields.text(&format!("{prefix}{n}")).to_owned());
        all.filter(|id| !id.is_empty()).collect::<Vec<_>>()
    };
    let (mut columns, mut drawn, mut kpis, mut order) = (Vec::new(), Vec::new(), Vec::new(), String::new());
    for n in 1..=MOST {
        let measure = fields.text(&format!("m{n}"));
        if measure.is_empty() {
            continue;
        }
        let set = |end: &str| fields.is_set(&format!("m{n}_{end}"));
        let compare = ["year", "period"].into_iter().filter(|with| set(with)).map(str::to_owned);
        columns.push(ColumnParts {
            measures: vec![measure.to_owned()],
            compare: compare.collect(),
            share: set("share"),
            rank: set("rank"),
            target: set("target"),
        });
        if set("chart") {
            drawn.push(measure.to_owned());
        }
        if set("card") {
            kpis.push(measure.to_owned());
        }
        if fields.text("order") == n.to_string() {
            order = format!("{}{measure}", if fields.is_set("ascending") { "" } else { "-" });
        }
    }
    let by = chosen("by");
    if by.is_empty() {
        return Err("请至少选一个“行”的维度".to_owned());
    }
    if columns.is_empty() {
        return Err("请至少选一个指标".to_owned());
    }
    let least = number("least", "最少例数")?;
    let top = number("top", "最多类数")?;
    let kind = fields.text("chart");
    if !kind.is_empty() && drawn.is_empty() {
        return Err("要画图时，请在要画的指标后勾选“图”".to_owned());
    }
    let chart = (!kind.is_empty()).then(|| ChartParts {
        title: ["chart_title", "title"]
            .map(|name| fields.text(name))
            .into_iter()
            .find(|t| !t.is_empty())
            .unwrap_or_default()
            .to_owned(),
        kind: kind.to_owned(),
        by: fields.text("chart_by").to_owned(),
        measures: drawn,
        top: top.map(usize::from),
    });
    let texts = |field: &str| fields.all(field).map(str::to_owned).collect::<Vec<_>>();
    let mut parts = Parts::new(fields.text("title"), model::Permission::Workbench.id());
    fields.text("about").clone_into(&mut parts.about);
    parts.filters = texts("filter");
    parts.kpis = kpis;
    fields.text("period").clone_into(&mut parts.period);
    fields.text("basis").clone_into(&mut parts.basis);
    parts.set(Content {
        only: texts("only"),
        charts: chart.into_iter().collect(),
        by,
        drill: chosen("drill"),
        order,
        least: least.map_or_else(Vec::new, |least| vec![i64::from(least), 0]),
        columns,
    });
    Ok(parts)
}

/// The fields that say these parts; `None` when the form lacks something of them.
pub(super) fn fields(parts: &Parts, shared: bool) -> Option<Fields> {
    let content = parts.content();
    let mut fields = Vec::new();
    let mut put = |name: String, value: &str| fields.push((name, value.to_owned()));
    put("title".into(), &parts.title);
    put("about".into(), &parts.about);
    put("period".into(), &parts.period);
    put("basis".into(), &parts.basis);
    if shared {
        put("shared".into(), "1");
    }
    for (prefix, chosen) in [("by", &content.by), ("drill", &content.drill)] {
        for (n, id) in (1..).zip(chosen) {
            put(format!("{prefix}{n}"), id);
        }
    }
    let chart = content.charts.first();
    for (n, column) in (1..).zip(&content.columns) {
        let [measure] = column.measures.as_slice() else { return None };
        put(format!("m{n}"), measure);
        let drawn = chart.is_some_and(|chart| chart.measures.contains(measure));
        let compared = |with: &str| column.compare.iter().any(|known| known == with);
        let beside = [
            ("year", compared("year")),
            ("period", compared("period")),
            ("share", column.share),
            ("rank", column.rank),
            ("target", column.target),
            ("chart", drawn),
            ("card", parts.kpis.contains(measure)),
        ];
        for (end, _) in beside.into_iter().filter(|(_, set)| *set) {
            put(format!("m{n}_{end}"), "1");
        }
        if content.order.trim_start_matches('-') == measure {
            put("order".into(), &n.to_string());
        }
    }
    if !content.order.is_empty() && !content.order.starts_with('-') {
        put("ascending".into(), "1");
    }
    if let Some(least) = content.least.first() {
        put("least".into(), &least.to_string());
    }
    if let Some(chart) = chart {
        put("chart".into(), &chart.kind);
        put("chart_title".into(), &chart.title);
        put("chart_by".into(), &chart.by);
        if let Some(top) = chart.top {
            put("top".into(), &top.to_string());
        }
    }
    for (name, chosen) in [("filter", &parts.filters), ("only", &content.only)] {
        for id in chosen {
            put(name.into(), id);
        }
    }
    let fields = Fields(fields);
    // What the form would not give back is not its to change.
    self::parts(&fields).ok().filter(|again| again == parts).map(|_| fields)
}
