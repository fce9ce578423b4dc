//! `multipart/mixed` documents of HTTP requests and responses.

use hyper::StatusCode;

use super::batch::{Group, Part};
use super::request::Answer;

/// The requests of a batch; an error is what is wrong with it.
pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Vec<Group>, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let mut groups = Vec::new();
    for piece in split(text, &boundary(content_type).ok_or("the batch has no boundary")?)? {
        let (headers, content) = headers(piece)?;
        let kind = header(&headers, "content-type").unwrap_or_default();
        if kind.starts_with("multipart/mixed") {
            let inner = boundary(kind).ok_or("a change set has no boundary")?;
            let parts = split(content, &inner)?.into_iter().map(request).collect::<Result<_, _>>()?;
            groups.push(Group { is_change_set: true, parts });
        } else {
            let part = request(piece)?;
            if part.method != "GET" {
                return Err("a write must stand in a change set".to_owned());
            }
            groups.push(Group { is_change_set: false, parts: vec![part] });
        }
    }
    Ok(groups)
}

fn boundary(content_type: &str) -> Option<String> {
    let value = content_type.split_once("boundary=")?.1.split(';').next()?;
    Some(value.trim().trim_matches('"').to_owned()).filter(|boundary| !boundary.is_empty())
}

/// What stands between the boundaries.
fn split<'a>(text: &'a str, boundary: &str) -> Result<Vec<&'a str>, String> {
    let open = format!("--{boundary}\r\n");
    let (_, rest) = text.split_once(&open).ok_or("the first boundary is missing")?;
    let (whole, _) =
        rest.rsplit_once(&format!("--{boundary}--")).ok_or_else(|| format!("the boundary {boundary} is not closed"))?;
    Ok(whole.split(&open).collect())
}

type Headers<'a> = Vec<(String, &'a str)>;

fn headers(text: &str) -> Result<(Headers<'_>, &str), String> {
    let (head, rest) = text.split_once("\r\n\r\n").ok_or("a part has no blank line after its headers")?;
    let pair = |line: &'_ str| line.split_once(':').map(|(name, _)| name.trim().to_lowercase());
    let read = head.lines().map(|line| {
        let name = pair(line).ok_or_else(|| format!("`{line}` is no header"))?;
        Ok((name, line.split_once(':').map_or("", |(_, value)| value.trim())))
    });
    Ok((read.collect::<Result<_, String>>()?, rest))
}

fn header<'a>(headers: &Headers<'a>, name: &str) -> Option<&'a str> {
    headers.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
}

/// An HTTP request in a part.
fn request(piece: &str) -> Result<Part, String> {
    let (about, content) = headers(piece)?;
    if header(&about, "content-type") != Some("application/http") {
        return Err("a part is no application/http".to_owned());
    }
    let (line, rest) = content.split_once("\r\n").ok_or("a part has no request line")?;
    let mut words = line.split(' ');
    let (Some(method), Some(url), Some("HTTP/1.1")) = (words.next(), words.next(), words.next()) else {
        return Err(format!("`{line}` is no request line"));
    };
    let (own, body) = headers(rest)?;
    let body = body.trim();
    let body = (!body.is_empty()).then(|| serde_json::from_str(body).map_err(|error| error.to_string())).transpose()?;
    Ok(Part {
        id: header(&about, "content-id").map(str::to_owned),
        method: method.to_owned(),
        url: super::tenant::decode(url),
        if_match: header(&own, "if-match").map(str::to_owned),
        body,
    })
}

/// An HTTP response as a part.
pub(super) fn response(id: Option<&str>, answer: &Answer) -> String {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let id = id.map(|id| format!("Content-ID: {id}\r\n")).unwrap_or_default();
    let etag = answer.etag.as_ref().map(|etag| format!("ETag: {etag}\r\n")).unwrap_or_default();
    let (kind, body) = if answer.body.is_null() {
        (String::new(), String::new())
    } else {
        ("Content-Type: application/json\r\n".to_owned(), answer.body.to_string())
    };
    format!(
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{id}\r\nHTTP/1.1 {status}\r\n{etag}{kind}\r\n{body}"
    )
}

/// A document of parts, itself a part of another.
pub(super) fn of(boundary: &str, parts: impl Iterator<Item = String>) -> String {
    format!("Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n{}", closed(boundary, parts))
}

/// Parts between boundaries.
pub(super) fn closed(boundary: &str, parts: impl Iterator<Item = String>) -> String {
    let open = format!("--{boundary}\r\n");
    let mut text: String = parts.flat_map(|part| [open.clone(), part, "\r\n".to_owned()]).collect();
    text.extend(["--", boundary, "--\r\n"]);
    text
}
