//! The demo does what it prints.

use crate::commands::program;
use axum::http::StatusCode;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A demo that runs, and the requests that it has printed.
struct Demo {
    process: Child,
    requests: Vec<Vec<String>>,
}

impl Demo {
    fn start(folder: &str) -> Self {
        let mut demo = program(&["demo", "--data", folder, "--listen", "127.0.0.1:0"]);
        let mut process = demo.stdout(Stdio::piped()).spawn().expect("a process");
        let output = BufReader::new(process.stdout.take().expect("a standard output"));
        let mut requests = Vec::new();
        for line in output.lines() {
            let line = line.expect("a line");
            if line.starts_with("curl ") {
                requests.push(shell_words(&line));
            }
            if line.contains("Stop with Ctrl-C") {
                return Self { process, requests };
            }
        }
        panic!("the demo has ended: {:?}", process.wait())
    }

    /// Does what `curl` would.
    async fn send(&self, request: usize) -> (StatusCode, String) {
        let mut words = self.requests[request].iter().skip(1);
        let (mut method, mut headers, mut body, mut url) = ("GET", Vec::new(), None, None);
        while let Some(word) = words.next() {
            let mut value = || words.next().expect("a value").as_str();
            match word.as_str() {
                "-s" | "-i" => {}
                "-X" => method = value(),
                "-H" => headers.push(value().split_once(": ").expect("a header")),
                "--data" => body = Some(value().to_owned()),
                word if url.is_none() && word.starts_with("http://") => url = Some(word),
                word => panic!("curl would not understand {word}"),
            }
        }
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = reqwest::Client::new().request(method, url.expect("a URL"));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.body(body.unwrap_or_default()).send().await.expect("an answer");
        (answer.status(), answer.text().await.expect("a text"))
    }

    fn stop(mut self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
        assert_eq!(self.process.wait().expect("an end").code(), Some(0));
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended, which is what the test is about.
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

#[tokio::test]
async fn the_printed_requests_work_and_a_second_start_finds_the_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("demo");
    let folder = folder.to_str().expect("a path of text");
    let mut totals = Vec::new();
    for written in [StatusCode::CREATED, StatusCode::OK] {
        let demo = Demo::start(folder);
        assert_eq!(demo.requests.len(), 3);

        let (status, body) = demo.send(0).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let page: Value = serde_json::from_str(&body).expect("JSON");
        let total = page["totalCount"].as_u64().expect("a count");
        assert!(total > 0 && !page["items"].as_array().expect("items").is_empty(), "{body}");
        let by_status = page["facets"]["status"]["values"].as_array().expect("counts");
        assert_eq!(by_status.iter().map(|value| value["count"].as_u64().expect("a count")).sum::<u64>(), total);
        totals.push(total);

        let (status, body) = demo.send(1).await;
        assert_eq!(status, written, "{body}");

        let (status, body) = demo.send(2).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let page: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(page["items"].as_array().expect("items").len(), 1, "{body}");
        demo.stop();
    }
    assert_eq!(totals[1], totals[0] + 1, "what was written at the first start is there at the second");
}

/// The words of a line for a shell, with single quotes as the only quotes.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (at, part) in line.split('\'').enumerate() {
        let is_quoted = at % 2 == 1;
        for (at, piece) in if is_quoted { vec![part] } else { part.split(' ').collect() }.into_iter().enumerate() {
            if at > 0 {
                words.push(String::new());
            }
            words.last_mut().expect("a word").push_str(piece);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
