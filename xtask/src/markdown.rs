//! Just enough of Markdown to find its links and its code.

/// A piece of a page, with its line from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// Targets of `[text](target)`, `![text](target)` and `[text]: target`, code left out.
pub(crate) fn links(page: &str) -> Vec<Piece> {
    let mut links = Vec::new();
    for (line, prose, _) in lines(page) {
        let mut rest = prose.as_str();
        while let Some(at) = rest.find("](") {
            rest = &rest[at + 2..];
            if let Some(end) = rest.find(')') {
                links.push(Piece { line, text: target(&rest[..end]) });
                rest = &rest[end..];
            }
        }
        if prose.starts_with('[')
            && let Some((_, definition)) = prose.split_once("]: ")
        {
            links.push(Piece { line, text: target(definition) });
        }
    }
    links
}

/// The lines of fenced blocks and the `code spans`.
pub(crate) fn code(page: &str) -> Vec<Piece> {
    let pieces = lines(page);
    pieces
        .into_iter()
        .flat_map(|(line, _, code)| code.into_iter().map(move |text| Piece { line, text }))
        .collect()
}

/// Every line with its prose and its pieces of code.
fn lines(page: &str) -> Vec<(usize, String, Vec<String>)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in page.lines().enumerate() {
        let opening = line.trim_start();
        let fence = opening.starts_with("```") || opening.starts_with("~~~");
        let (prose, code) = match (fence, fenced) {
            (true, _) => (String::new(), Vec::new()),
            (false, true) => (String::new(), vec![line.to_owned()]),
            (false, false) => spans(line),
        };
        fenced ^= fence;
        lines.push((index + 1, prose, code));
    }
    lines
}

/// Odd parts between backticks are code.
fn spans(line: &str) -> (String, Vec<String>) {
    let (mut prose, mut code) = (String::new(), Vec::new());
    for (index, part) in line.split('`').enumerate() {
        if index % 2 == 0 { prose.push_str(part) } else { code.push(part.to_owned()) }
    }
    (prose, code)
}

/// The target without its title and its angle brackets.
fn target(written: &str) -> String {
    let written = written.trim();
    match written.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((target, _)) => target.to_owned(),
        None => written.split_whitespace().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "See [a](a.md) and ![b](<b c.png> \"t\"), `[no](no.md)`.\n```sh\nmake test # [no](no.md)\n```\n[ref]: d.md \"title\"\nRun `make demo`.\n";

    #[test]
    fn finds_links_outside_code() {
        let found: Vec<_> = links(PAGE).into_iter().map(|link| (link.line, link.text)).collect();
        assert_eq!(found, [(1, "a.md".to_owned()), (1, "b c.png".to_owned()), (5, "d.md".to_owned())]);
    }

    #[test]
    fn finds_code() {
        let found: Vec<_> = code(PAGE).into_iter().map(|piece| piece.line).collect();
        assert_eq!(found, [1, 3, 6]);
    }
}
