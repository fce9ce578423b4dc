//! Every answer is read whole, however much or little of it is there.

use super::decoders::types;
use super::facts::Facts;
use super::instances::{Shape, instance};
use super::same::difference;

/// The schemas of the records in the answers of all operations.
fn records(facts: &Facts) -> Vec<String> {
    let mut names = Vec::new();
    for answer in facts.operations.iter().filter_map(|operation| operation.answer.as_ref()) {
        let fields = facts.schema(answer);
        let is_envelope = fields.iter().any(|f| f.name == "metadata") || answer.starts_with("Paginated");
        if !is_envelope {
            names.push(answer.clone());
            continue;
        }
        for field in fields {
            let inner = field.kind.trim_matches(['[', ']']);
            if facts.schemas.contains_key(inner) {
                names.push(inner.to_owned());
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

#[test]
fn every_record_of_every_answer_is_read_and_nothing_of_it_is_lost() {
    let mut lost = unread("newer", &Facts::read());
    lost.extend(unread("older", &Facts::read_older()));
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

fn unread(document: &str, facts: &Facts) -> Vec<String> {
    let (types, mut lost) = (types(), Vec::new());
    for name in records(facts) {
        let decoder = types.get(name.as_str()).unwrap_or_else(|| panic!("no type reads {name}"));
        let (record, decode) = (decoder.record, decoder.decode);
        for shape in [Shape::Full, Shape::Minimal, Shape::Nulls, Shape::Hollow, Shape::UnknownValues] {
            let (place, sent) = (format!("{name} as {record}, {shape:?}, {document}"), instance(facts, &name, shape));
            match decode(sent.to_string().as_bytes()) {
                Ok(read) => lost.extend(difference(&sent, &read).map(|what| format!("{place}: {what}"))),
                Err(error) => lost.push(format!("{place}: {error}")),
            }
        }
        // What nobody knows is passed over.
        let full = decode(instance(facts, &name, Shape::Full).to_string().as_bytes()).ok();
        let extended = decode(instance(facts, &name, Shape::Extended).to_string().as_bytes()).ok();
        if full != extended {
            lost.push(format!("{name}: unknown fields change what is read"));
        }
    }
    lost
}
