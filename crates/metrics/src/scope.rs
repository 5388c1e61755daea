//! 数据范围: the condition on the case that is part of every statement, whoever asks.

use crate::condition::Condition;
use crate::schema::Place;
use crate::source::Source;
use crate::sql::Sql;
use crate::{Layer, Test};
use model::{DataScope, Viewer};

impl Layer {
    /// Writes the condition; nothing is seen by default. Rows without a case (open beds) are seen by their department.
    pub(crate) fn write_scope(&self, source: Source, viewer: &Viewer, sql: &mut Sql) {
        let case = |column| Place::new(source.of_cases, column);
        match &viewer.scope {
            DataScope::Nothing => {
                sql.word("1 = 0");
            }
            DataScope::Hospital => {
                sql.word("1 = 1");
            }
            DataScope::Departments(keys) => {
                let keys = keys.iter().map(|key| key.as_str().into()).collect();
                Condition::Test(case(self.columns.department), Test::In(keys)).write(sql);
            }
            DataScope::Doctor(_) if !source.of_cases => {
                sql.word("1 = 0");
            }
            DataScope::Doctor(key) => {
                let is = |column| Condition::Test(case(column), Test::In(vec![key.as_str().into()]));
                sql.word("(");
                is(self.columns.attending).write(sql);
                sql.word(" OR ");
                is(self.columns.resident).write(sql);
                sql.word(")");
            }
        }
    }
}
