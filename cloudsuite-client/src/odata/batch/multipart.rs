//! A batch as `multipart/mixed`: change sets of HTTP requests, and of HTTP responses in the same order.
//!
//! ```text
//! --batch                              --XX
//! Content-Type: multipart/mixed; ...   Content-Type: multipart/mixed; ...     made: its responses, by Content-ID
//!   --changes                            --YY
//!   Content-Type: application/http       Content-Type: application/http
//!   Content-ID: 1                        Content-ID: 1
//!
//!   POST Orders HTTP/1.1                 HTTP/1.1 201 Created
//!   {...}                                {...}
//!   --changes--                          --YY--
//! --batch                              --XX
//! ...                                  Content-Type: application/http         refused: one response for all of it
//! ```

use std::fmt::Write as _;

use super::{Answered, Write};

pub(super) const CONTENT_TYPE: &str = "multipart/mixed; boundary=batch";

/// The writes, each with its place, as a change set each, or all in one if `together`.
///
/// A JSON body is one line that begins with a brace, so that no boundary can stand in it.
pub(super) fn encode(writes: &[(usize, &Write)], together: bool) -> Result<Vec<u8>, serde_json::Error> {
    const OPEN: &str = "--batch\r\nContent-Type: multipart/mixed; boundary=changes\r\n\r\n";
    const CLOSE: &str = "--changes--\r\n";
    let mut text = String::new();
    for (n, (place, write)) in writes.iter().enumerate() {
        if n == 0 || !together {
            text.push_str(OPEN);
        }
        let (id, method, target) = (place + 1, write.method, &write.target);
        let _ = write!(
            text,
            "--changes\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {id}\r\n\r\n\
             {method} {target} HTTP/1.1\r\nAccept: application/json\r\n"
        );
        if let Some(etag) = &write.etag {
            let _ = write!(text, "If-Match: {etag}\r\n");
        }
        if let Some(body) = &write.body {
            let _ = write!(text, "Content-Type: application/json\r\n\r\n{}\r\n", serde_json::to_string(body)?);
        } else {
            text.push_str("\r\n\r\n");
        }
        if n + 1 == writes.len() || !together {
            text.push_str(CLOSE);
        }
    }
    text.push_str("--batch--\r\n");
    Ok(text.into_bytes())
}

/// The answers to what was sent from these places.
///
/// An answer says by its `Content-ID` to which write it belongs. One without is that of the change set in the same
/// order, if there are as many answers as change sets; else nobody knows whose it is.
pub(super) fn decode(
    content_type: Option<&str>,
    body: &[u8],
    sent: &[usize],
    together: bool,
) -> Result<Vec<(usize, Answered)>, String> {
    let boundary = content_type.and_then(boundary).ok_or("its Content-Type names no boundary")?;
    let sets = parts(body, &boundary);
    let expected = if together { 1 } else { sent.len() };
    let in_order = sets.len() == expected;
    let mut answers = Vec::new();
    for (n, set) in sets.iter().enumerate() {
        let mine: &[usize] = match sent.get(n) {
            _ if together => sent,
            Some(place) => std::slice::from_ref(place),
            None => &[],
        };
        let inner = set.header("content-type").and_then(boundary_of_mixed);
        let responses = match &inner {
            Some(boundary) => parts(set.content, boundary),
            None => vec![set.clone()],
        };
        for response in &responses {
            let Some((answered, inner_id)) = response.answered() else { continue };
            let named = response.header("content-id").map(str::to_owned).or(inner_id);
            match named.and_then(|id| id.trim_matches(['<', '>', ' ']).parse::<usize>().ok()?.checked_sub(1)) {
                // One refusal stands for the whole change set.
                _ if together && inner.is_none() && in_order && answered.status >= 400 => {
                    answers.extend(mine.iter().map(|place| (*place, answered.clone())));
                }
                Some(place) => answers.push((place, answered)),
                None if in_order && mine.len() == 1 && responses.len() == 1 => answers.push((mine[0], answered)),
                None => {}
            }
        }
    }
    Ok(answers)
}

/// Headers, names in lower case.
type Headers<'a> = Vec<(String, &'a str)>;

/// A part: its headers, and what they are about.
#[derive(Clone)]
struct Part<'a> {
    headers: Headers<'a>,
    content: &'a [u8],
}

impl<'a> Part<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (headers, content) = head(bytes)?;
        Some(Self { headers, content })
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    /// The HTTP response in it, and the `Content-ID` among that one's headers.
    fn answered(&self) -> Option<(Answered, Option<String>)> {
        let (status_line, rest) = line(self.content);
        let status = std::str::from_utf8(status_line).ok()?.strip_prefix("HTTP/")?.split_whitespace().nth(1)?;
        let (headers, body) = head(rest)?;
        let header = |name: &str| headers.iter().find(|(own, _)| own == name).map(|(_, value)| (*value).to_owned());
        let answered = Answered { status: status.parse().ok()?, etag: header("etag"), body: body.to_vec() };
        Some((answered, header("content-id")))
    }
}

/// Headers up to the first blank line, and what comes after it.
fn head(mut bytes: &[u8]) -> Option<(Headers<'_>, &[u8])> {
    let mut headers = Vec::new();
    loop {
        let (now, rest) = line(bytes);
        if now.is_empty() {
            return Some((headers, rest));
        }
        let (name, value) = std::str::from_utf8(now).ok()?.split_once(':')?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim()));
        bytes = rest;
    }
}

/// A line without its end, and what comes after it.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (now, rest) = end.map_or((bytes, &bytes[bytes.len()..]), |end| (&bytes[..end], &bytes[end + 1..]));
    (now.strip_suffix(b"\r").unwrap_or(now), rest)
}

/// The parts between boundaries. What no boundary ends was cut off, and is none.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<Part<'a>> {
    let (open, close) = (format!("--{boundary}"), format!("--{boundary}--"));
    let (mut parts, mut begun, mut at) = (Vec::new(), None::<usize>, 0);
    while at < body.len() {
        let (now, rest) = line(&body[at..]);
        let next = body.len() - rest.len();
        let (opens, closes) = (now.trim_ascii_end() == open.as_bytes(), now.trim_ascii_end() == close.as_bytes());
        if opens || closes {
            parts.extend(begun.and_then(|begin| Part::read(&body[begin..at])));
            begun = opens.then_some(next);
        }
        if closes {
            break;
        }
        at = next;
    }
    parts
}

/// The boundary that a content type names.
fn boundary(content_type: &str) -> Option<String> {
    let parameter = |text: &str| {
        let (name, value) = text.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    };
    content_type.split(';').skip(1).find_map(parameter).filter(|boundary| !boundary.is_empty())
}

fn boundary_of_mixed(content_type: &str) -> Option<String> {
    let mixed = content_type.trim_start().to_ascii_lowercase().starts_with("multipart/mixed");
    boundary(content_type).filter(|_| mixed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::odata::{Key, NewEntity};

    fn set(responses: &[(&str, u16)]) -> String {
        let one = |(id, status): &(&str, u16)| {
            format!(
                "--y\r\nContent-Type: application/http\r\n{id}\r\nHTTP/1.1 {status} Fine\r\nETag: W/\"{status}\"\r\n\r\n{{}}\r\n"
            )
        };
        let all: String = responses.iter().map(one).collect();
        format!("--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n{all}--y--\r\n")
    }

    fn refusal(id: &str) -> String {
        format!(
            "--x\r\nContent-Type: application/http\r\n{id}\r\nHTTP/1.1 422 No\r\nContent-Type: application/json\r\n\r\n{{}}\r\n"
        )
    }

    fn read(body: &str, sent: &[usize], together: bool) -> Vec<(usize, u16)> {
        let decoded = decode(Some("multipart/mixed; charset=utf-8; Boundary=\"x\""), body.as_bytes(), sent, together);
        decoded.unwrap().into_iter().map(|(place, answered)| (place, answered.status)).collect()
    }

    #[test]
    fn answers_are_told_by_their_ids_or_else_by_their_order_if_none_is_missing() {
        let (a, b) = (set(&[("Content-ID: 1\r\n", 201)]), set(&[("Content-ID: 3\r\n", 204)]));
        assert_eq!(read(&format!("{a}{b}--x--\r\n"), &[0, 2], false), [(0, 201), (2, 204)]);
        assert_eq!(read(&format!("{b}{a}--x--"), &[0, 2], false), [(2, 204), (0, 201)], "in whatever order");
        assert_eq!(read(&format!("{a}{}--x--", refusal("")), &[0, 2], false), [(0, 201), (2, 422)]);
        assert_eq!(read(&format!("{}--x--", refusal("")), &[0, 2], false), [], "one of two, and none says which");
        assert_eq!(read(&format!("{}--x--", set(&[("", 201)])), &[4], false), [(4, 201)]);
        assert_eq!(read(&format!("{a}{}", &b[..b.len() - 9]), &[0, 2], false), [(0, 201)], "cut off");
        let lines = format!("{a}{b}--x--\r\n").replace("\r\n", "\n");
        assert_eq!(read(&lines, &[0, 2], false), [(0, 201), (2, 204)], "with bare line feeds");
    }

    #[test]
    fn a_change_set_is_made_whole_or_refused_whole() {
        let made = set(&[("Content-ID: 2\r\n", 204), ("Content-ID: 1\r\n", 201)]);
        assert_eq!(read(&format!("{made}--x--"), &[0, 1], true), [(1, 204), (0, 201)]);
        assert_eq!(read(&format!("{}--x--", refusal("")), &[0, 1], true), [(0, 422), (1, 422)]);
        assert_eq!(read(&format!("{}--x--", refusal("Content-ID: 2\r\n")), &[0, 1], true), [(0, 422), (1, 422)]);
        assert!(decode(Some("application/json"), b"{}", &[0], false).is_err());
    }

    #[test]
    fn writes_stand_in_change_sets_as_the_standard_has_them() {
        let create = Write::create("Orders", NewEntity::new().set("Order", "PO 1\r\n--changes--"));
        let delete = Write::delete("Orders", &Key::of("PO 2"), Some("W/\"1\""));
        let text = String::from_utf8(encode(&[(0, &create), (2, &delete)], false).unwrap()).unwrap();
        let sets = parts(text.as_bytes(), "batch");
        assert_eq!(sets.len(), 2);
        let inner: Vec<_> = sets.iter().flat_map(|set| parts(set.content, "changes")).collect();
        assert_eq!(inner.iter().map(|part| part.header("content-id").unwrap()).collect::<Vec<_>>(), ["1", "3"]);
        let first = std::str::from_utf8(inner[0].content).unwrap();
        assert!(first.starts_with(
            "POST Orders HTTP/1.1\r\nAccept: application/json\r\nContent-Type: application/json\r\n\r\n{"
        ));
        let second = std::str::from_utf8(inner[1].content).unwrap();
        assert!(
            second.starts_with(
                "DELETE Orders('PO%202') HTTP/1.1\r\nAccept: application/json\r\nIf-Match: W/\"1\"\r\n\r\n"
            )
        );
        let together = encode(&[(0, &create), (1, &delete)], true).unwrap();
        assert_eq!(parts(parts(&together, "batch")[0].content, "changes").len(), 2);
    }
}
