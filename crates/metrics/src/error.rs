//! Why a query cannot be made; shown to users.

/// Errors of a query, in Chinese.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No such measure.
    #[error("没有指标“{0}”；请从指标列表中选择")]
    Measure(String),
    /// No such dimension.
    #[error("没有维度“{0}”；请从维度列表中选择")]
    Dimension(String),
    /// Neither a dimension nor a column of the fact.
    #[error("没有可筛选的“{0}”")]
    Column(String),
    /// Nothing is asked for.
    #[error("请至少选择一个指标")]
    Nothing,
    /// Asked for twice.
    #[error("“{0}”重复")]
    Twice(String),
    /// A number that is not about cases.
    #[error("“{0}”不是由病例得出的，没有病例清单")]
    NoCases(String),
    /// 患者来源 without the hospital's region.
    #[error("“{0}”需要在配置文件 dipper.toml 写明医院所在区划 region")]
    NoHome(String),
    /// A dimension that the fact does not have.
    #[error("指标“{0}”不能按“{1}”统计")]
    NotOfFact(String, String),
    /// A dimension of time that the basis does not have.
    #[error("“{0}”没有按{1}的统计")]
    NoBasis(String, &'static str),
    /// A value of another kind.
    #[error("“{0}”的值“{1}”不符合要求")]
    Value(String, String),
    /// Order by something that is not in the query.
    #[error("不能按“{0}”排序：它不在查询中")]
    Order(String),
    /// The database's answer is not what the statement asks for.
    #[error("查询结果与查询不符（{0}）")]
    Answer(&'static str),
}
