use cloudsuite_client::m3::{MiRecord, Transaction, TransactionError};
use cloudsuite_client::{ErrorKind, Outcome, Traced};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::support::{
    EXECUTE, body, has, m3_requests, ok, on_bulk, on_transactions, query, tenant, token_requests, transactions,
};

fn get(number: usize) -> Transaction {
    Transaction::new("GetBasicData").field("SUNO", format!("S{number:03}"))
}

fn add(number: usize) -> Transaction {
    Transaction::new("AddSupplier").field("SUNO", format!("S{number:03}"))
}

fn outcomes(results: &[Result<Traced<Vec<MiRecord>>, TransactionError>]) -> Vec<Result<usize, Outcome>> {
    results.iter().map(|result| result.as_ref().map(|rows| rows.len()).map_err(TransactionError::outcome)).collect()
}

#[tokio::test]
async fn a_call_has_its_options_first_and_its_transactions_last() {
    let (server, m3) = tenant().await;
    on_transactions(&server, |_, record| json!({"records": [record]})).await;
    let results = m3.bulk("CRS620MI").push(get(1)).push(get(2).columns(&["SUNO", "SUNM"])).send().await;
    assert_eq!(outcomes(&results), [Ok(1), Ok(1)]);
    assert_eq!(results[1].as_ref().unwrap()[0].text("SUNO"), Some("S002"));

    let request = &m3_requests(&server).await[0];
    assert_eq!(
        String::from_utf8_lossy(&request.body),
        concat!(
            r#"{"program":"CRS620MI","cono":100,"divi":"AAA","dateFormat":"YMD8","excludeEmptyValues":true,"#,
            r#""rightTrim":true,"maxReturnedRecords":0,"transactions":["#,
            r#"{"transaction":"GetBasicData","record":{"SUNO":"S001"}},"#,
            r#"{"transaction":"GetBasicData","record":{"SUNO":"S002"},"selectedColumns":["SUNO","SUNM"]}]}"#
        )
    );
    assert_eq!(request.headers["content-type"], "application/json");
    let query = query(request);
    for (name, value) in [("maxrecs", "0"), ("extendedresult", "true"), ("cono", "100"), ("divi", "AAA")] {
        assert!(has(&query, name, value), "{name}");
    }
}

#[tokio::test]
async fn calls_are_cut_by_count_and_bytes_and_joined_in_order() {
    for (count, bytes, calls) in [(100, 32 * 1024, 3), (250, 1024 * 1024, 1), (1_000, 4_096, 4)] {
        let (server, m3) = tenant().await;
        on_transactions(&server, |_, record| json!({"records": [record]})).await;
        let bulk = m3.transactions_per_call(count).bytes_per_call(bytes).bulk("CRS620MI").extend((0..250).map(get));
        let planned = bulk.calls();
        let results = bulk.send().await;
        for (number, result) in results.iter().enumerate() {
            assert_eq!(result.as_ref().unwrap()[0].text("SUNO"), Some(format!("S{number:03}").as_str()));
        }
        assert_eq!(results.len(), 250);
        let requests = m3_requests(&server).await;
        assert_eq!((requests.len(), planned), (calls, calls), "{count} transactions, {bytes} bytes");
        for request in &requests {
            assert!(request.body.len() <= bytes && transactions(request).len() <= count);
        }
    }
}

#[tokio::test]
async fn a_failed_transaction_stops_nothing() {
    let (server, m3) = tenant().await;
    on_transactions(&server, |_, record| {
        if record["SUNO"] == "S001" {
            json!({"errorMessage": "no", "errorType": "ServerReturnedNOK", "records": []})
        } else {
            json!({"records": []})
        }
    })
    .await;
    let results = m3.transactions_per_call(2).bulk("CRS620MI").extend((0..4).map(add)).send().await;
    assert_eq!(outcomes(&results), [Ok(0), Err(Outcome::Rejected), Ok(0), Ok(0)]);
}

#[tokio::test]
async fn each_refusal_among_others_has_its_kind_and_outcome_and_is_nobody_elses() {
    for (result, kind, outcome) in crate::execute::refusals() {
        let (server, m3) = tenant().await;
        let refused = result.clone();
        on_transactions(
            &server,
            move |_, record| {
                if record["SUNO"] == "S001" { refused.clone() } else { json!({"records": [record]}) }
            },
        )
        .await;
        let results = m3.bulk("CRS620MI").extend((0..3).map(add)).send().await;
        assert_eq!(outcomes(&results), [Ok(1), Err(outcome), Ok(1)], "{result}");
        assert_eq!(results[1].as_ref().unwrap_err().kind(), kind, "{result}");
        assert_eq!(m3_requests(&server).await.len(), 1, "{result}");
    }
}

/// The gateway refuses a token before it passes anything on.
#[tokio::test]
async fn a_token_that_ends_in_mid_bulk_is_renewed_once_and_nothing_is_sent_twice() {
    for for_good in [false, true] {
        let (server, m3) = tenant().await;
        let calls = std::sync::atomic::AtomicUsize::new(0);
        on_bulk(&server, move |request| {
            let call = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if call == 1 || (for_good && call > 1) {
                return ResponseTemplate::new(401).set_body_json(json!({"error": "Unauthorized"}));
            }
            let results: Vec<Value> =
                transactions(request).iter().map(|sent| json!({"records": [sent["record"]]})).collect();
            ok(json!({"results": results, "wasTerminated": false}))
        })
        .await;
        let results = m3.transactions_per_call(2).bulk("CRS620MI").extend((0..6).map(add)).send().await;
        let unsent = Err(Outcome::NotProcessed);
        let expected = if for_good { [Ok(1), Ok(1), unsent, unsent, unsent, unsent] } else { [Ok(1); 6] };
        assert_eq!(outcomes(&results), expected);
        let kinds: Vec<ErrorKind> = results.iter().filter_map(|one| Some(one.as_ref().err()?.kind())).take(2).collect();
        assert_eq!(kinds, vec![ErrorKind::Auth; if for_good { 2 } else { 0 }]);
        // Three calls, of which the second was refused and made again; or refused twice, and the third left unsent.
        let sent: Vec<usize> = m3_requests(&server).await.iter().map(|request| transactions(request).len()).collect();
        assert_eq!(sent, vec![2; if for_good { 3 } else { 4 }]);
        assert_eq!(token_requests(&server).await.len(), 2, "renewed once");
    }
}

#[tokio::test]
async fn after_a_failed_call_the_rest_is_not_sent() {
    let unknown = Outcome::Unknown;
    for (response, outcome) in [
        (ResponseTemplate::new(504), unknown),
        (ResponseTemplate::new(502).set_body_raw("<html>", "text/html"), unknown),
        (ResponseTemplate::new(200).set_body_raw(r#"{"results": ["#, "application/json"), unknown),
        (ResponseTemplate::new(403), Outcome::NotProcessed),
        (ResponseTemplate::new(400), unknown),
    ] {
        let (server, m3) = tenant().await;
        let first = json!({"results": [{"records": []}, {"records": []}]});
        Mock::given(method("POST")).and(path(EXECUTE)).respond_with(ok(first)).up_to_n_times(1).mount(&server).await;
        on_bulk(&server, move |_| response.clone()).await;
        let results = m3.transactions_per_call(2).bulk("CRS620MI").extend((0..7).map(add)).send().await;
        let unsent = Err(Outcome::NotProcessed);
        assert_eq!(
            outcomes(&results),
            [Ok(0), Ok(0), Err(outcome), Err(outcome), unsent, unsent, unsent],
            "{results:?}"
        );
        assert_eq!(m3_requests(&server).await.len(), 2);
        assert!(results[4].as_ref().unwrap_err().to_string().contains("not sent"));
    }
}

#[tokio::test]
async fn independent_calls_go_on_past_one_that_failed_but_not_past_two() {
    for (failing, expected) in [
        (&[1][..], [Ok(0), Err(Outcome::Unknown), Ok(0), Ok(0)]),
        (&[1, 2], [Ok(0), Err(Outcome::Unknown), Err(Outcome::Unknown), Err(Outcome::NotProcessed)]),
    ] {
        let (server, m3) = tenant().await;
        let calls = std::sync::atomic::AtomicUsize::new(0);
        on_bulk(&server, move |_| {
            let call = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if failing.contains(&call) { ResponseTemplate::new(500) } else { ok(json!({"results": [{"records": []}]})) }
        })
        .await;
        let bulk = m3.transactions_per_call(1).bulk("CRS620MI").extend((0..4).map(add)).carry_on();
        assert_eq!(outcomes(&bulk.send().await), expected);
    }
}

#[tokio::test]
async fn a_terminated_call_is_read_from_200_and_400_alike_and_stops_the_rest() {
    for status in [200, 400] {
        let (server, m3) = tenant().await;
        on_bulk(&server, move |_| {
            let answer = json!({
                "results": [
                    {"transaction": "AddSupplier", "records": [{"SUNO": "S000"}]},
                    {"transaction": "AddSupplier", "errorMessage": "no", "errorType": "ServerReturnedNOK"},
                    {"transaction": "AddSupplier", "notProcessed": true}],
                "wasTerminated": true, "terminationReason": "gone", "terminationErrorType": "ConnectionLost",
                "nrOfSuccessfullTransactions": 1, "nrOfFailedTransactions": 1, "nrOfNotProcessedTransactions": 2});
            ResponseTemplate::new(status).set_body_json(answer)
        })
        .await;
        let results = m3.transactions_per_call(4).bulk("CRS620MI").extend((0..6).map(add)).send().await;
        let unsent = Err(Outcome::NotProcessed);
        assert_eq!(
            outcomes(&results),
            [Ok(1), Err(Outcome::Rejected), unsent, Err(Outcome::Unknown), unsent, unsent],
            "HTTP {status}"
        );
        assert!(results[2].as_ref().unwrap_err().to_string().contains("gone"));
        assert_eq!(m3_requests(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn answers_that_are_fewer_leave_the_missing_ones_unknown() {
    let (server, m3) = tenant().await;
    on_bulk(&server, |request| {
        let mut results: Vec<Value> = transactions(request).iter().map(|_| json!({"records": []})).collect();
        results.pop();
        ok(json!({"results": results}))
    })
    .await;
    let results = m3.bulk("CRS620MI").extend((0..3).map(add)).send().await;
    assert_eq!(outcomes(&results), [Ok(0), Ok(0), Err(Outcome::Unknown)]);
}

#[tokio::test]
async fn an_answer_that_lacks_one_in_the_middle_is_not_taken_for_anothers() {
    let (server, m3) = tenant().await;
    on_bulk(&server, |request| {
        let mut sent = transactions(request);
        sent.remove(1);
        let result =
            |sent: &Value| json!({"transaction": sent["transaction"], "parameters": sent["record"], "records": []});
        ok(json!({"results": sent.iter().map(result).collect::<Vec<_>>()}))
    })
    .await;
    let results = m3.bulk("CRS620MI").extend((0..3).map(add)).send().await;
    assert_eq!(outcomes(&results), [Ok(0), Err(Outcome::Unknown), Err(Outcome::Unknown)]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_the_rest_goes_out() {
    let (server, m3) = tenant().await;
    on_transactions(&server, |_, record| json!({"records": [record]})).await;
    let bulk = m3
        .bytes_per_call(500)
        .bulk("CRS620MI")
        .push(get(0))
        .push(get(1).field("SUNM", "x".repeat(500)))
        .push(get(2).field("SUNM", "?"))
        .push(get(3));
    let results = bulk.send().await;
    let refused = Err(Outcome::NotProcessed);
    assert_eq!(outcomes(&results), [Ok(1), refused, refused, Ok(1)]);
    assert!(results[1].as_ref().unwrap_err().to_string().contains("500 are allowed"));
    assert!(results[2].as_ref().unwrap_err().to_string().contains("lone ?"));
    let requests = m3_requests(&server).await;
    assert_eq!(requests.len(), 1);
    assert_eq!(body(&requests[0])["transactions"][1]["record"]["SUNO"], "S003");
}

#[tokio::test]
async fn reads_are_sent_again_and_a_single_write_among_them_forbids_it() {
    for (with_write, calls) in [(false, 2), (true, 1)] {
        let (server, m3) = tenant().await;
        Mock::given(method("POST"))
            .and(path(EXECUTE))
            .respond_with(ResponseTemplate::new(503))
            .up_to_n_times(1)
            .mount(&server)
            .await;
        on_transactions(&server, |_, _| json!({"records": []})).await;
        let mut bulk = m3.bulk("CRS620MI").push(get(1));
        if with_write {
            bulk = bulk.push(add(2));
        }
        let results = bulk.send().await;
        assert_eq!(results.iter().all(Result::is_ok), !with_write);
        assert_eq!(m3_requests(&server).await.len(), calls);
    }
}

#[tokio::test]
async fn a_server_that_stops_at_each_refusal_is_asked_for_the_rest_of_a_read() {
    for (refused, calls) in [(vec![1, 4], 3), (vec![], 2)] {
        let (server, m3) = tenant().await;
        let no = refused.clone();
        on_bulk(&server, move |request| {
            let mut stopped = false;
            let result = |sent: &Value| {
                let number: usize = sent["record"]["SUNO"].as_str().unwrap()[1..].parse().unwrap();
                if stopped {
                    json!({"notProcessed": true})
                } else if no.contains(&number) {
                    stopped = true;
                    json!({"errorMessage": "no", "errorType": "ServerReturnedNOK"})
                } else {
                    json!({"records": [sent["record"]]})
                }
            };
            let results: Vec<Value> = transactions(request).iter().map(result).collect();
            ok(json!({"results": results, "wasTerminated": stopped}))
        })
        .await;
        let results = m3.transactions_per_call(4).bulk("CRS620MI").extend((0..6).map(get)).send().await;
        let expected = (0..6).map(|n| if refused.contains(&n) { Err(Outcome::Rejected) } else { Ok(1) });
        assert_eq!(outcomes(&results), expected.collect::<Vec<_>>());
        assert_eq!(m3_requests(&server).await.len(), calls);
    }
}

#[tokio::test]
async fn a_server_that_comes_to_nothing_is_not_asked_forever() {
    let (server, m3) = tenant().await;
    on_bulk(&server, |request| {
        let results: Vec<Value> = transactions(request).iter().map(|_| json!({"notProcessed": true})).collect();
        ok(json!({"results": results, "wasTerminated": true}))
    })
    .await;
    let results = m3.bulk("CRS620MI").extend((0..3).map(get)).send().await;
    assert_eq!(outcomes(&results), [Err(Outcome::NotProcessed); 3]);
    assert_eq!(m3_requests(&server).await.len(), 2);
}

#[tokio::test]
async fn nothing_to_do_needs_no_call() {
    let (_server, m3) = tenant().await;
    assert!(m3.bulk("CRS620MI").send().await.is_empty());
    assert_eq!(m3.client().requests(), 0);
}
