//! The tables, read.

use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub kind: String,
    pub is_list: bool,
    pub values: Vec<String>,
    pub in_path: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub parameters: Vec<Parameter>,
    pub body: Option<String>,
    pub answer: Option<String>,
}

#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "a row of a table")]
pub struct Field {
    pub name: String,
    pub kind: String,
    pub required: bool,
    pub nullable: bool,
    pub read_only: bool,
    /// As the older document has it.
    pub older: bool,
}

#[derive(Debug, Clone)]
pub struct Values {
    pub base: String,
    pub values: Vec<String>,
}

#[derive(Debug)]
pub struct Facts {
    pub operations: Vec<Operation>,
    pub schemas: BTreeMap<String, Vec<Field>>,
    pub enums: BTreeMap<String, Values>,
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| line.split('\t').collect())
}

fn values(text: &str) -> Vec<String> {
    text.split('|').filter(|value| !value.is_empty()).map(ToOwned::to_owned).collect()
}

fn field(row: &[&str]) -> Field {
    let [_, name, kind, required, nullable, read_only] = row[..] else { panic!("{row:?}") };
    Field {
        name: name.into(),
        kind: kind.into(),
        required: required == "required",
        nullable: nullable == "nullable",
        read_only: read_only == "read",
        older: false,
    }
}

impl Facts {
    pub fn read() -> Self {
        let mut operations: Vec<Operation> = Vec::new();
        for row in rows(include_str!("../../facts/operations.tsv")) {
            let [_, method, path, what, name, kind, list, enumerated] = row[..] else { panic!("{row:?}") };
            let known = operations.iter().position(|o| o.method == method && o.path == path);
            let at = known.unwrap_or_else(|| {
                operations.push(Operation { method: method.into(), path: path.into(), ..Operation::default() });
                operations.len() - 1
            });
            match what {
                "answer" => operations[at].answer = Some(name.to_owned()).filter(|name| name != "-"),
                "body" => operations[at].body = Some(name.to_owned()),
                _ => operations[at].parameters.push(Parameter {
                    name: name.into(),
                    kind: kind.into(),
                    is_list: list == "list",
                    values: values(enumerated),
                    in_path: what == "path",
                }),
            }
        }
        let mut schemas: BTreeMap<String, Vec<Field>> = BTreeMap::new();
        for row in rows(include_str!("../../facts/schemas.tsv")) {
            schemas.entry(row[0].into()).or_default().push(field(&row));
        }
        let enums = rows(include_str!("../../facts/enums.tsv"))
            .map(|row| (row[0].to_owned(), Values { base: row[1].to_owned(), values: values(row[2]) }))
            .collect();
        Self { operations, schemas, enums }
    }

    /// With the fields as the older document has them where it differs.
    pub fn read_older() -> Self {
        let mut facts = Self::read();
        for row in rows(include_str!("../../facts/older.tsv")) {
            let fields = facts.schemas.get_mut(row[0]).unwrap_or_else(|| panic!("no schema {}", row[0]));
            fields.retain(|known| known.name != row[1]);
            fields.push(Field { older: true, ..field(&row) });
        }
        facts
    }

    /// The operation that a call is of: literal segments go before placeholders.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let asked: Vec<&str> = path.split('/').collect();
        let holes = |operation: &Operation| operation.path.matches('{').count();
        self.operations
            .iter()
            .filter(|operation| operation.method == method)
            .filter(|operation| {
                let known: Vec<&str> = operation.path.split('/').collect();
                known.len() == asked.len() && known.iter().zip(&asked).all(|(k, a)| k.starts_with('{') || k == a)
            })
            .min_by_key(|operation| holes(operation))
    }

    pub fn schema(&self, name: &str) -> &[Field] {
        self.schemas.get(name).unwrap_or_else(|| panic!("no schema {name}"))
    }
}
