//! 装载: definition files to a layer; every problem with its file and line, and a layer with any problem does not load.

mod condition;
mod dimension;
mod file;
mod measure;
mod population;

pub(crate) use file::in_chinese;

use crate::layer::CaseColumns;
use crate::{Layer, Schema};
use file::File;
use model::Problems;
use std::cell::RefCell;

/// What the readers of the files share.
struct Loading<'a> {
    schema: &'a Schema,
    problems: RefCell<Problems>,
}

impl Loading<'_> {
    fn problem(&self, file: &File<'_>, at: usize, message: impl Into<String>) {
        self.problems.borrow_mut().add(file.name, file.line(at), message);
    }
}

impl Layer {
    /// Reads definitions, `(file name, text)` each, over the facts there are. Files may hold `[[population]]`, `[[dimension]]`
    /// and `[[measure]]` in any mix; the order of the files is that of the lists.
    pub fn load(files: &[(&str, &str)], schema: &Schema) -> Result<Layer, Problems> {
        let loading = Loading { schema, problems: RefCell::default() };
        let columns = match CaseColumns::of(schema) {
            Ok(columns) => columns,
            Err(missing) => {
                let mut problems = Problems::default();
                problems.add("", 0, format!("事实表缺少 {missing}"));
                return Err(problems);
            }
        };
        let files: Vec<File<'_>> = files.iter().map(|(name, text)| loading.parse(name, text)).collect();
        let populations = loading.populations(&files);
        let dimensions = loading.dimensions(&files);
        let measures = loading.measures(&files, &populations);
        let layer = Layer { schema: schema.clone(), measures, dimensions, populations, columns, home: None };
        let mut problems = loading.problems.into_inner();
        if problems.0.is_empty() {
            return Ok(layer);
        }
        problems.0.sort();
        Err(problems)
    }
}
