//! Pages that answer a requirement: `data-req="DIP-1.02"` in a template or a manual page; in the manual also a heading
//! with the id, or `requirements = ["DIP-1.02"]` in the front matter. A report definition is a page, too: its `requirements`.

use super::Mark;
use super::requirement::ids_in;
use crate::repository::Repository;

pub(crate) fn find(repository: &Repository) -> Vec<Mark> {
    let mut marks = Vec::new();
    for file in &repository.files {
        let is_manual = file.path.starts_with("docs/manual/") && file.extension() == "md";
        let is_template = file.path.starts_with("crates/") && file.extension() == "html";
        let is_report = file.path.starts_with("packs/reports/") && file.extension() == "toml";
        if !is_manual && !is_template && !is_report {
            continue;
        }
        for (number, line) in file.lines() {
            let attributes = line.split("data-req=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let mut ids: Vec<String> = attributes.flat_map(ids_in).collect();
            if is_manual && (line.starts_with('#') || line.trim_start().starts_with("requirements = [")) {
                ids.extend(ids_in(line));
            }
            if is_report && line.starts_with("requirements = [") {
                ids.extend(ids_in(line));
            }
            let place = format!("{}:{number}", file.path);
            marks.extend(ids.into_iter().map(|id| Mark { id, place: place.clone() }));
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_and_manual_pages_count() {
        let repository = Repository::of(&[
            ("crates/web/templates/bed.html", "<div data-req=\"DIP-1.01 DIP-1.02\">\n"),
            (
                "docs/manual/分组.md",
                "+++\nrequirements = [\"DIP-1.03\"]\n+++\n## 分组（DIP-1.04）\nSee DIP-1.05.\n",
            ),
            ("docs/other.md", "# DIP-1.06\n"),
            ("packs/reports/a.toml", "id = \"a\"\nrequirements = [\"DIP-1.07\"]\n# DIP-1.08\n"),
        ]);
        let ids: Vec<String> = find(&repository).into_iter().map(|mark| mark.id).collect();
        assert_eq!(ids, ["DIP-1.01", "DIP-1.02", "DIP-1.03", "DIP-1.04", "DIP-1.07"]);
    }
}
