//! 依据: which document and clause a parameter comes from, or that nobody has confirmed it yet.

/// The word that marks a parameter without a confirmed source.
pub const UNCONFIRMED: &str = "UNCONFIRMED";

/// Where a parameter stands in its pack and what it rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Index into [`crate::Policy::file_names`].
    pub file: u16,
    /// 1-based line.
    pub line: u32,
    /// Index into [`crate::Policy::evidence`]; 0 is [`UNCONFIRMED`].
    pub evidence: u16,
}

impl Source {
    /// Whether a document backs the parameter.
    pub fn confirmed(self) -> bool {
        self.evidence != 0
    }
}

/// Interns evidence texts and file names while a pack is loaded.
#[derive(Debug)]
pub(crate) struct Register {
    pub(crate) evidence: Vec<String>,
    pub(crate) files: Vec<String>,
}

impl Register {
    pub(crate) fn new() -> Register {
        Register { evidence: vec![UNCONFIRMED.to_owned()], files: Vec::new() }
    }

    pub(crate) fn evidence(&mut self, text: &str) -> u16 {
        intern(&mut self.evidence, text)
    }

    pub(crate) fn file(&mut self, name: &str) -> u16 {
        intern(&mut self.files, name)
    }
}

fn intern(texts: &mut Vec<String>, text: &str) -> u16 {
    // Real packs hold a handful of documents; past 65,535 distinct texts the last slot is shared.
    let at = texts.iter().position(|t| t == text).unwrap_or_else(|| {
        if texts.len() < usize::from(u16::MAX) {
            texts.push(text.to_owned());
        }
        texts.len() - 1
    });
    at as u16
}
