//! Many short lists one after the other: which rules name a code, by the code's number.

/// Lists by number.
#[derive(Clone, Debug)]
pub(crate) struct Lists<T> {
    /// Where each begins, and at last the number of all elements.
    starts: Vec<u32>,
    all: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Lists<T> {
        Lists { starts: vec![0], all: Vec::new() }
    }
}

impl<T: Copy + Ord> Lists<T> {
    /// Sorts elements into `count` lists, each rising and without repetition.
    pub(crate) fn of_pairs(count: usize, mut pairs: Vec<(u32, T)>) -> Lists<T> {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0; count + 1];
        for (list, _) in &pairs {
            starts[*list as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Lists { starts, all: pairs.into_iter().map(|(_, element)| element).collect() }
    }

    /// Appends a list, sorted and without repetition.
    pub(crate) fn push(&mut self, elements: impl IntoIterator<Item = T>) {
        let from = self.all.len();
        self.all.extend(elements);
        self.all[from..].sort_unstable();
        let mut kept = from;
        for at in from..self.all.len() {
            if at == from || self.all[at] != self.all[kept - 1] {
                self.all[kept] = self.all[at];
                kept += 1;
            }
        }
        self.all.truncate(kept);
        self.starts.push(kept as u32);
    }

    pub(crate) fn clear(&mut self) {
        self.starts.truncate(1);
        self.all.clear();
    }

    /// Number of lists.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// One list; empty for a number there is none of.
    pub(crate) fn of(&self, list: u32) -> &[T] {
        let at = list as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(from), Some(to)) => &self.all[*from as usize..*to as usize],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_rising_and_without_repetition() {
        let lists = Lists::of_pairs(3, vec![(2, 5), (0, 9), (0, 1), (0, 9)]);
        assert_eq!([lists.of(0), lists.of(1), lists.of(2), lists.of(3)], [&[1, 9][..], &[], &[5], &[]]);
        let mut grown = Lists::default();
        grown.push([9, 1, 9]);
        grown.push([]);
        grown.push([5]);
        assert_eq!([grown.of(0), grown.of(1), grown.of(2)], [&[1, 9][..], &[], &[5]]);
        assert_eq!(grown.len(), 3);
    }
}
