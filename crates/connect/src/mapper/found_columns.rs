//! Looking up a result's columns by the names that a pack uses.

use super::Piece;
use crate::error::ConnectError;
use crate::mapping::{Part, Task, Template};
use crate::nearest_name::nearest_name;
use std::cell::RefCell;

/// Looks up a result's columns and remembers what is missing, so that all of it is said at once.
pub(super) struct Found<'f> {
    pub(super) task: &'f Task,
    pub(super) columns: &'f [String],
    pub(super) missing: RefCell<Vec<String>>,
}

impl Found<'_> {
    /// Position of a column, by its exact name, else regardless of letter case. 0 when missing: `finish` reports it.
    pub(super) fn at(&self, name: &str) -> Result<usize, ConnectError> {
        let name = name.trim();
        let exact = |column: &str| column.trim() == name;
        let loose = |column: &str| column.trim().eq_ignore_ascii_case(name);
        let hits = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
            self.columns.iter().enumerate().filter(|(_, c)| fits(c)).map(|(at, _)| at).collect()
        };
        let mut found = hits(&exact);
        if found.is_empty() {
            found = hits(&loose);
        }
        match found.as_slice() {
            [at] => Ok(*at),
            [] => {
                self.missing.borrow_mut().push(name.to_owned());
                Ok(0)
            }
            several => Err(ConnectError::RepeatedColumn {
                task: self.task.name.clone(),
                column: name.to_owned(),
                times: several.len(),
            }),
        }
    }

    pub(super) fn pieces<'t>(&self, template: &'t Template) -> Result<Vec<Piece<'t>>, ConnectError> {
        let piece = |part: &'t Part| {
            Ok(match part {
                Part::Column(name) => Piece::Column(self.at(name)?),
                Part::Fixed(text) => Piece::Fixed(text),
            })
        };
        template.0.iter().map(piece).collect()
    }

    pub(super) fn finish(self) -> Result<(), ConnectError> {
        let mut missing = self.missing.into_inner();
        missing.sort();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        let with_near = |name: &String| match nearest_name(name, self.columns.iter().map(String::as_str)) {
            Some(near) => format!("{name}（最接近的是 {near}）"),
            None => name.clone(),
        };
        Err(ConnectError::MissingColumns {
            task: self.task.name.clone(),
            missing: missing.iter().map(with_near).collect::<Vec<_>>().join("、"),
            found: self.columns.join("、"),
        })
    }
}
