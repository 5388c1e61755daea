//! 政策包 identity (`pack.toml`).

use crate::evidence::Source;
use crate::reader::Section;
use jiff::civil::Date;

/// How official a pack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 草稿
    Draft,
    /// 测算
    Estimated,
    /// 正式
    Official,
    /// 清算
    Final,
}

impl Status {
    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Status::Draft => "草稿",
            Status::Estimated => "测算",
            Status::Official => "正式",
            Status::Final => "清算",
        }
    }
}

/// Which date of a case decides whether the pack is in force for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateBasis {
    /// 出院时间
    Discharge,
    /// 结算时间
    Settlement,
}

/// `pack.toml`.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Id, unique among a hospital's packs.
    pub id: String,
    /// 名称
    pub name: String,
    /// 统筹区
    pub region: String,
    /// 年度
    pub year: u32,
    /// Version of the pack.
    pub version: String,
    /// How official.
    pub status: Status,
    /// First day in force.
    pub effective_from: Date,
    /// Last day in force.
    pub effective_to: Date,
    /// Which date counts.
    pub date_basis: DateBasis,
    /// Where it stands.
    pub source: Source,
}

pub(crate) fn read(root: &Section<'_>) -> Identity {
    let date = |key| {
        root.date(key).unwrap_or_else(|| {
            if root.text(key).is_none() {
                root.problem(1, format!("缺少 {key}"));
            }
            Date::MIN
        })
    };
    root.needed("year");
    let identity = Identity {
        id: root.needed("id"),
        name: root.needed("name"),
        region: root.needed("region"),
        year: root.whole("year").unwrap_or_default(),
        version: root.needed("version"),
        status: root
            .choice(
                "status",
                &[
                    ("draft", Status::Draft),
                    ("estimated", Status::Estimated),
                    ("official", Status::Official),
                    ("final", Status::Final),
                ],
            )
            .unwrap_or(Status::Draft),
        effective_from: date("effective_from"),
        effective_to: date("effective_to"),
        date_basis: root
            .choice(
                "date_basis",
                &[("discharge", DateBasis::Discharge), ("settlement", DateBasis::Settlement)],
            )
            .unwrap_or(DateBasis::Discharge),
        source: root.source(),
    };
    // A date that could not be read was reported above.
    if identity.effective_from > identity.effective_to && identity.effective_to != Date::MIN {
        root.problem(1, "effective_to 早于 effective_from");
    }
    root.text("extends");
    root.child("file_evidence");
    root.finish();
    identity
}
