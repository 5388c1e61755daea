//! The facts as the semantic layer sees them.

use crate::Holds;
use crate::facts::FACTS;
use metrics::{Column, Fact, Kind, Schema};

/// All facts with their columns.
pub fn schema() -> Schema {
    let facts = FACTS.iter().map(|fact| Fact {
        name: fact.name,
        chinese: fact.chinese,
        columns: fact
            .columns
            .iter()
            .map(|column| Column { name: column.name, chinese: column.chinese, kind: kind(column.holds) })
            .collect(),
    });
    Schema { facts: facts.collect() }
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
