//! 模板: a value put together from source columns and fixed text: `["住院号", "-", "住院次数"]`.

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A source column.
    Column(String),
    /// Fixed text.
    Fixed(String),
}

/// All parts; at least one is a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Part>);

impl Template {
    /// Reads parts: punctuation alone and text in single quotes is fixed, the rest are columns.
    pub(super) fn parse(parts: &[String]) -> Result<Template, String> {
        let mut read = Vec::with_capacity(parts.len());
        for part in parts {
            let quoted = part.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            read.push(match quoted {
                Some(text) => Part::Fixed(text.to_owned()),
                None if part.is_empty() => return Err("模板中有空的部分".to_owned()),
                None if !part.chars().any(char::is_alphanumeric) => Part::Fixed(part.clone()),
                None => Part::Column(part.clone()),
            });
        }
        if !read.iter().any(|part| matches!(part, Part::Column(_))) {
            return Err("模板中至少要有一个源列".to_owned());
        }
        Ok(Template(read))
    }

    /// Source columns it uses.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Column(name) => Some(name.as_str()),
            Part::Fixed(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(parts: &[&str]) -> Result<Template, String> {
        Template::parse(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn columns_and_fixed_text_are_told_apart() {
        let template = parse(&["'ZY'", "住院号", "-", "_1"]).unwrap();
        assert_eq!(
            template.0,
            [
                Part::Fixed("ZY".to_owned()),
                Part::Column("住院号".to_owned()),
                Part::Fixed("-".to_owned()),
                Part::Column("_1".to_owned())
            ]
        );
        assert!(parse(&["-"]).is_err() && parse(&[]).is_err() && parse(&["a", ""]).is_err());
    }
}
