//! Text made from a row's fields: `{diagnosis}[:{main_operation}]`, used by cross-checks.

/// A field of a template: `{name}` or `{name|word when blank}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    blank: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
    /// `[…]`: left out when a field inside is blank.
    Optional(Vec<Part>),
}

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

impl Template {
    /// `Err` says what is malformed.
    pub(crate) fn parse(text: &str) -> Result<Template, String> {
        let mut outer: Vec<Part> = Vec::new();
        let mut inner: Option<Vec<Part>> = None;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let is_open = inner.is_some();
            let parts = inner.as_mut().unwrap_or(&mut outer);
            let after = rest.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '{' => {
                    let (field, left) = after.split_once('}').ok_or("“{”没有配对的“}”")?;
                    let (name, blank) = field.split_once('|').unwrap_or((field, ""));
                    if name.trim().is_empty() {
                        return Err("“{}”中没有字段名".to_owned());
                    }
                    parts.push(Part::Field(Field { name: name.trim().to_owned(), blank: blank.to_owned() }));
                    rest = left;
                    continue;
                }
                '[' if !is_open => inner = Some(Vec::new()),
                ']' if is_open => outer.extend(inner.take().map(Part::Optional)),
                '[' | ']' | '}' => return Err(format!("“{c}”没有配对")),
                other => match parts.last_mut() {
                    Some(Part::Text(text)) => text.push(other),
                    _ => parts.push(Part::Text(other.to_string())),
                },
            }
            rest = after;
        }
        if inner.is_some() {
            return Err("“[”没有配对的“]”".to_owned());
        }
        Ok(Template(outer))
    }

    /// All fields it names.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.0
            .iter()
            .flat_map(|part| match part {
                Part::Optional(parts) => parts.iter().collect(),
                part => vec![part],
            })
            .filter_map(|part| match part {
                Part::Field(field) => Some(field),
                _ => None,
            })
    }

    /// The text for a row.
    pub(crate) fn fill(&self, value: &impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        fill(&self.0, value, &mut text);
        text
    }
}

fn fill(parts: &[Part], value: &impl Fn(&str) -> String, text: &mut String) {
    let is_blank =
        |part: &Part| matches!(part, Part::Field(f) if f.blank.is_empty() && value(&f.name).is_empty());
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Field(field) => match value(&field.name) {
                cell if cell.is_empty() => text.push_str(&field.blank),
                cell => text.push_str(&cell),
            },
            Part::Optional(inner) if inner.iter().any(is_blank) => {}
            Part::Optional(inner) => fill(inner, value, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, main: &str, other: &str) -> String {
        let value = |name: &str| match name {
            "d" => "A09.9".to_owned(),
            "m" => main.to_owned(),
            _ => other.to_owned(),
        };
        Template::parse(template).unwrap().fill(&value)
    }

    #[test]
    fn optional_parts_go_with_their_fields() {
        let template = "{d}[:{m}][_{o}]";
        assert_eq!(filled(template, "", ""), "A09.9");
        assert_eq!(filled(template, "44.13", ""), "A09.9:44.13");
        assert_eq!(filled(template, "44.13", "45.23+1"), "A09.9:44.13_45.23+1");
        assert_eq!(filled("{d}:{m|nan}[_{o}]", "", ""), "A09.9:nan");
    }

    #[test]
    fn malformed_templates_are_named() {
        for bad in ["{d", "[:{m}", "{d}]", "a}", "[[{d}]]", "{}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}
