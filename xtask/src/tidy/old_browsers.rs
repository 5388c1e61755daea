//! Pages open in Internet Explorer 10 and in the controls of HIS clients: our scripts are ES5 and use what IE10 has, our styles do
//! without its gaps, templates hold no script and no style. The browser tests run the pages; this finds a slip at once.

use crate::problem::Problem;
use crate::repository::Repository;
use crate::rust_source::{is_word_char, line_at, words};

const ASSETS: &str = "crates/web/assets/";
const TEMPLATES: &str = "crates/web/templates/";

/// Words and signs of ES2015 and later.
const NEW_WORDS: &[&str] = &["let", "const", "class", "import", "export", "async", "await", "yield", "super"];
const NEW_SIGNS: &[&str] = &["=>", "`", "...", "?.", "??", "**"];
/// What IE10 does not have, as it is written in code, and what to write instead.
const NEW_INTERFACES: &[(&str, &str)] = &[
    ("fetch(", "Dipper.request"),
    ("new Promise", "a function that is called back"),
    (".classList", "Dipper.setClass"),
    (".dataset", "Dipper.data"),
    (".closest(", "Dipper.closest"),
    (".remove()", "Dipper.remove"),
    (".append(", "appendChild"),
    (".prepend(", "insertBefore"),
    (".includes(", "indexOf"),
    (".startsWith(", "indexOf"),
    (".endsWith(", "slice"),
    (".find(", "filter"),
    (".findIndex(", "a loop"),
    (".padStart(", "slice"),
    ("Object.assign", "a loop"),
    ("Object.values", "Object.keys"),
    ("Object.entries", "Object.keys"),
    ("new Event(", "Dipper.fire"),
    ("new CustomEvent(", "Dipper.fire"),
    ("new URL(", "strings"),
    ("new FormData(", "fields"),
    ("IntersectionObserver", "events"),
    ("MutationObserver", "events"),
];

/// Properties that IE10 does not know, by their start.
const NEW_PROPERTIES: &[&str] = &[
    "grid",
    "gap",
    "row-gap",
    "column-gap",
    "--",
    "object-fit",
    "font-variant-numeric",
    "inset",
    "flex",
    "place-",
];
const NEW_SELECTORS: &[&str] = &[":is(", ":where(", ":has(", ":focus-visible", ":focus-within", ":not(:"];
const NEW_VALUES: &[&str] =
    &["var(", "grid", "inline-grid", "flex", "inline-flex", "min(", "max(", "clamp(", "unset", "contents"];

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &repository.files {
        let text = file.text().unwrap_or_default();
        let found = match (file.path.starts_with(ASSETS), file.path.starts_with(TEMPLATES), file.extension())
        {
            (true, _, "js") => script(text),
            (true, _, "css") => style(text),
            (_, true, "html") => template(text),
            _ => continue,
        };
        problems.extend(
            found
                .into_iter()
                .map(|(at, what, remedy)| Problem::error(&file.path, line_at(text, at), what, remedy)),
        );
    }
    problems
}

type Found = (usize, String, String);

fn script(text: &str) -> Vec<Found> {
    let code = script_code(text);
    let es5 = "write it in ES5: IE10 refuses the whole file";
    let mut found = Vec::new();
    for word in NEW_WORDS {
        found.extend(words(&code, word).map(|at| (at, format!("`{word}` is not ES5"), es5.to_owned())));
    }
    for sign in NEW_SIGNS {
        found.extend(
            code.match_indices(sign).map(|(at, _)| (at, format!("`{sign}` is not ES5"), es5.to_owned())),
        );
    }
    for (name, instead) in NEW_INTERFACES {
        let begins =
            |at: usize| name.starts_with('.') || !code[..at].ends_with(|c: char| is_word_char(c) || c == '.');
        // A function of our own may have such a name: `Dipper.remove(…)` has arguments, `D.closest(` is ours.
        let ours = |at: usize| {
            name.starts_with('.')
                && (code[..at].ends_with("Dipper")
                    || code[..at].ends_with(" D")
                    || code[..at].ends_with("(D"))
        };
        found.extend(
            code.match_indices(name)
                .filter(|(at, _)| begins(*at) && !ours(*at))
                .map(|(at, _)| (at, format!("IE10 has no `{name}`"), format!("use {instead}"))),
        );
    }
    found
}

/// The script with comments, strings and regular expressions blanked out, every byte at its place.
fn script_code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '\'' || first == '"' || (first == '/' && begins_expression(&out)) {
            literal_length(rest, first)
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        let (blanked, after) = rest.split_at(length);
        out.extend(blanked.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        rest = after;
    }
    out
}

/// Whether a slash after this code begins a regular expression instead of dividing.
fn begins_expression(code: &str) -> bool {
    let code = code.trim_end();
    code.is_empty()
        || code.ends_with(['(', ',', '=', ':', '[', '!', '&', '|', '?', '{', '}', ';'])
        || code.ends_with("return")
}

fn literal_length(rest: &str, quote: char) -> usize {
    let (mut escaped, mut in_set) = (false, false);
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' if quote == '/' => in_set = true,
            ']' if quote == '/' => in_set = false,
            '\n' => return at,
            c if c == quote && !in_set => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn style(text: &str) -> Vec<Found> {
    let remedy = "IE10 does not know it: tables, floats and inline blocks carry the layout";
    let code = without(text, "/*", "*/");
    let (mut found, mut start) = (Vec::new(), 0);
    for (end, delimiter) in code.match_indices(['{', '}', ';']) {
        let piece = &code[start..end];
        let at = start + piece.len() - piece.trim_start().len();
        start = end + 1;
        if delimiter == "{" {
            let selector = NEW_SELECTORS.iter().find(|new| piece.contains(**new));
            found.extend(selector.map(|new| (at, format!("selector `{new}`"), remedy.to_owned())));
        } else if let Some((property, value)) = piece.split_once(':') {
            let property = property.trim();
            let new_property = NEW_PROPERTIES.iter().find(|new| {
                property
                    .strip_prefix(**new)
                    .is_some_and(|rest| new.ends_with('-') || rest.is_empty() || rest.starts_with('-'))
            });
            let new_value = NEW_VALUES.iter().find(|new| match new.ends_with('(') {
                true => value.contains(**new),
                false => {
                    property == "display" && value.trim() == **new
                        || value.trim() == "unset" && **new == "unset"
                }
            });
            found.extend(new_property.map(|new| (at, format!("property `{new}`"), remedy.to_owned())));
            found.extend(new_value.map(|new| (at, format!("value `{new}`"), remedy.to_owned())));
        }
    }
    found
}

fn template(text: &str) -> Vec<Found> {
    // What askama fills in is no markup of ours, and may hold `<` and `>`.
    let code = without(&without(&without(text, "{#", "#}"), "{%", "%}"), "{{", "}}");
    let mut found = Vec::new();
    for (at, _) in code.match_indices('<') {
        let tag = tag(&code[at..]);
        let name = tag[1..]
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let mut complain = |what: String, remedy: &str| found.push((at, what, remedy.to_owned()));
        if name == "style" {
            complain("a style inside of a template".into(), "put it into app.css");
        }
        let attributes = attributes(tag);
        if name == "script" && !attributes.contains(&"src".to_owned()) {
            complain(
                "a script inside of a template".into(),
                "put it into a file of crates/web/assets; the content policy refuses it here",
            );
        }
        for attribute in attributes {
            if attribute.starts_with("on") {
                complain(
                    format!("handler `{attribute}`"),
                    "give it a data attribute that app.js knows; the content policy refuses handlers",
                );
            } else if attribute == "style" {
                complain("attribute `style`".into(), "give it a class, or data-width for the width of a bar");
            }
        }
        if tag.contains("=\"javascript:") {
            complain("address `javascript:`".into(), "use a button with a data attribute");
        }
    }
    found
}

/// Up to the closing `>` outside of quotes.
fn tag(text: &str) -> &str {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return &text[..at],
            _ => {}
        }
    }
    text
}

/// Names of a tag's attributes in lower case.
fn attributes(tag: &str) -> Vec<String> {
    let outside: Vec<&str> = tag.split('"').step_by(2).collect();
    let names = outside.join(" ");
    let names = names
        .split_whitespace()
        .skip(1)
        .map(|word| word.split('=').next().unwrap_or_default().to_ascii_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}

/// Blanks out what stands between two marks, every byte at its place.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        let end = rest[start..].find(close).map_or(rest.len(), |end| start + end + close.len());
        out.push_str(&rest[..start]);
        out.extend(rest[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Repository::of(&[(path, text)])).into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn new_scripts_fail() {
        for bad in [
            "let x = 1;",
            "f(function () {}, x => 1);",
            "var s = `a`;",
            "const a = /x/.test(y);",
            "el.classList.add('x');",
            "fetch('/x');",
            "var a = b / c; var d = [...e];",
            "el.remove();",
            "if (a) { x.includes(1); }",
        ] {
            assert!(!found("crates/web/assets/a.js", bad).is_empty(), "{bad}");
        }
    }

    #[test]
    fn words_in_strings_comments_and_expressions_pass() {
        let good = "// let => `x`\n/* const */ var a = 'let it => be', b = {'class': \"`\"}, c = /[`/]=>/.test(a) ? 1 / 2 / 3 : 0;\n\
                    D.remove(el); Dipper.closest(a, b); prefetch(1); w.letter = 1; D.fetchAll();";
        assert_eq!(found("crates/web/assets/a.js", good), Vec::<String>::new());
    }

    #[test]
    fn new_styles_fail() {
        for bad in [
            "a { display: grid }",
            "a { display:flex; }",
            "a { gap: 4px; }",
            "a { --x: 1px; }",
            "a { color: var(--x); }",
            "a:is(b, c) { color: red; }",
            "@media print { a { object-fit: cover; } }",
            "a { font-variant-numeric: tabular-nums; }",
        ] {
            assert_eq!(found("crates/web/assets/a.css", bad).len(), 1, "{bad}");
        }
        let good = "/* display: grid; */ .grid, .flex { display: table; border-collapse: separate; } @media (max-width: 9px) { .grid th:first-child { top: 0; } }";
        assert_eq!(found("crates/web/assets/a.css", good), Vec::<String>::new());
    }

    #[test]
    fn script_and_style_in_templates_fail() {
        for bad in [
            "<script>var a;</script>",
            "<p onclick=\"x()\">",
            "<div class=\"a\" style=\"width:{{ w }}%\">",
            "<a href=\"javascript:x()\">",
            "<style>a{}</style>",
        ] {
            assert_eq!(found("crates/web/templates/a.html", bad).len(), 1, "{bad}");
        }
        let good = "<script src=\"{{ page.asset(\"app.js\") }}\"></script><p title=\"on a style=1\" data-on=\"1\">{% if a < b %}x{% endif %}\
                    <b{% if c %} class=\"{{ c }}\"{% endif %}>1 > 0</b>";
        assert_eq!(found("crates/web/templates/a.html", good), Vec::<String>::new());
    }

    #[test]
    fn names_the_line_behind_chinese_text() {
        let problems =
            check(&Repository::of(&[("crates/web/assets/a.js", "// 中文\nvar a = '汉字'; let b;\n")]));
        assert_eq!(problems[0].line, 2);
    }
}
