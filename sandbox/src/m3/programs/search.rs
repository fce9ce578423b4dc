//! The search syntax of `Search...` transactions: `FIELD:value` joined by AND and OR, a blank
//! meaning AND, with `*`, quotes, ranges (`[a TO b]`), NOT and parentheses.

use crate::m3::answer::Refusal;
use crate::m3::company::Row;

/// A search query.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Search {
    Term { field: Option<String>, value: String },
    Not(Box<Search>),
    All(Vec<Search>),
    Any(Vec<Search>),
}

impl Search {
    pub(super) fn read(query: &str) -> Result<Self, Refusal> {
        let mut parser = Parser { tokens: tokens(query), at: 0 };
        let search = parser.any(None);
        match search {
            Some(search) if parser.at == parser.tokens.len() => Ok(search),
            _ => Err(Refusal::nok("CPF9898", "SQRY", "The search query cannot be read")),
        }
    }

    pub(super) fn holds(&self, row: &Row) -> bool {
        match self {
            Self::Term { field: Some(field), value } => row.get(field).is_some_and(|text| matches(value, text)),
            Self::Term { field: None, value } => {
                row.values().any(|text| text.split_whitespace().any(|word| matches(value, word)))
            }
            Self::Not(inner) => !inner.holds(row),
            Self::All(parts) => parts.iter().all(|part| part.holds(row)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(row)),
        }
    }

    /// The values of which a row must have one in these fields, where the query says so.
    pub(super) fn any_of(&self, fields: &[&str]) -> Option<Vec<(&str, &str)>> {
        match self {
            Self::Term { field: Some(field), value } if fields.contains(&field.as_str()) && !value.contains('*') => {
                Some(vec![(field.as_str(), value.as_str())])
            }
            Self::Any(parts) => {
                let each: Option<Vec<_>> = parts.iter().map(|part| part.any_of(fields)).collect();
                Some(each?.concat())
            }
            Self::All(parts) => parts.iter().find_map(|part| part.any_of(fields)),
            _ => None,
        }
    }
}

/// Whole values, with `*` for any characters, or a range with both its ends.
fn matches(pattern: &str, text: &str) -> bool {
    if let Some(range) = pattern.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return range.split_once(" TO ").is_some_and(|(first, last)| (first..=last).contains(&text));
    }
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Word(String),
}

fn tokens(query: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut ranging) = (false, false);
    for c in query.chars() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => word.push(c),
            '[' | ']' => {
                ranging = c == '[';
                word.push(c);
            }
            _ if ranging => word.push(c),
            '(' | ')' => {
                push(&mut tokens, &mut word);
                tokens.push(if c == '(' { Token::Open } else { Token::Close });
            }
            c if c.is_whitespace() => push(&mut tokens, &mut word),
            c => word.push(c),
        }
    }
    push(&mut tokens, &mut word);
    tokens
}

fn push(tokens: &mut Vec<Token>, word: &mut String) {
    if !word.is_empty() {
        tokens.push(Token::Word(std::mem::take(word)));
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn word(&self) -> Option<&str> {
        match self.tokens.get(self.at)? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    fn eat(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self, field: Option<&str>) -> Option<Search> {
        let mut parts = vec![self.all(field)?];
        while self.word() == Some("OR") {
            self.at += 1;
            parts.push(self.all(field)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Search::Any(parts) })
    }

    fn all(&mut self, field: Option<&str>) -> Option<Search> {
        let mut parts = vec![self.one(field)?];
        loop {
            match self.tokens.get(self.at) {
                None | Some(Token::Close) => break,
                Some(Token::Word(word)) if word == "OR" => break,
                Some(Token::Word(word)) if word == "AND" => self.at += 1,
                Some(_) => {}
            }
            parts.push(self.one(field)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Search::All(parts) })
    }

    fn one(&mut self, field: Option<&str>) -> Option<Search> {
        if self.eat(&Token::Open) {
            let inner = self.any(field)?;
            return self.eat(&Token::Close).then_some(inner);
        }
        let word = self.word()?.to_owned();
        self.at += 1;
        match word.split_once(':') {
            _ if word == "NOT" => Some(Search::Not(Box::new(self.one(field)?))),
            Some((name, "")) => self.one(Some(name)),
            Some((name, value)) => Some(Search::Term { field: Some(name.to_owned()), value: value.to_owned() }),
            None => Some(Search::Term { field: field.map(str::to_owned), value: word }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::m3::company::row;

    #[test]
    fn queries_select_as_they_read() {
        let order = row([("YRE1", "PFY00010482"), ("SUNO", "S10001"), ("PUSL", "15")]);
        for (query, expected) in [
            ("YRE1:PFY00010482", true),
            ("YRE1:PFY0001048", false),
            ("YRE1:pfy00010482", false),
            ("YRE1:PFY*", true),
            ("YRE1:*482", true),
            ("YRE1:P*1*2", true),
            ("YRE1:nothing OR YRE1:PFY00010482", true),
            ("YRE1:(A OR PFY00010482)", true),
            ("SUNO:S10001 YRE1:nothing", false),
            ("SUNO:S10001 AND (PUSL:10 OR PUSL:15)", true),
            ("SUNO:S10001 AND NOT PUSL:15", false),
            ("YRE1:\"PFY00010482\"", true),
            ("SUNO:S10001 AND PUSL:[10 TO 20]", true),
            ("PUSL:[16 TO 20]", false),
            ("PFY00010482", true),
        ] {
            let search = Search::read(query).unwrap_or_else(|_| panic!("{query} is a query"));
            assert_eq!(search.holds(&order), expected, "{query}");
        }
        assert!(Search::read("(YRE1:A").is_err());
        assert!(Search::read("").is_err());
    }

    #[test]
    fn a_query_for_certain_references_names_them() {
        let search = Search::read("DIVI:AAA AND (YRE1:A OR YRE1:B)").expect("a query");
        assert_eq!(search.any_of(&["YRE1"]), Some(vec![("YRE1", "A"), ("YRE1", "B")]));
        assert_eq!(Search::read("YRE1:A*").expect("a query").any_of(&["YRE1"]), None);
    }
}
