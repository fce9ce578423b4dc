//! A tenant in a process of its own that costs next to nothing: its pages are made beforehand.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{PAGE, Result};

/// What the server has and does.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Purchase orders.
    pub records: u64,
    /// Before each answer.
    pub latency_ms: u64,
    /// Calls allowed in any minute; 0 for any number.
    pub per_minute: u32,
}

impl Setup {
    pub fn parse(text: &str) -> Result<Self> {
        let numbers: Vec<u64> = text.split(',').map(str::parse).collect::<std::result::Result<_, _>>()?;
        let [records, latency_ms, per_minute] = numbers[..] else { return Err("three numbers".into()) };
        Ok(Self { records, latency_ms, per_minute: u32::try_from(per_minute)? })
    }
}

/// The server's process, ended when dropped.
pub struct Server {
    process: Child,
    pub port: u16,
}

impl Server {
    pub fn start(setup: &Setup) -> Result<Self> {
        let text = format!("{},{},{}", setup.records, setup.latency_ms, setup.per_minute);
        let mut process =
            Command::new(std::env::current_exe()?).args(["serve", &text]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { process, port: line.trim().parse()? })
    }

    fn ask(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(stream, "GET {path} HTTP/1.1\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.rsplit("\r\n").next().unwrap_or_default().to_owned())
    }

    /// Calls so far, logins not counted.
    pub fn requests(&self) -> Result<u64> {
        Ok(self.ask("/_requests")?.parse()?)
    }

    pub fn logins(&self) -> Result<u64> {
        Ok(self.ask("/_logins")?.parse()?)
    }

    /// Calls refused so far.
    pub fn refused(&self) -> Result<u64> {
        Ok(self.ask("/_refused")?.parse()?)
    }

    /// Refuses everything for a while.
    pub fn refuse_for(&self, time: Duration) -> Result<()> {
        self.ask(&format!("/_refuse/{}", time.as_millis()))?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing is left to do about a process that cannot be ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Tenant {
    setup: Setup,
    /// A page's records, without the brackets.
    records: String,
    requests: AtomicU64,
    logins: AtomicU64,
    refused: AtomicU64,
    window: Mutex<VecDeque<Instant>>,
    refusing_until: Mutex<Option<Instant>>,
}

pub fn serve(setup: &Setup) -> Result<()> {
    let records: Vec<String> = (0..PAGE).map(|n| order(n).to_string()).collect();
    let tenant = Arc::new(Tenant {
        setup: setup.clone(),
        records: records.join(","),
        requests: AtomicU64::new(0),
        logins: AtomicU64::new(0),
        refused: AtomicU64::new(0),
        window: Mutex::default(),
        refusing_until: Mutex::default(),
    });
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let (stream, tenant) = (stream?, Arc::clone(&tenant));
        std::thread::spawn(move || {
            // A connection that breaks is the client's to see.
            let _ = talk(stream, &tenant);
        });
    }
    Ok(())
}

fn talk(stream: TcpStream, tenant: &Tenant) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let (mut length, mut close) = (0, false);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            close |= header == "connection: close";
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let path = request.split(' ').nth(1).unwrap_or_default();
        answer(&mut writer, tenant, path)?;
        if close {
            return Ok(());
        }
    }
}

fn answer(writer: &mut TcpStream, tenant: &Tenant, path: &str) -> Result<()> {
    let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed).to_string();
    if let Some(time) = path.strip_prefix("/_refuse/") {
        let until = Instant::now() + Duration::from_millis(time.parse()?);
        *tenant.refusing_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        return send(writer, "200 OK", &["ok"]);
    }
    match path {
        "/_requests" => return send(writer, "200 OK", &[&number(&tenant.requests)]),
        "/_logins" => return send(writer, "200 OK", &[&number(&tenant.logins)]),
        "/_refused" => return send(writer, "200 OK", &[&number(&tenant.refused)]),
        "/oauth/token" => {
            tenant.logins.fetch_add(1, Ordering::Relaxed);
            let token = json!({"access_token": "bench", "expires_in": 86400, "token_type": "Bearer"});
            return send(writer, "200 OK", &[&token.to_string()]);
        }
        _ => {}
    }
    tenant.requests.fetch_add(1, Ordering::Relaxed);
    if tenant.setup.latency_ms > 0 {
        std::thread::sleep(Duration::from_millis(tenant.setup.latency_ms));
    }
    if refuses(tenant) {
        tenant.refused.fetch_add(1, Ordering::Relaxed);
        return send(writer, "429 Too Many Requests", &["{}"]);
    }
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let of = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let page: u64 = of("page").unwrap_or("1").parse()?;
    let pages = tenant.setup.records.div_ceil(PAGE);
    let next = if page < pages { format!("\"http://127.0.0.1/?page={}\"", page + 1) } else { "null".to_owned() };
    let mut head = String::new();
    write!(
        head,
        r#"{{"metadata":{{"pagination":{{"count":{},"next":{next},"previous":null,"page_size":{PAGE},"num_pages":{pages},"current_page":{page}}}}},"data":["#,
        tenant.setup.records
    )?;
    let is_vendors = path.starts_with("/api/v3/vendors/");
    send(writer, "200 OK", &[&head, if is_vendors { "" } else { &tenant.records }, "]}"])
}

/// The allowance of any minute, and the bursts.
fn refuses(tenant: &Tenant) -> bool {
    let now = Instant::now();
    let until = *tenant.refusing_until.lock().unwrap_or_else(PoisonError::into_inner);
    if until.is_some_and(|until| now < until) {
        return true;
    }
    if tenant.setup.per_minute == 0 {
        return false;
    }
    let mut window = tenant.window.lock().unwrap_or_else(PoisonError::into_inner);
    while window.front().is_some_and(|at| now - *at > Duration::from_secs(60)) {
        window.pop_front();
    }
    if window.len() >= usize::try_from(tenant.setup.per_minute).unwrap_or(usize::MAX) {
        return true;
    }
    window.push_back(now);
    false
}

fn send(writer: &mut TcpStream, status: &str, parts: &[&str]) -> Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    // Small parts in one write, so that none waits for another.
    for part in &parts[..parts.len().min(1)] {
        head.push_str(part);
    }
    writer.write_all(head.as_bytes())?;
    for part in parts.iter().skip(1).filter(|part| !part.is_empty()) {
        writer.write_all(part.as_bytes())?;
    }
    Ok(())
}

fn order(n: u64) -> Value {
    let person = json!({"id": 31, "department": {"id": 4, "branch": {"id": 2, "name": "Vancouver"},
        "external_id": "CC-400", "name": "Facilities", "punchout_email": null, "active": true},
        "created_at": "2021-05-03T16:20:11.100000Z", "updated_at": "2026-01-07T09:12:40.900000Z",
        "firstName": "Amara", "lastName": "Okafor", "email": "amara.okafor@example.com",
        "position": "Buyer", "phone": "604-555-0142", "address": null, "notifications": true, "is_active": true,
        "mobile": false, "profile_image": null, "slack_user_id": "", "is_sso_enabled": true, "last_changed_by": 7,
        "user": 45, "approval_delegatee": null, "expected_return_date": null});
    let address = json!({"id": 9, "is_active": true, "created_at": "2020-02-01T00:00:00Z",
        "updated_at": "2024-02-01T00:00:00Z", "name": "Head office", "addressAssociation": 2,
        "addressLineOne": "455 Granville Street", "addressLineTwo": "", "postalCode": "V6C 1T1",
        "city": "Vancouver", "state_province": "BC", "country": "Canada", "last_changed_by": 7});
    let term = |name: &str| json!({"id": 3, "name": name, "description": null, "active": true});
    let vendor = json!({"id": 812, "name": "Northern Fasteners Ltd.", "active": true,
        "addressLineOne": "12 Mill Road", "addressLineTwo": null, "postalCode": "V5K 0A1", "city": "Burnaby",
        "state_province": "BC", "country": "Canada", "phoneOne": "604-555-0199", "phoneTwo": null, "fax": null,
        "email": ["orders@example.com"], "comments": "", "contact": "Jo Lind", "url": "https://example.com/",
        "external_id": "SUP-0812", "dateModified": "2026-02-11T18:00:00.000000Z", "currency": 1,
        "payment_term_ref": term("Net 30"), "shipping_term_ref": term("FOB"),
        "payment_method_ref": term("ACH"), "shipping_method_ref": term("Ground"), "payment_methods": [],
        "tax": null, "type": 3, "default_payment_method": null, "creditcards": [], "is_1099_eligible": false,
        "overall_score": 4.5, "is_auto_email_po_enabled": true, "po_pdf_labels": "",
        "email_configurations": {"auto_po": true, "payment_remittance": false}});
    let mut order = json!({"number": format!("PO-{}", 100_000 + n),
        "uuid": format!("7d1c2f0e-5b1a-4a58-9a1e-{n:012x}"), "purchaser": person, "procurify_PO": 100_000 + n,
        "PO_Num": null, "date": "2026-02-20T17:31:05.123456Z", "buyer_name": "Acme Industries",
        "buyer_contact": "Amara Okafor", "buyer_addressLineOne": "455 Granville Street",
        "buyer_postalCode": "V6C 1T1", "buyer_city": "Vancouver", "buyer_state_province": "BC",
        "buyer_country": "Canada", "buyer_address": address, "receiver_name": "Acme Industries",
        "receiver_contact": "Receiving", "receiver_addressLineOne": "455 Granville Street",
        "receiver_postalCode": "V6C 1T1", "receiver_city": "Vancouver", "receiver_state_province": "BC",
        "receiver_country": "Canada", "receiver_address": address, "pref_vendor": vendor});
    let more = json!({"vendor_name": "Northern Fasteners Ltd.", "vendor_contact": "Jo Lind",
        "vendor_addressLineOne": "12 Mill Road", "vendor_postalCode": "V5K 0A1", "vendor_city": "Burnaby",
        "vendor_state_province": "BC", "vendor_country": "Canada", "payment_terms": "Net 30",
        "shipping_terms": "FOB", "shipping_method": "Ground", "promise_date": "2026-03-06T00:00:00Z",
        "subtotal": "1834.50", "freight": "25.000000", "tax": {"value": 12.0, "type": "percentage"},
        "discount": {"value": 0.0, "type": "amount"}, "other": "0.000000", "total": "2079.64",
        "comment": "Deliver to the loading dock.", "purchased_currency": {"id": 1, "name": "CAD",
        "rate": "1.000000", "base": true}, "purchased_currency_rate": "1.000000", "active": true, "state": 0,
        "fulfilment_status": "partial", "disclaimer_description": null, "disclaimer_text": null,
        "recorded_date": null, "closed_date": null, "last_modified": "2026-02-21T08:00:59.654321Z",
        "staged_for_export": false, "version": 1, "item_count": 10, "most_recent_version": 1,
        "punchout_system": null, "purchase_agreement": null, "purchase_agreement_status": null,
        "punchout_vendor_reference": null, "punchout_supplier_icon": null, "punchout_supplier_name": null,
        "has_blanket_order_items": false, "expiry_date": null,
        "contract": {"id": 5, "uuid": "0b5c6f9c-1f7e-4a35-8f0a-3f6a4b1c2d3e", "name": "Fasteners 2026"}});
    if let (Value::Object(order), Value::Object(more)) = (&mut order, more) {
        order.extend(more);
    }
    order
}
