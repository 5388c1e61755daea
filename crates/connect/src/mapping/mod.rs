//! 对照包: a folder of text that says how one system's views or files become canonical rows (`docs/mapping-pack.md`).

mod code_map;
mod field;
mod file_query;
mod files;
mod load;
mod section;
mod task;
mod template;

pub use code_map::{CodeMap, Unmapped};
pub use field::{FieldFrom, FieldMap};
pub use file_query::FileQuery;
pub use files::MappingFiles;
pub use model::{Problem, Problems};
pub use task::{Complete, Mode, Page, Task, Void, Window};
pub use template::{Part, Template};

/// A loaded, valid mapping pack.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Identity.
    pub id: String,
    /// For people.
    pub name: String,
    /// The hospital's version of it.
    pub version: String,
    /// `sha256:` over all files: says which mapping made a row.
    pub hash: String,
    /// In the pack's order.
    pub tasks: Vec<Task>,
}

impl Mapping {
    /// Loads and validates a pack. `Err` holds every problem found, sorted by file and line.
    pub fn load(files: &MappingFiles) -> Result<Mapping, Problems> {
        load::load(files)
    }

    /// A task by its name.
    pub fn task(&self, name: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.name == name)
    }
}
