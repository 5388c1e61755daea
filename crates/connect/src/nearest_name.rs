//! The name that somebody may have meant.

/// The nearest of `names` to `wanted` by edit distance, if it is near at all: at most half of the characters differ.
pub(crate) fn nearest_name<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wanted: Vec<char> = wanted.to_lowercase().chars().collect();
    let near = |name: &'n str| {
        let name_chars: Vec<char> = name.to_lowercase().chars().collect();
        let distance = distance(&wanted, &name_chars);
        (distance * 2 <= wanted.len().max(name_chars.len())).then_some((distance, name))
    };
    names.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (b, cell) in right.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *cell;
            *cell = replaced.min(before + 1).min(diagonal + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        let names = ["住院号", "姓名", "更新时间"];
        assert_eq!(nearest_name("住院号码", names), Some("住院号"));
        assert_eq!(nearest_name("UPDT_TIME", ["updt_tm", "name"]), Some("updt_tm"));
        assert_eq!(nearest_name("金额", names), None);
        assert_eq!(distance(&['a', 'b', 'c'], &['a', 'c']), 1);
        assert_eq!(distance(&[], &['a']), 1);
    }
}
