//! SQL that makes the vendor's tables and views, for three databases.

use crate::layout::{From, HisColumn, HisTable, Layout, Style};

/// A database's way of speaking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite
    Sqlite,
    /// PostgreSQL
    Postgres,
    /// MariaDB
    Mariadb,
}

impl Dialect {
    /// A name in quotes.
    pub(crate) fn name(self, name: &str) -> String {
        match self {
            Dialect::Mariadb => format!("`{name}`"),
            Dialect::Sqlite => format!("\"{name}\""),
            // Unquoted names are small letters there.
            Dialect::Postgres => format!("\"{}\"", name.to_ascii_lowercase()),
        }
    }

    /// A text in quotes.
    pub(crate) fn text(self, text: &str) -> String {
        let text = text.replace('\'', "''");
        match self {
            Dialect::Mariadb => format!("'{}'", text.replace('\\', "\\\\")),
            _ => format!("'{text}'"),
        }
    }

    fn kind(self, column: &HisColumn, key: bool) -> &'static str {
        match (self, column.from) {
            (Dialect::Sqlite, _) if column.style == Style::Serial => "INTEGER",
            _ if column.style == Style::Serial => "BIGINT",
            (Dialect::Sqlite, _) if key => "TEXT NOT NULL",
            (Dialect::Sqlite, _) => "TEXT",
            (Dialect::Postgres, From::Updated) => "timestamp(0) NOT NULL",
            (Dialect::Mariadb, From::Updated) => "DATETIME NOT NULL",
            (_, From::Void) => "CHAR(1)",
            _ if key => "VARCHAR(40) NOT NULL",
            // Above 255 bytes InnoDB may keep them off the page; the front page has more than a hundred.
            _ => "VARCHAR(200)",
        }
    }

    /// A number as a 流水号; NULL stays NULL.
    fn serial(self, column: &str) -> String {
        match self {
            Dialect::Sqlite => format!("'F' || substr('000000000000' || {column}, -12)"),
            Dialect::Postgres => format!("'F' || lpad({column}::text, 12, '0')"),
            Dialect::Mariadb => format!("concat('F', lpad({column}, 12, '0'))"),
        }
    }

    /// `CREATE TABLE` of a base table.
    pub(crate) fn create_table(self, table: &HisTable) -> String {
        let key = table.key_columns();
        let columns: Vec<String> = table
            .stored()
            .map(|column| {
                let own = key.contains(&column.base.as_str());
                format!("{} {}", self.name(&column.base), self.kind(column, own))
            })
            .collect();
        let keys: Vec<String> = key.iter().map(|column| self.name(column)).collect();
        let serial =
            table.stored().any(|column| key == [column.base.as_str()] && column.style == Style::Serial);
        let tail = match self {
            // A whole number is the row's own number there; other keys come in order: one tree instead of two.
            Dialect::Sqlite if serial => "",
            Dialect::Sqlite => " WITHOUT ROWID",
            Dialect::Postgres => "",
            Dialect::Mariadb => " ENGINE=InnoDB CHARSET=gbk",
        };
        format!(
            "CREATE TABLE {} ({}, PRIMARY KEY ({})){tail}",
            self.name(&table.base),
            columns.join(", "),
            keys.join(", ")
        )
    }

    /// `CREATE VIEW` with the Chinese names; the charge view takes names and classes from the price list.
    pub(crate) fn create_view(self, layout: &Layout, table: &HisTable) -> String {
        let items = layout.tables.iter().find(|other| other.table.name == "charge_item");
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                let source = match (column.joined, column.from) {
                    (true, From::Column(at)) => {
                        let name = table.table.columns.get(at).map_or("", |column| column.name);
                        let name = if name == "item_name" { "name" } else { name };
                        let base =
                            items.and_then(|items| items.base_column(name).ok()).map_or("", |c| &c.base);
                        format!("x.{}", self.name(base))
                    }
                    _ if column.style == Style::Serial => {
                        self.serial(&format!("b.{}", self.name(&column.base)))
                    }
                    _ => format!("b.{}", self.name(&column.base)),
                };
                format!("{source} AS {}", self.name(&column.view))
            })
            .collect();
        let join = match (items, table.base_column("item_key")) {
            (Some(items), Ok(item)) if table.columns.iter().any(|column| column.joined) => {
                let (list, key, own) = (self.name(&items.base), self.name("HBS"), self.name(&item.base));
                format!(" LEFT JOIN {list} x ON x.{key} = b.{own}")
            }
            _ => String::new(),
        };
        format!(
            "CREATE VIEW {} AS SELECT {} FROM {} b{join}",
            self.name(&table.view),
            columns.join(", "),
            self.name(&table.base)
        )
    }

    /// Indexes on the change time and on the stay.
    pub(crate) fn create_indexes(self, table: &HisTable) -> Vec<String> {
        let base = &table.base;
        let index = |suffix: &str, columns: &[&str]| {
            let names: Vec<String> = columns.iter().map(|column| self.name(column)).collect();
            let name = self.name(&format!("IX_{base}_{suffix}"));
            format!("CREATE INDEX {name} ON {} ({})", self.name(base), names.join(", "))
        };
        let mut list = vec![index("GXSJ", &["GXSJ"])];
        if table.columns.iter().any(|column| column.from == From::Inpatient) {
            list.push(index("ZYH", &["ZYH"]));
        }
        list
    }
}
