//! Many transactions of one program, in as few calls as count and bytes allow.

use serde_json::value::RawValue;
use tenant_http::{ErrorKind, Outcome};

use super::M3;
use super::call::{call, options};
use super::error::TransactionError;
use super::pairing::{Results, pair};
use super::record::MiRecord;
use super::split::Frame;
use super::transaction::{Transaction, check_name};

/// Transactions being gathered; [`send`](Self::send) runs them in order.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until send()"]
pub struct Bulk {
    m3: M3,
    program: String,
    transactions: Vec<Transaction>,
    carry_on: bool,
}

/// What may follow a call.
enum Next {
    /// The next call.
    Call,
    /// The next call, if the transactions do not depend on each other: this one met trouble that may pass.
    IndependentCall,
    /// None: the next would fail like this one.
    Nothing,
}

/// Transactions ready to be sent, cut into calls, beside those that cannot be.
struct Plan {
    frame: Frame,
    /// Per transaction: its JSON, or why it is not sent.
    bodies: Vec<Result<String, TransactionError>>,
    /// Per call: the places of its transactions.
    calls: Vec<Vec<usize>>,
}

impl Bulk {
    pub(crate) fn new(m3: M3, program: &str) -> Self {
        Self { m3, program: program.to_owned(), transactions: Vec::new(), carry_on: false }
    }

    /// Adds a transaction.
    pub fn push(mut self, transaction: Transaction) -> Self {
        self.transactions.push(transaction);
        self
    }

    /// Adds transactions.
    pub fn extend(mut self, transactions: impl IntoIterator<Item = Transaction>) -> Self {
        self.transactions.extend(transactions);
        self
    }

    /// Goes on with the next call when one fails in a way that may pass, though not when two in a row do. For
    /// transactions that do not depend on those of earlier calls, or that M3 refuses without harm if those failed.
    /// Default: the calls after a failed one are not sent.
    pub fn carry_on(mut self) -> Self {
        self.carry_on = true;
        self
    }

    /// How many calls [`send`](Self::send) will make if none fails.
    pub fn calls(&self) -> usize {
        self.plan().calls.len()
    }

    /// Runs the transactions, call after call, and returns one result for each, in their order, with the server's id of
    /// the call that it came in.
    ///
    /// - M3 goes on past a transaction that fails.
    /// - A call that fails as a whole gives its transactions its own error; the calls after it are not sent, and their
    ///   transactions are `NotProcessed`. The same holds when the server ends a call before its last transaction. See
    ///   [`carry_on`](Self::carry_on).
    /// - A transaction without a result in the answer is `Unknown`.
    /// - A transaction too large for a call, or with a value that must not be sent, is `NotProcessed`; the others are
    ///   sent.
    ///
    /// Calls whose transactions all only read are sent again after a failure, and what a server left out of them by
    /// ending a call at a refusal is asked anew. Dropping the future gives up: the call under way may still be
    /// processed, the ones after it are not sent.
    pub async fn send(self) -> Results {
        let mut results = self.run().await;
        if !self.transactions.iter().all(Transaction::is_read) {
            return results;
        }
        let mut rest = left_out(&results);
        while !rest.is_empty() {
            let transactions = rest.iter().map(|&place| self.transactions[place].clone()).collect();
            let again = Self { transactions, program: self.program.clone(), m3: self.m3.clone(), ..self };
            for (&place, answer) in rest.iter().zip(again.run().await) {
                results[place] = answer;
            }
            let left = left_out(&results);
            if left.len() >= rest.len() {
                break;
            }
            rest = left;
        }
        results
    }

    /// As [`send`](Self::send), of what is read: which call it came in is of no matter.
    pub(crate) async fn rows(self) -> Vec<Result<Vec<MiRecord>, TransactionError>> {
        self.send().await.into_iter().map(|result| result.map(|rows| rows.value)).collect()
    }

    async fn run(&self) -> Results {
        let Plan { frame, bodies, calls } = self.plan();
        let mut results: Vec<Option<_>> = Vec::with_capacity(bodies.len());
        let mut ready = Vec::with_capacity(bodies.len());
        for body in bodies {
            match body {
                Ok(body) => {
                    ready.push(body);
                    results.push(None);
                }
                Err(error) => {
                    ready.push(String::new());
                    results.push(Some(Err(error)));
                }
            }
        }
        let mut failed_before = false;
        for places in calls {
            let bodies: Vec<String> = places.iter().map(|&place| std::mem::take(&mut ready[place])).collect();
            let sent: Vec<Transaction> = places.iter().map(|&place| self.transactions[place].clone()).collect();
            let (answers, next) = self.send_one(frame.body(&bodies), &sent).await;
            for (place, answer) in places.into_iter().zip(answers) {
                results[place] = Some(answer);
            }
            let failed = !matches!(next, Next::Call);
            let hopeless = matches!(next, Next::Nothing) || failed_before;
            if failed && (hopeless || !self.carry_on) {
                break;
            }
            failed_before = failed;
        }
        let unsent = |transaction: &Transaction| {
            let message = "not sent, because the call before it failed";
            let (kind, outcome) = (ErrorKind::Unavailable, Outcome::NotProcessed);
            Err(TransactionError::other(&self.program, transaction.name(), kind, outcome, message))
        };
        let paired = results.into_iter().zip(&self.transactions);
        paired.map(|(result, transaction)| result.unwrap_or_else(|| unsent(transaction))).collect()
    }

    /// One call: its transactions' results, and what may follow.
    async fn send_one(&self, body: String, sent: &[Transaction]) -> (Results, Next) {
        let failed = |error: tenant_http::Error| {
            let each = |transaction: &Transaction| {
                Err(TransactionError::call_of(&self.program, transaction.name(), error.clone()))
            };
            let next = if may_pass(error.kind()) { Next::IndependentCall } else { Next::Nothing };
            (sent.iter().map(each).collect(), next)
        };
        let operation = format!("POST {}", self.program);
        let body = match RawValue::from_string(body) {
            Ok(body) => body,
            Err(error) => {
                let message = "the body could not be written as JSON";
                return failed(tenant_http::Error::config(operation, message).with_source(error));
            }
        };
        let path = format!("{}/execute", self.m3.client.m3_path());
        let query = self.query();
        let read = sent.iter().all(Transaction::is_read);
        let http = self.m3.client.http();
        match call(&operation, read, || http.post(&path).query(&query).json(&body)).await {
            Err(error) => failed(error),
            Ok(answer) => {
                let next = if answer.terminated.is_none() { Next::Call } else { Next::IndependentCall };
                (pair(&self.program, sent, answer), next)
            }
        }
    }

    /// The options are in the body too; servers differ in where they look. `extendedresult` makes them repeat the
    /// input, by which answers are told apart.
    fn query(&self) -> Vec<(String, String)> {
        let mut query = options(&self.m3);
        query.push(("maxrecs".to_owned(), "0".to_owned()));
        query.push(("extendedresult".to_owned(), "true".to_owned()));
        query
    }

    fn plan(&self) -> Plan {
        let scope = self.m3.scope();
        let frame = Frame::new(&self.program, scope.company.0, scope.division.as_ref().map(AsRef::as_ref));
        let unfit = check_name("program", &self.program)
            .err()
            .or_else(|| self.m3.check().err().map(|invalid| invalid.to_string()));
        let bodies: Vec<_> =
            self.transactions.iter().map(|transaction| self.write(&frame, transaction, unfit.as_deref())).collect();
        let (places, sizes): (Vec<usize>, Vec<usize>) =
            bodies.iter().enumerate().filter_map(|(place, body)| Some((place, body.as_ref().ok()?.len()))).unzip();
        let calls = frame.split(&sizes, self.m3.limits).into_iter().map(|call| places[call].to_vec()).collect();
        Plan { frame, bodies, calls }
    }

    fn write(&self, frame: &Frame, transaction: &Transaction, unfit: Option<&str>) -> Result<String, TransactionError> {
        let unsent = |reason: &str| TransactionError::unsent(&self.program, transaction.name(), reason);
        if let Some(reason) = unfit.or(transaction.refused()) {
            return Err(unsent(reason));
        }
        let body = serde_json::to_string(transaction).map_err(|error| unsent(&error.to_string()))?;
        let (size, limit) = (frame.size_with(body.len()), self.m3.limits.bytes);
        if size > limit {
            return Err(unsent(&format!("alone it makes a call of {size} bytes, {limit} are allowed")));
        }
        Ok(body)
    }
}

/// Whether the call after one that failed so may fare better.
fn may_pass(kind: ErrorKind) -> bool {
    use ErrorKind::{Connect, Decode, Protocol, Timeout, Unavailable};
    matches!(kind, Connect | Decode | Protocol | Timeout | Unavailable)
}

/// Places of the transactions that a server did not come to, though no call failed.
fn left_out(results: &Results) -> Vec<usize> {
    let failed = |error: &TransactionError| error.call_error().is_some();
    if results.iter().any(|result| result.as_ref().is_err_and(failed)) {
        return Vec::new();
    }
    let not_reached =
        |error: &TransactionError| error.outcome() == Outcome::NotProcessed && error.kind() == ErrorKind::Unavailable;
    let places = results.iter().enumerate();
    places.filter(|(_, result)| result.as_ref().is_err_and(not_reached)).map(|(place, _)| place).collect()
}
