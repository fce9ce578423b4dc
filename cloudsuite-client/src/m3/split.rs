//! How transactions are written into calls, and cut so that no call exceeds its limits.

use std::fmt::Write as _;
use std::ops::Range;

use serde_json::Value;

/// What a call may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub transactions: usize,
    /// The size of the whole body.
    pub bytes: usize,
}

/// The parts of a bulk body that do not depend on its transactions.
#[derive(Debug)]
pub(crate) struct Frame(String);

/// What comes after the last transaction.
const TAIL: &str = "]}";

impl Frame {
    /// `transactions` must be the last member, for the server reads the body as a stream.
    pub(crate) fn new(program: &str, company: u16, division: Option<&str>) -> Self {
        let mut head = format!("{{\"program\":{},\"cono\":{company}", json(program));
        if let Some(division) = division {
            let _ = write!(head, ",\"divi\":{}", json(division));
        }
        head.push_str(",\"dateFormat\":\"YMD8\",\"excludeEmptyValues\":true,\"rightTrim\":true");
        head.push_str(",\"maxReturnedRecords\":0,\"transactions\":[");
        Self(head)
    }

    /// The size of a body with one transaction of this size.
    pub(crate) fn size_with(&self, transaction: usize) -> usize {
        self.0.len() + transaction + TAIL.len()
    }

    pub(crate) fn body(&self, transactions: &[String]) -> String {
        let mut body = self.0.clone();
        body.push_str(&transactions.join(","));
        body.push_str(TAIL);
        body
    }

    /// Where to cut transactions of these sizes, in order, into calls that are as full as they may be. A transaction
    /// too large for any call gets one of its own: refuse those before.
    pub(crate) fn split(&self, sizes: &[usize], limits: Limits) -> Vec<Range<usize>> {
        let empty = self.size_with(0);
        let mut calls = Vec::new();
        let (mut start, mut bytes) = (0, empty);
        for (index, size) in sizes.iter().enumerate() {
            let count = index - start;
            let comma = usize::from(count > 0);
            if count > 0 && (count >= limits.transactions || bytes + comma + size > limits.bytes) {
                calls.push(start..index);
                (start, bytes) = (index, empty + size);
            } else {
                bytes += comma + size;
            }
        }
        if start < sizes.len() {
            calls.push(start..sizes.len());
        }
        calls
    }
}

/// A text as JSON.
pub(crate) fn json(text: &str) -> Value {
    Value::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(transactions: usize, bytes: usize) -> Limits {
        Limits { transactions, bytes }
    }

    #[test]
    fn calls_are_cut_by_count() {
        let frame = Frame::new("PPS370MI", 100, Some("AAA"));
        assert_eq!(frame.split(&[10; 5], limits(2, 10_000)), [0..2, 2..4, 4..5]);
        assert_eq!(frame.split(&[10; 2], limits(2, 10_000)).len(), 1);
        assert!(frame.split(&[], limits(2, 10_000)).is_empty());
    }

    #[test]
    fn calls_are_cut_by_the_size_of_the_body_as_it_is_sent() {
        let frame = Frame::new("PPS370MI", 100, Some("AAA"));
        let transactions = vec!["x".repeat(50); 7];
        let sizes = vec![50; 7];
        let two = frame.body(&transactions[..2]).len();
        assert_eq!(frame.split(&sizes, limits(100, two)), [0..2, 2..4, 4..6, 6..7]);
        assert_eq!(frame.split(&sizes, limits(100, two - 1)).len(), 7);
        for limit in [two, two + 1, two + 51, 1_000] {
            for call in frame.split(&sizes, limits(100, limit)) {
                assert!(frame.body(&transactions[call]).len() <= limit);
            }
        }
    }

    #[test]
    fn transactions_are_the_last_member_of_a_valid_body() {
        let body =
            Frame::new("CRS620MI", 100, None).body(&[r#"{"transaction":"A"}"#.into(), r#"{"transaction":"B"}"#.into()]);
        let read: Value = serde_json::from_str(&body).unwrap_or_default();
        assert_eq!(read["transactions"][1]["transaction"], "B");
        assert_eq!(read["cono"], 100);
        assert!(read.get("divi").is_none());
        assert!(body.ends_with(r#"{"transaction":"B"}]}"#));
    }
}
