//! A system that does not answer: what is said of it, and what of the other one.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::world::{World, connector, run, scenario};

/// An address where nobody listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn that_a_system_does_not_answer_is_said_once_and_in_plain_words() {
    let world = World::new(scenario(1)).await;
    let config = world.configure("");
    let text = std::fs::read_to_string(&config).unwrap();
    let nowhere = nowhere();
    std::fs::write(&config, text.replace(&world.procurify.base_url(), &format!("http://{nowhere}"))).unwrap();
    let said = tokio::task::spawn_blocking(move || {
        let mut child = connector(&config).arg("plan").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        // Until it has logged some more retries, which are for machines.
        let mut retries = 0;
        let lines = lines.take_while(|line| {
            retries += usize::from(line.contains("trying to log in again"));
            retries < 3
        });
        let plain = lines.filter(|line| !line.starts_with('{')).collect::<Vec<_>>();
        child.kill().unwrap();
        child.wait().unwrap();
        plain
    });
    let said = said.await.unwrap();
    let [sentence] = said.as_slice() else { panic!("{said:?}") };
    let begins = format!("Procurify ({nowhere}) does not answer: could not connect: check the address");
    assert!(
        sentence.starts_with(&begins) && sentence.contains("; trying again up to 4 times, for at most "),
        "{sentence}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ping_tells_of_each_system_whatever_is_wrong_with_the_other() {
    let world = World::new(scenario(1)).await;
    let config = world.configure("");
    let ping = async |secret: &str| {
        let mut command = connector(&config);
        command.args(["ping", "--json"]).env("PROCURIFY_CLIENT_SECRET", secret);
        let output = run(command).await;
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), document, String::from_utf8(output.stderr).unwrap())
    };
    let (code, document, said) = ping("wrong").await;
    assert_eq!((code, &document["cloudsuite"]["tenant"]), (Some(1), &json!("SANDBOX_TST")), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("Procurify: ") && last.contains("check client id and secret"), "{last}");
    assert_eq!(document["procurify"]["failed"], json!(last), "{document}");

    let file = config.with_file_name("acme.ionapi");
    let mut ionapi: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    ionapi["sask"] = json!("wrong");
    std::fs::write(&file, ionapi.to_string()).unwrap();
    let (code, document, said) = ping("sandbox").await;
    assert_eq!(code, Some(1), "{said}");
    assert!(document["procurify"]["user"].is_string() && document["cloudsuite"]["failed"].is_string(), "{document}");
    let (_, document, said) = ping("wrong").await;
    assert!(["procurify", "cloudsuite"].iter().all(|system| document[system]["failed"].is_string()), "{document}");
    assert!(said.contains("CloudSuite: ") && said.contains("Procurify: "), "{said}");
}
