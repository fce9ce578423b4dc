//! Whether lists are read in constant memory, and as fast as a plain loop over the same pages.
//!
//! `cargo bench -p cloudsuite-client --bench paging [-- ROWS]` reads ROWS rows (1,000,000 by default) and 10,000 rows of
//! each product from a server in a process of its own, each time in a fresh process, and prints a table.
//!
//! There are two plain loops over the same pages: one that decodes any JSON, and one that decodes structs of its own,
//! which does less than a client can. It fails where ROWS rows take more than 1.1 times the memory of 10,000 (of three
//! runs each, the one that took most), or where a stream is slower than 0.9 of the first loop in its best run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Instant;

use cloudsuite_client::m3::Company;
use cloudsuite_client::{CloudSuiteClient, Ionapi};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tenant_http::reqwest;

const PAGE: usize = 1_000;
const PRODUCTS: [&str; 3] = ["m3", "syteline", "odata"];
const FEW: usize = 10_000;
/// The most memory that many rows may take, as a multiple of what few do.
const MEMORY: f64 = 1.1;
/// The least speed of a stream, as a multiple of the plain loop's.
const SPEED: f64 = 0.9;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", rows] => serve(rows.parse().unwrap()),
        [how @ ("stream" | "raw" | "typed"), product, port] => {
            let start = Instant::now();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let rows = runtime.block_on(async {
                match how {
                    "stream" => stream(product, port).await,
                    "raw" => plain(product, port, any).await,
                    _ => plain(product, port, typed).await,
                }
            });
            println!("{rows} {} {}", start.elapsed().as_secs_f64(), peak_kilobytes());
        }
        _ => {
            // Run as a test, it only shows that it works.
            let measured = std::env::args().any(|argument| argument == "--bench");
            let usual = if measured { 1_000_000 } else { 20_000 };
            let missed = compare(words.first().and_then(|rows| rows.parse().ok()).unwrap_or(usual));
            if measured && !missed.is_empty() {
                println!("{}", missed.join("\n"));
                std::process::exit(1);
            }
        }
    }
}

/// Prints the table, and answers what is not as it should be.
fn compare(rows: usize) -> Vec<String> {
    let [product, count, stream, raw] = ["product", "rows", "stream/s", "any JSON/s"];
    println!("{product:10} {count:>9} {stream:>12} {raw:>12} {:>7} {:>12} {:>12}", "ratio", "typed/s", "peak KiB");
    let (few, many) = (measure(FEW), measure(rows));
    let mut missed = Vec::new();
    for ((product, few), many) in PRODUCTS.iter().zip(few).zip(many) {
        let memory = many.peak / few.peak;
        if few.peak > 0.0 && memory > MEMORY {
            missed.push(format!("{product}: {rows} rows take {memory:.2} x the memory of {FEW}, {MEMORY} at most"));
        }
        if many.ratio < SPEED {
            missed.push(format!("{product}: {:.2} x the plain loop's speed, {SPEED} at least", many.ratio));
        }
    }
    missed
}

struct Measured {
    /// The stream's speed as a multiple of that of the loop that decodes any JSON.
    ratio: f64,
    /// KiB.
    peak: f64,
}

/// Each product's list of so many rows, in three runs: the best speed, and the most memory.
fn measure(rows: usize) -> Vec<Measured> {
    let mut server = own(&["serve", &rows.to_string()]);
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let run = |how: &str, product: &str| {
        let output = own(&[how, product, port.trim()]).wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let [read, seconds, peak] = numbers[..] else { panic!("{how} {product}: {text}") };
        assert_eq!(read.to_string(), rows.to_string(), "{how} {product}");
        (read / seconds, peak)
    };
    let best = |product: &&str| {
        let mut best = Measured { ratio: 0.0, peak: 0.0 };
        for _ in 0..3 {
            let [(stream, peak), (raw, _), (typed, _)] = ["stream", "raw", "typed"].map(|how| run(how, product));
            let ratio = stream / raw;
            println!("{product:10} {rows:>9} {stream:>12.0} {raw:>12.0} {ratio:>7.2} {typed:>12.0} {peak:>12.0}");
            best = Measured { ratio: best.ratio.max(ratio), peak: best.peak.max(peak) };
        }
        best
    };
    let measured = PRODUCTS.iter().map(best).collect();
    server.kill().unwrap();
    server.wait().unwrap();
    measured
}

fn own(arguments: &[&str]) -> std::process::Child {
    let this = std::env::current_exe().unwrap();
    Command::new(this).args(arguments).stdout(Stdio::piped()).spawn().unwrap()
}

/// The largest resident size of this process so far, where the system tells it.
fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

async fn count<T>(list: impl Stream<Item = T>) -> usize {
    list.fold(0, |count, _| async move { count + 1 }).await
}

async fn stream(product: &str, port: &str) -> usize {
    let base = format!("http://127.0.0.1:{port}");
    let file = json!({"ti": "T", "ci": "c", "cs": "s", "iu": base, "pu": format!("{base}/as/"), "oa": "a", "ot": "token",
        "or": "r", "saak": "k", "sask": "p"});
    let ionapi = Ionapi::parse(file.to_string().as_bytes()).unwrap();
    let client = CloudSuiteClient::builder(ionapi).requests_per_minute(6_000_000).build().unwrap();
    match product {
        "m3" => count(client.m3(Company(100)).suppliers().list().stream().map(Result::unwrap)).await,
        "syteline" => count(client.syteline("X").vendors().list().record_cap(1_000).stream().map(Result::unwrap)).await,
        _ => count(client.odata("1").suppliers().list().stream().map(Result::unwrap)).await,
    }
}

/// How many rows a page has, decoded as any JSON.
fn any(_product: &str, body: &[u8]) -> usize {
    let page: serde_json::Value = serde_json::from_slice(body).unwrap();
    let list = page.get("Items").or_else(|| page.get("value")).unwrap_or(&page["results"][0]["records"]);
    list.as_array().unwrap().len()
}

/// The same, decoded as structs of what the rows have.
fn typed(product: &str, body: &[u8]) -> usize {
    #[derive(Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    struct Supplier {
        suno: String,
        sunm: Option<String>,
        stat: Option<String>,
        cscd: Option<String>,
        phno: Option<String>,
    }
    #[derive(Deserialize)]
    struct Results {
        results: Vec<Records>,
    }
    #[derive(Deserialize)]
    struct Records {
        records: Vec<Supplier>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Vendor {
        vend_num: String,
        name: Option<String>,
        stat: Option<String>,
        curr_code: Option<String>,
        vad_city: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Load {
        items: Vec<Vendor>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Entity {
        supplier: String,
        name: Option<String>,
        status: Option<String>,
        currency: Option<String>,
    }
    #[derive(Deserialize)]
    struct Page {
        value: Vec<Entity>,
    }
    match product {
        "m3" => {
            let page: Results = serde_json::from_slice(body).unwrap();
            let use_up = |row: &Supplier| {
                black_box((&row.suno, &row.sunm, &row.stat, &row.cscd, &row.phno));
            };
            page.results.into_iter().flat_map(|result| result.records).inspect(use_up).count()
        }
        "syteline" => {
            let page: Load = serde_json::from_slice(body).unwrap();
            let use_up = |row: &Vendor| {
                black_box((&row.vend_num, &row.name, &row.stat, &row.curr_code, &row.vad_city));
            };
            page.items.into_iter().inspect(use_up).count()
        }
        _ => {
            let page: Page = serde_json::from_slice(body).unwrap();
            let use_up = |row: &Entity| {
                black_box((&row.supplier, &row.name, &row.status, &row.currency));
            };
            page.value.into_iter().inspect(use_up).count()
        }
    }
}

/// The same pages, fetched and decoded one after the other.
async fn plain(product: &str, port: &str, rows_of: fn(&str, &[u8]) -> usize) -> usize {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let client = reqwest::Client::new();
    let base = format!("http://127.0.0.1:{port}");
    let (mut at, mut rows) = (0, 0);
    loop {
        let address = match product {
            "m3" => format!("{base}/M3/x?SUNO={at:08}"),
            "syteline" => format!("{base}/CSI/x?bookmark=%3CB%3E{at}%3C/B%3E"),
            _ => format!("{base}/LN/x?$skiptoken={at}"),
        };
        let body = client.get(&address).send().await.unwrap().bytes().await.unwrap();
        let count = rows_of(product, &body);
        // M3 begins with the row that the page before ended with.
        let again = usize::from(product == "m3" && at > 0);
        rows += count - again;
        if count < PAGE || (count == again) {
            return rows;
        }
        at += count - again;
        if product == "m3" {
            at = rows - 1;
        }
    }
}

fn serve(rows: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    std::io::stdout().flush().unwrap();
    for connection in listener.incoming().flatten() {
        std::thread::spawn(move || answer(connection, rows));
    }
}

fn answer(mut connection: TcpStream, rows: usize) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    loop {
        let (mut head, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
            head.push_str(&line.to_lowercase());
            line.clear();
        }
        let Some(target) = head.split_whitespace().nth(1) else { return };
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let body = page(target, rows);
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        if connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

fn page(target: &str, rows: usize) -> String {
    let number = |name: &str| -> usize {
        let value = target.split(name).nth(1).unwrap_or_default();
        let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    };
    let list =
        |at: usize, row: &dyn Fn(usize) -> String| (at..rows.min(at + PAGE)).map(row).collect::<Vec<_>>().join(",");
    let mut body = String::new();
    if target.contains("/m3/") {
        let at = number("suno=");
        let row =
            |n| format!(r#"{{"SUNO":"{n:08}","SUNM":"Supplier {n}","STAT":"20","CSCD":"CA","PHNO":"604 555 0100"}}"#);
        write!(body, r#"{{"results":[{{"transaction":"LstByNumber","records":[{}]}}]}}"#, list(at, &row)).unwrap();
    } else if target.contains("/csi/") {
        let at = number("bookmark=%3cb%3e");
        let row =
            |n| format!(r#"{{"VendNum":"{n:07}","Name":"Vendor {n}","Stat":"A","CurrCode":"CAD","VadCity":null}}"#);
        let (next, more) = (at + PAGE, at + PAGE < rows);
        write!(
            body,
            r#"{{"Items":[{}],"Bookmark":"<B>{next}</B>","MoreRowsExist":{more},"Success":true}}"#,
            list(at, &row)
        )
        .unwrap();
    } else if target.contains("/ln/") {
        let at = number("$skiptoken=");
        let row = |n| format!(r#"{{"Supplier":"{n:08}","Name":"Supplier {n}","Status":"Active","Currency":"CAD"}}"#);
        write!(body, r#"{{"value":[{}]"#, list(at, &row)).unwrap();
        if at + PAGE < rows {
            write!(body, r#","@odata.nextLink":"Suppliers?$skiptoken={}""#, at + PAGE).unwrap();
        }
        body.push('}');
    } else {
        body.push_str(r#"{"access_token":"t","expires_in":7200}"#);
    }
    body
}
