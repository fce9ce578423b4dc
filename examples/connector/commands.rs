//! The connector's commands. Each reads its configuration, does one thing, and says what it did.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use procurify_cloudsuite::bill::CostPlace;
use procurify_cloudsuite::reference::{Link, Master, ReferenceReport};
use procurify_cloudsuite::{Connection, Report};
use serde_json::{Value, json};
use sync_core::memory::MemoryStore;
use sync_core::{Failure, Frozen, Kind, Planned, StateName, Step};
use sync_store::{OpenError, SqliteStore};

use crate::config::{Config, Problem};
use crate::progress::Progress;
use crate::{Arguments, Command};

/// Exit code of what is done, but not of all records: some are left for people, or for a later pass.
pub const NOT_ALL_DONE: u8 = 3;

/// How long after it was found in use a store is tried again.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

pub async fn run(arguments: &Arguments) -> Result<ExitCode, Problem> {
    let (config, folder) = Config::read(&arguments.config)?;
    let json = arguments.json;
    match &arguments.command {
        Command::Ping => ping(&config, &folder, json).await,
        Command::Plan => plan(&config, &folder, json).await,
        Command::Sync => sync(&config, &folder, json).await,
        Command::Watch => crate::watch::run(&config, &folder, json).await,
        Command::Audit(arguments) => crate::audit::run(&config, &folder, arguments, json).await,
        Command::Held(arguments) => crate::held::run(&config, &folder, arguments, json).await,
        Command::Reconcile(wanted) => {
            let connection = connect(&config, &folder, Access::Read).await?;
            crate::reconcile::run(&connection, &config.flows(), wanted, json).await
        }
        Command::Revoke => revoke(&config, &folder, json).await,
        Command::Vault { command } => crate::vault::run(&config, &folder, command, json).await,
        Command::Replay(arguments) => crate::replay::run(&config, &folder, arguments, json).await,
        Command::Reference => {
            let connection = connect(&config, &folder, Access::Read).await?;
            crate::reference::show(&connection, json).await
        }
        Command::Link { kind, source, target, who } => {
            let connection = connect(&config, &folder, Access::Write).await?;
            let wanted = Link { kind: kind.clone(), source: source.clone(), target: target.clone() };
            crate::links::link(&connection, wanted, &who.actor(), json).await
        }
        Command::Unlink { kind, source, who } => {
            let connection = connect(&config, &folder, Access::Write).await?;
            crate::links::unlink(&connection, kind, source, &who.actor(), json).await
        }
        Command::Mapping { command } => {
            let access = if command.writes() { Access::Write } else { Access::Read };
            crate::links::mapping(&connect(&config, &folder, access).await?, command, json).await
        }
    }
}

pub fn say(json: bool, document: &Value, text: impl FnOnce() -> String) {
    print(&if json { format!("{document}\n") } else { format!("{}\n", text()) });
}

/// Prints to stdout; that nobody reads on, as with `| head`, is no failure.
pub fn print(text: &str) {
    if let Err(error) = std::io::stdout().write_all(text.as_bytes())
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        eprintln!("what there is to say cannot be written: {error}");
        std::process::exit(1);
    }
}

/// How a command uses the store. Secrets and tokens in its vault are for all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Not at all.
    None,
    /// It reads; without a store there is nothing to read yet.
    Read,
    /// It writes.
    Write,
}

/// A connection on the store, as the command uses it.
pub async fn connect(config: &Config, folder: &Path, access: Access) -> Result<Connection, Problem> {
    Ok(connect_with_store(config, folder, access).await?.0)
}

/// A connection, and the store that it is on.
pub async fn connect_with_store(
    config: &Config,
    folder: &Path,
    access: Access,
) -> Result<(Connection, Option<SqliteStore>), Problem> {
    let ledger = config.ledger(folder)?;
    if !config.uses_vault() {
        // All settings are checked before a store is made.
        config.connection(folder, None).await?.store(MemoryStore::default()).build()?;
    }
    let store = match access {
        Access::Write => Some(open_in_turn(config, &ledger).await?),
        Access::Read if ledger.exists() => Some(SqliteStore::open_read_only(&ledger).await?),
        Access::Read | Access::None => None,
    };
    let vault = config.vault(folder).await?;
    let builder = config.connection(folder, vault.as_ref()).await?;
    Ok(match store {
        Some(store) => (builder.store(store.clone()).build()?, Some(store)),
        None => (builder.store(MemoryStore::default()).build()?, None),
    })
}

/// The store for writing, once no other process writes it.
async fn open_in_turn(config: &Config, ledger: &Path) -> Result<SqliteStore, Problem> {
    let waits = || {
        let ledger = ledger.display();
        eprintln!("waiting for another process to let go of the store {ledger}, such as a run of `watch`");
    };
    in_turn(config.store_wait()?, waits, async || SqliteStore::open(ledger).await).await
}

/// Tries to have the right to write a store for so long; says once that it waits.
pub async fn in_turn<T>(
    patience: Duration,
    waits: impl FnOnce(),
    open: impl AsyncFn() -> Result<T, OpenError>,
) -> Result<T, Problem> {
    let began = Instant::now();
    let mut waits = Some(waits);
    loop {
        match open().await {
            Err(OpenError::InUse(_)) if began.elapsed() < patience => {}
            done => return Ok(done?),
        }
        if let Some(waits) = waits.take() {
            waits();
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

/// Ends the tokens that processes share through the vault.
async fn revoke(config: &Config, folder: &Path, json: bool) -> Result<ExitCode, Problem> {
    let vault = config.vault(folder).await?;
    let client = config.cloudsuite_client(folder, vault.as_ref()).await?;
    let revoked = client.revoke_tokens().await?;
    say(json, &json!({ "tenant": client.tenant(), "revoked": revoked }), || match (revoked, vault) {
        (true, _) => format!(
            "The token of {} in the vault is ended at CloudSuite and removed. What runs logs in again.",
            client.tenant()
        ),
        (false, Some(_)) => format!("The vault has no token of {}: there is nothing to revoke.", client.tenant()),
        (false, None) => "There is no vault, so no token is kept: there is nothing to revoke.".to_owned(),
    });
    Ok(ExitCode::SUCCESS)
}

/// Each system by itself: that one is down tells nothing of the other.
async fn ping(config: &Config, folder: &Path, json: bool) -> Result<ExitCode, Problem> {
    let connection = connect(config, folder, Access::None).await?;
    let (procurify, cloudsuite) = tokio::join!(ping_procurify(&connection), ping_cloudsuite(config, &connection));
    let document = json!({ "procurify": procurify.document, "cloudsuite": cloudsuite.document });
    say(json, &document, || [&procurify, &cloudsuite].map(|answer| answer.text.as_str()).join("\n"));
    let wrong: Vec<String> = [procurify.wrong, cloudsuite.wrong].into_iter().flatten().collect();
    if wrong.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(wrong.join("\n").into()) }
}

/// What a system says of itself.
struct Answer {
    document: Value,
    text: String,
    /// Why it cannot be used as it is configured.
    wrong: Option<String>,
}

impl Answer {
    fn failed(name: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let why = format!("{name}: {}", sync_core::error::sentence(error));
        Self { document: json!({ "failed": why }), text: format!("{name} cannot be used."), wrong: Some(why) }
    }
}

async fn ping_procurify(connection: &Connection) -> Answer {
    let procurify = connection.procurify();
    let me = match procurify.me().await {
        Ok(me) => me,
        Err(error) => return Answer::failed("Procurify", &error),
    };
    let (url, user) = (procurify.base_url().as_str(), me.email.or(me.first_name).unwrap_or_default());
    let text = format!("Procurify {url} answers as {user}.");
    Answer { document: json!({ "url": url, "user": user }), text, wrong: None }
}

async fn ping_cloudsuite(config: &Config, connection: &Connection) -> Answer {
    let product = connection.cloudsuite();
    let asked = async {
        let mut there = product.ping().await?;
        there.lacking.extend(lacking_places(config, connection).await?);
        Ok::<_, Failure>(there)
    };
    let there = match asked.await {
        Ok(there) => there,
        Err(error) => return Answer::failed("CloudSuite", &error),
    };
    let mut text = format!("{} tenant {} ({}) answers", product.name(), there.tenant, there.company);
    text.extend(there.user.iter().map(|user| format!(" as {user}")));
    text.push('.');
    text.extend(there.token_life.map(|life| format!("\nIts tokens live {} minutes.", life.num_minutes())));
    text.extend(there.rate_limit.map(|limit| format!("\nIt says that it allows {limit} calls.")));
    let document = json!({
        "product": product.name(),
        "tenant": there.tenant,
        "company": there.company,
        "user": there.user,
        "lacking": there.lacking,
        "token_minutes": there.token_life.map(|life| life.num_minutes()),
        "rate_limit_seen": there.rate_limit,
    });
    let lacking = there.lacking.join(", ");
    let wrong = (!lacking.is_empty())
        .then(|| format!("the tenant does not offer {lacking}: correct the setting, or ask for the right"));
    Answer { document, text, wrong }
}

/// Where the settings put costs of bills, and the ERP has no such place.
async fn lacking_places(config: &Config, connection: &Connection) -> Result<Vec<String>, Failure> {
    let set = [
        (config.freight(), "freight_account", "freight_cost_center"),
        (config.discount(), "discount_account", "discount_cost_center"),
    ];
    if set.iter().all(|(place, ..)| place.is_none()) {
        return Ok(Vec::new());
    }
    let there = connection.cloudsuite().masters().await?;
    let today = connection.engine().time().now().date_naive();
    let serves = |one: &Master, number: &str| one.id == number && one.blocked.is_none() && one.valid.holds(today);
    let lacks = |there: &[Master], number: &str| !there.iter().any(|one| serves(one, number));
    let mut lacking = Vec::new();
    for (place, account_setting, center_setting) in set {
        let Some(CostPlace { account, cost_center }) = place else { continue };
        if lacks(&there.accounts, &account) {
            lacking.push(format!("account {account} ({account_setting})"));
        }
        if let Some(center) = cost_center.filter(|center| lacks(&there.cost_centers, center)) {
            lacking.push(format!("cost centre {center} ({center_setting})"));
        }
    }
    Ok(lacking)
}

async fn sync(config: &Config, folder: &Path, json: bool) -> Result<ExitCode, Problem> {
    let started = Instant::now();
    let connection = connect(config, folder, Access::Write).await?;
    let passed = pass(config, &connection, || true).await?;
    let document = passed.document(started);
    say(json, &document, || passed.text(&document));
    Ok(if passed.is_all_done() { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALL_DONE) })
}

/// What a pass left of each flow, and of the reference data.
pub struct Passed {
    reports: Vec<(Kind, Report)>,
    reference: ReferenceReport,
    /// Why nothing is posted, and until when.
    frozen: Option<Frozen>,
    /// How many requests it made.
    requests: Requests,
}

/// Requests to each system.
#[derive(Clone, Copy)]
struct Requests {
    procurify: u64,
    cloudsuite: u64,
}

impl Requests {
    fn so_far(connection: &Connection) -> Self {
        Self { procurify: connection.procurify_requests(), cloudsuite: connection.cloudsuite_requests() }
    }

    fn since(self, before: Self) -> Self {
        Self { procurify: self.procurify - before.procurify, cloudsuite: self.cloudsuite - before.cloudsuite }
    }
}

/// One pass of every flow, and the digest of the day if it is due; ended between two steps once `go_on` says no.
pub async fn pass(config: &Config, connection: &Connection, go_on: impl Fn() -> bool) -> Result<Passed, Problem> {
    let mut reports = Vec::new();
    let mut trouble = None;
    let began = connection.engine().time().now();
    let before = Requests::so_far(connection);
    if config.flows().is_empty() {
        trouble = connection.sync_reference_data().await.err();
    }
    for flow in config.flows() {
        if !go_on() {
            break;
        }
        let mut progress = Progress::start(flow);
        let synced = connection.sync_in_pass(flow, began, |event| progress.show(event), &go_on).await;
        progress.finish();
        match synced {
            Ok(report) => reports.push((flow.kind(), report)),
            // What is on its way in the other flows is none the worse for it.
            Err(error) => trouble = trouble.or(Some(error)),
        }
    }
    let today = config.calendar()?.day_begun(connection.engine().time().now());
    if let Some(day) = today.filter(|_| config.wants_digest() && go_on()) {
        connection.engine().send_digest(day).await?;
    }
    if let Some(error) = trouble {
        return Err(error.into());
    }
    let frozen = connection.engine().calendar().frozen(connection.engine().time().now());
    let reference = connection.reference_status().await?;
    Ok(Passed { reports, reference, frozen, requests: Requests::so_far(connection).since(before) })
}

impl Passed {
    pub fn is_all_done(&self) -> bool {
        self.reference.is_all_done() && self.reports.iter().all(|(_, report)| report.is_all_done())
    }

    /// What it did, in words.
    pub fn text(&self, document: &Value) -> String {
        let flows = self.reports.iter().map(|(kind, report)| flow_text(kind, report, document) + "\n");
        format!(
            "{}{}{}{} requests to Procurify, {} to CloudSuite.{}",
            crate::reference::text(&self.reference),
            flows.collect::<String>(),
            self.frozen.as_ref().map(freeze_text).unwrap_or_default(),
            self.requests.procurify,
            self.requests.cloudsuite,
            if self.reference.concerns.is_empty() { "" } else { " Reference data waits for people: see `held`." }
        )
    }

    pub fn document(&self, started: Instant) -> Value {
        let flows: serde_json::Map<String, Value> =
            self.reports.iter().map(|(kind, report)| (kind.to_string(), flow_document(report))).collect();
        let mut document = json!({
            "flows": flows,
            "requests": {
                "procurify": self.requests.procurify,
                "cloudsuite": self.requests.cloudsuite,
            },
            "seconds": started.elapsed().as_secs_f64(),
        });
        if let Some(frozen) = &self.frozen {
            document["frozen_until"] = json!(frozen.until);
        }
        crate::reference::add(&mut document, &self.reference);
        document
    }
}

fn freeze_text(frozen: &Frozen) -> String {
    let until = frozen.until.format("%Y-%m-%d %H:%M UTC");
    format!("Until {until}, {}: what is ready waits for that.\n", frozen.reason)
}

fn flow_text(kind: &Kind, report: &Report, document: &Value) -> String {
    let flow = &document["flows"][kind.as_str()];
    format!(
        "{}s: {} read, {} unchanged, {} posted and {} changed in this pass.\n\
         In all: posted {}, accepted {}, held {}, rejected {}, parked {}, in doubt {}, waiting {}, skipped {}.{}",
        kind.as_str().replace('_', " "),
        flow["read"],
        flow["unchanged"],
        report.posted.len(),
        report.amended.len(),
        flow["posted"],
        flow["accepted"],
        flow["held"],
        flow["rejected"],
        flow["parked"],
        flow["in_doubt"],
        flow["waiting"],
        flow["skipped"],
        match (report.is_all_done(), report.concerns.is_empty()) {
            (_, false) => " See `held`.",
            (false, true) => " The next sync goes on with what is not done yet.",
            (true, true) => "",
        },
    )
}

fn flow_document(report: &Report) -> Value {
    use StateName::{
        Accepted, AmendAt, AmendPostponed, Amending, Cancelled, CommitAt, Committing, Discovered, Held, InDoubt,
        Intent, Parked, Posted, Postponed, Rejected, RetryAt, Skipped,
    };
    let waiting: u64 = [Discovered, Postponed, Intent, RetryAt, CommitAt, Amending, AmendAt, AmendPostponed]
        .map(|state| report.count(state))
        .iter()
        .sum();
    json!({
        "read": report.read,
        "unchanged": report.unchanged,
        "posted": report.count(Posted),
        "amended": report.amended.len(),
        "cancelled": report.count(Cancelled),
        "accepted": report.count(Accepted),
        "held": report.count(Held),
        "rejected": report.count(Rejected),
        "parked": report.count(Parked),
        "in_doubt": report.count(InDoubt) + report.count(Committing),
        "skipped": report.count(Skipped),
        "waiting": waiting,
    })
}

async fn plan(config: &Config, folder: &Path, json: bool) -> Result<ExitCode, Problem> {
    let connection = connect(config, folder, Access::Read).await?;
    let (references, mut plan) = connection.plan_reference_data().await?;
    plan.extend(connection.plan_on(&config.flows(), references).await?);
    let steps: Vec<Value> = plan.iter().map(planned_document).collect();
    say(json, &json!({ "plan": steps }), || {
        let mut lines: Vec<String> = plan.iter().map(planned_text).collect();
        let posts = plan.iter().filter(|planned| matches!(planned.step, Step::Post(_))).count();
        lines.push(format!("{} records in all, {posts} would be posted.", plan.len()));
        lines.join("\n")
    });
    Ok(ExitCode::SUCCESS)
}

fn planned_document(planned: &Planned) -> Value {
    let (step, detail) = match &planned.step {
        Step::Post(document) => ("post", document.clone()),
        Step::Link(target) => ("link", json!(target)),
        Step::LinkAndTell { target, reason } => ("link_and_tell", json!({ "target": target, "reason": reason })),
        Step::Postpone(frozen) => ("postpone", json!({ "until": frozen.until, "reason": frozen.reason })),
        Step::Hold(missing) => ("hold", json!(missing)),
        Step::Skip(reason) => ("skip", json!(reason)),
        Step::LookUp => ("look_up", Value::Null),
        Step::Amend { target, document, differences } => {
            ("amend", json!({ "target": target, "document": document, "differences": differences }))
        }
        Step::Cancel(target) => ("cancel", json!(target)),
        Step::Unanswered(failure) => ("unanswered", json!(failure.to_string())),
        Step::Tell(reason) => ("tell", json!(reason)),
    };
    json!({ "key": planned.key, "step": step, "detail": detail })
}

fn planned_text(planned: &Planned) -> String {
    let words = match &planned.step {
        Step::Post(document) if document.get("supplier").is_none() => crate::reference::planned(document),
        Step::Post(document) => format!(
            "post to supplier {}, {} lines",
            document["supplier"].as_str().unwrap_or("?"),
            document["lines"].as_array().map_or(0, Vec::len)
        ),
        Step::Link(target) => format!("link to {target}, which is there already"),
        Step::LinkAndTell { target, reason } => format!("link to {target}, and tell: {reason}"),
        Step::Postpone(frozen) => {
            format!("post after {}: {}", frozen.until.format("%Y-%m-%d %H:%M UTC"), frozen.reason)
        }
        Step::Hold(missing) => {
            format!("hold: {}", missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        }
        Step::Skip(reason) => format!("skip: {reason}"),
        Step::LookUp => "look up what became of it".to_owned(),
        Step::Amend { target, differences, .. } => {
            let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
            format!("change {target}: {}", differences.join("; "))
        }
        Step::Cancel(target) => format!("cancel {target}, as it was in Procurify"),
        Step::Unanswered(failure) => format!("try again: {failure}"),
        Step::Tell(reason) => format!("tell: {reason}"),
    };
    format!("{}  {words}", planned.key)
}
