//! What a definition names must be there.

use crate::{Basis, Dimension, Layer, Measure};
use model::Problems;
use std::sync::Arc;
use toml::Spanned;

/// One file under the reader's eye.
pub(super) struct Check<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) layer: &'a Layer,
    /// Of the report that is read.
    pub(super) basis: Basis,
    pub(super) problems: &'a mut Problems,
}

/// 1-based line of a byte offset.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

impl Check<'_> {
    pub(super) fn problem(&mut self, at: usize, message: impl Into<String>) {
        self.problems.add(self.file, line_of(self.text, at), message);
    }

    pub(super) fn measure(&mut self, id: &Spanned<String>) -> Option<Arc<Measure>> {
        let found = self.layer.measure(id.get_ref()).ok().cloned();
        if found.is_none() {
            self.problem(id.span().start, format!("没有指标 {}", id.get_ref()));
        }
        found
    }

    /// Each once.
    pub(super) fn measures(&mut self, ids: &[Spanned<String>]) -> Vec<Arc<Measure>> {
        for (at, id) in ids.iter().enumerate() {
            if ids[..at].iter().any(|known| known.get_ref() == id.get_ref()) {
                self.problem(id.span().start, format!("指标 {} 重复", id.get_ref()));
            }
        }
        ids.iter().filter_map(|id| self.measure(id)).collect()
    }

    pub(super) fn dimension(&mut self, id: &Spanned<String>) -> Option<Arc<Dimension>> {
        let found = self.layer.dimension(id.get_ref()).ok().cloned();
        if found.is_none() {
            self.problem(id.span().start, format!("没有维度 {}", id.get_ref()));
        }
        found
    }

    pub(super) fn dimensions(&mut self, ids: &[Spanned<String>]) -> Vec<Arc<Dimension>> {
        ids.iter().filter_map(|id| self.dimension(id)).collect()
    }

    pub(super) fn populations(&mut self, names: &[Spanned<String>]) {
        for name in names {
            let id = name.get_ref().trim_start_matches('!');
            if !self.layer.populations().iter().any(|population| population.id == id) {
                self.problem(name.span().start, format!("没有病例范围 {id}"));
            }
        }
    }

    /// The rows that each measure counts must have the dimension.
    pub(super) fn fits(&mut self, at: usize, dimension: &Dimension, measures: &[Arc<Measure>]) {
        for measure in measures {
            if !self.layer.can_divide(measure, dimension, self.basis) {
                self.problem(at, format!("指标“{}”不能按“{}”统计", measure.name, dimension.name));
            }
        }
    }

    /// `DIP-5.04`
    pub(super) fn requirement(&mut self, id: &Spanned<String>) {
        let text = id.get_ref();
        let parts = text.split_once('-').and_then(|(module, rest)| Some((module, rest.split_once('.')?)));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let good = parts.is_some_and(|(module, (group, item))| {
            module.len() == 3
                && module.bytes().all(|b| b.is_ascii_uppercase())
                && digits(group)
                && digits(item)
        });
        if !good {
            self.problem(id.span().start, format!("需求编号“{text}”应写作 DIP-5.04"));
        }
    }
}
