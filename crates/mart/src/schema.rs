//! The facts as the semantic layer sees them.

use crate::dimension::DIMENSIONS;
use crate::facts::{BED_CAPACITY, FACTS};
use crate::stage::holds;
use crate::{FactColumn, Holds};
use metrics::{Column, Fact, Kind, Schema};
use model::canonical::Table;

/// All facts with their columns, and the dictionaries that name their keys.
pub fn schema() -> Schema {
    let facts = FACTS.iter().map(|fact| of(fact.name, fact.chinese, fact.columns));
    let beds = of(BED_CAPACITY.name, BED_CAPACITY.chinese, BED_CAPACITY.columns);
    let dictionaries = DIMENSIONS.iter().filter_map(|name| Table::named(name)).map(|table| Fact {
        name: table.name,
        chinese: table.chinese,
        columns: table
            .columns
            .iter()
            .map(|c| Column { name: c.name, chinese: c.chinese, kind: kind(holds(c.kind)) })
            .collect(),
    });
    Schema { facts: facts.chain([beds]).collect(), dictionaries: dictionaries.collect() }
}

fn of(name: &'static str, chinese: &'static str, columns: &[FactColumn]) -> Fact {
    let column = |c: &FactColumn| Column { name: c.name, chinese: c.chinese, kind: kind(c.holds) };
    Fact { name, chinese, columns: columns.iter().map(column).collect() }
}

fn kind(holds: Holds) -> Kind {
    match holds {
        Holds::Text => Kind::Text,
        Holds::Whole => Kind::Whole,
        Holds::Flag => Kind::Flag,
        Holds::Fen => Kind::Money,
        Holds::Decimal4 => Kind::Decimal(4),
        Holds::Decimal6 => Kind::Decimal(6),
        Holds::Day => Kind::Day,
        Holds::Moment => Kind::Moment,
    }
}
