//! Rows as the vendor writes them, many in one buffer.

/// Rows of one table: every value a text or nothing.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    text: String,
    /// End of each value in `text`, and whether it is there.
    ends: Vec<(u32, bool)>,
    width: usize,
}

impl Batch {
    /// For rows of so many values.
    pub fn new(width: usize) -> Batch {
        Batch { width, ..Batch::default() }
    }

    /// The buffer to write the next value into; [`Batch::close`] ends it.
    pub(crate) fn buffer(&mut self) -> &mut String {
        &mut self.text
    }

    /// Ends a value.
    pub(crate) fn close(&mut self, there: bool) {
        self.ends.push((u32::try_from(self.text.len()).unwrap_or(u32::MAX), there));
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.ends.len() / self.width.max(1)
    }

    /// Bytes held.
    pub(crate) fn size(&self) -> usize {
        self.text.len()
    }

    /// A value.
    pub fn value(&self, row: usize, column: usize) -> Option<&str> {
        let at = row * self.width + column;
        let (end, there) = *self.ends.get(at)?;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(end, _)| *end);
        if there { self.text.get(start as usize..end as usize) } else { None }
    }
}
