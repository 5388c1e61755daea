//! 反向修改: what an edit did to the texts, so that it can be undone byte for byte and two edits put together.

use crate::PackFiles;

/// One stretch of lines of a file that became others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePatch {
    /// File inside the pack.
    pub file: String,
    /// Lines before the stretch.
    pub skip: usize,
    /// The stretch as it was; `None` when the file was not there.
    pub before: Option<String>,
    /// The stretch as it became; `None` when the file went.
    pub after: Option<String>,
}

impl FilePatch {
    /// The same backwards.
    pub fn inverse(&self) -> FilePatch {
        FilePatch { before: self.after.clone(), after: self.before.clone(), ..self.clone() }
    }
}

/// What became of every file that differs.
pub fn patches(before: &PackFiles, after: &PackFiles) -> Vec<FilePatch> {
    let mut names: Vec<&str> = before.names().chain(after.names()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().filter_map(|name| patch(name, before.get(name), after.get(name))).collect()
}

fn patch(file: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Option<FilePatch> {
    let text = |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let (before, after) = (text(before), text(after));
    let (Some(old), Some(new)) = (&before, &after) else {
        return (before != after).then(|| FilePatch { file: file.to_owned(), skip: 0, before, after });
    };
    if old == new {
        return None;
    }
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let skip = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let tail = tail.min(old.len() - skip).min(new.len() - skip);
    let middle = |lines: &[&str]| lines.get(skip..lines.len() - tail).unwrap_or_default().concat();
    Some(FilePatch { file: file.to_owned(), skip, before: Some(middle(&old)), after: Some(middle(&new)) })
}

/// Applies patches; `None` when the lines they change are not there (somebody changed them since).
pub fn apply_patches(files: &PackFiles, patches: &[FilePatch]) -> Option<PackFiles> {
    let mut out = files.clone();
    for patch in patches {
        let there = files.get(&patch.file).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let new = match (&patch.before, &patch.after, there) {
            (None, Some(after), None) => Some(after.clone()),
            (Some(before), None, Some(there)) if *before == there => None,
            (Some(before), Some(after), Some(there)) => {
                let start: usize = there.split_inclusive('\n').take(patch.skip).map(str::len).sum();
                let rest = there.get(start..)?.strip_prefix(before.as_str())?;
                Some(format!("{}{after}{rest}", there.get(..start)?))
            }
            _ => return None,
        };
        match new {
            Some(text) => out.put(&patch.file, text.into_bytes()),
            None => out.remove(&patch.file),
        }
    }
    Some(out)
}

/// Puts what two people made of the same pack together; `Err` names the files where both changed the same lines.
pub fn merge(base: &PackFiles, mine: &PackFiles, theirs: &PackFiles) -> Result<PackFiles, Vec<String>> {
    let (of_mine, of_theirs) = (patches(base, mine), patches(base, theirs));
    let mut merged = theirs.clone();
    let mut clash = Vec::new();
    for patch in of_mine {
        let other = of_theirs.iter().find(|other| other.file == patch.file);
        let whole = || mine.get(&patch.file).map(<[u8]>::to_vec);
        match (other, whole()) {
            (None, Some(bytes)) => merged.put(&patch.file, bytes),
            (None, None) => merged.remove(&patch.file),
            (Some(_), Some(bytes)) if theirs.get(&patch.file) == Some(bytes.as_slice()) => {}
            (Some(other), _) => match shifted(&patch, other) {
                Some(shifted) => match apply_patches(&merged, &[shifted]) {
                    Some(files) => merged = files,
                    None => clash.push(patch.file.clone()),
                },
                None => clash.push(patch.file.clone()),
            },
        }
    }
    if clash.is_empty() { Ok(merged) } else { Err(clash) }
}

/// My patch after theirs was made; `None` when both touch the same lines.
fn shifted(mine: &FilePatch, theirs: &FilePatch) -> Option<FilePatch> {
    let lines = |text: &Option<String>| text.as_ref().map(|text| text.split_inclusive('\n').count());
    let (mine_lines, before, after) = (lines(&mine.before)?, lines(&theirs.before)?, lines(&theirs.after)?);
    mine.after.as_ref()?;
    if mine.skip + mine_lines <= theirs.skip && (mine.skip, mine_lines) != (theirs.skip, 0) {
        return Some(mine.clone());
    }
    if theirs.skip + before <= mine.skip && (theirs.skip, before) != (mine.skip, 0) {
        return Some(FilePatch { skip: mine.skip - before + after, ..mine.clone() });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn files(list: &[(&str, &str)]) -> PackFiles {
        PackFiles::new(list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())))
    }

    #[test]
    fn a_file_comes_and_goes() {
        let (none, one) = (files(&[]), files(&[("a.csv", "x\n")]));
        let made = patches(&none, &one);
        assert_eq!(apply_patches(&none, &made).unwrap().hash(), one.hash());
        let back: Vec<FilePatch> = made.iter().map(FilePatch::inverse).collect();
        assert_eq!(apply_patches(&one, &back).unwrap().hash(), none.hash());
        assert!(apply_patches(&none, &back).is_none());
    }

    #[test]
    fn two_people_in_different_places_come_together_and_in_the_same_do_not() {
        let base = files(&[("a.csv", "h\n1\n2\n3\n4\n"), ("b.csv", "b\n")]);
        let mine = files(&[("a.csv", "h\n1\n2\n3\nvier\n"), ("b.csv", "b\n")]);
        let theirs = files(&[("a.csv", "h\n0\n1\n2\n3\n4\n"), ("b.csv", "B\n")]);
        let merged = merge(&base, &mine, &theirs).unwrap();
        assert_eq!(merged.hash(), files(&[("a.csv", "h\n0\n1\n2\n3\nvier\n"), ("b.csv", "B\n")]).hash());
        assert_eq!(merge(&base, &theirs, &mine).unwrap().hash(), merged.hash());
        let clash = files(&[("a.csv", "h\n1\n2\n3\n44\n"), ("b.csv", "b\n")]);
        assert_eq!(merge(&base, &mine, &clash), Err(vec!["a.csv".to_owned()]));
        assert_eq!(merge(&base, &mine, &mine).unwrap().hash(), mine.hash());
    }

    proptest! {
        #[test]
        fn a_patch_and_its_inverse_leave_every_byte(a in "[ab\r\n]{0,20}", b in "[ab\r\n]{0,20}") {
            let (a, b) = (files(&[("x.csv", &a)]), files(&[("x.csv", &b)]));
            let made = patches(&a, &b);
            prop_assert_eq!(apply_patches(&a, &made).unwrap().hash(), b.hash());
            let back: Vec<FilePatch> = made.iter().map(FilePatch::inverse).collect();
            prop_assert_eq!(apply_patches(&b, &back).unwrap().hash(), a.hash());
        }
    }
}
