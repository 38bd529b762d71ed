//! Clients who each keep one connection, and send a request when they have the whole answer to the one before, or at
//! times that are fixed beforehand.

use crate::latencies;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use hyper::body::{Body as _, Frame};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use std::vec;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Clients of one kind.
pub(crate) struct Clients {
    pub(crate) name: String,
    pub(crate) count: usize,
    pub(crate) requests: Requests,
    /// How many all of them send in a second, whatever the answers take. A request that is sent late, since the one
    /// before was not answered, is counted from when it was due.
    pub(crate) rate: Option<u32>,
}

/// What clients of one kind send, taken in turn by whoever is free. Shared by copies.
#[derive(Clone)]
pub(crate) struct Requests {
    prepared: Arc<[Request<Bytes>]>,
    next: Arc<AtomicUsize>,
    /// Whether to begin anew after the last one. If not, it is the end of the run.
    repeats: bool,
}

/// What clients of one kind met.
pub(crate) struct Measured {
    name: String,
    /// In ascending order.
    times: Vec<Duration>,
    errors: Vec<String>,
    elapsed: Duration,
}

impl Requests {
    pub(crate) fn repeated(requests: impl IntoIterator<Item = Request<Bytes>>) -> Self {
        Self { prepared: requests.into_iter().collect(), next: Arc::default(), repeats: true }
    }

    pub(crate) fn once(requests: impl IntoIterator<Item = Request<Bytes>>) -> Self {
        Self { repeats: false, ..Self::repeated(requests) }
    }

    fn next(&self) -> Option<Request<Bytes>> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let place = if self.repeats { next % self.prepared.len() } else { next };
        self.prepared.get(place).cloned()
    }
}

impl Measured {
    pub(crate) fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub(crate) fn print_header() -> io::Result<()> {
        writeln!(
            io::stdout(),
            "{:<56} {:>10} {:>9} {:>9} {:>9} {:>7}",
            "",
            "a second",
            "p50 ms",
            "p99 ms",
            "max ms",
            "errors"
        )
    }

    /// A line of the table. Fails if there was an error.
    pub(crate) fn print(&self) -> io::Result<()> {
        let Self { name, times, errors, .. } = self;
        assert!(!times.is_empty() || !errors.is_empty(), "{name}: nothing was asked");
        let shown = |share| if times.is_empty() { 0.0 } else { latencies::at(times, share).as_secs_f64() * 1e3 };
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(shown);
        let (rate, count) = (self.per_second(), errors.len());
        writeln!(io::stdout(), "{name:<56} {rate:>10.0} {p50:>9.3} {p99:>9.3} {max:>9.3} {count:>7}")?;
        errors.first().map_or(Ok(()), |error| Err(io::Error::other(format!("{name}: {error}"))))
    }
}

/// Lets all of them work at once for this long, or until some have nothing left to send. What is measured is as long
/// as they all work.
pub(crate) async fn run(address: SocketAddr, time: Duration, all: Vec<Clients>) -> Vec<Measured> {
    let is_over = Arc::new(AtomicBool::new(false));
    let mut groups = Vec::new();
    for Clients { name, count, requests, rate } in all {
        let mut connections = Vec::new();
        for _ in 0..count {
            connections.push(connect(address).await.expect("the service takes connections"));
        }
        groups.push((name, requests, connections, rate.map(|rate| Duration::from_secs(1) / rate)));
    }
    let begun = Instant::now();
    let mut working = Vec::new();
    for (name, requests, connections, interval) in groups {
        let mut clients = JoinSet::new();
        let count = connections.len() as u32;
        for (place, connection) in (0..).zip(connections) {
            let pace = interval.map(|interval| Pace { next: begun + interval * place, interval: interval * count });
            clients.spawn(work(connection, requests.clone(), pace, begun + time, Arc::clone(&is_over)));
        }
        working.push((name, clients));
    }
    let mut measured = Vec::new();
    for (name, clients) in working {
        let mut sum = Measured { name, times: Vec::new(), errors: Vec::new(), elapsed: Duration::ZERO };
        for (times, error, ended) in clients.join_all().await {
            sum.times.extend(times);
            sum.errors.extend(error);
            sum.elapsed = sum.elapsed.max(ended - begun);
        }
        sum.times.sort_unstable();
        measured.push(sum);
    }
    measured
}

/// Sends one request on a connection of its own.
pub(crate) async fn ask(address: SocketAddr, request: Request<Bytes>) -> Bytes {
    let mut connection = connect(address).await.expect("the service takes connections");
    send(&mut connection, request).await.expect("an answer")
}

/// Sends lines as the body of one request, and reads the answers meanwhile. How many there were, all of which begin as
/// told, and how long it took.
pub(crate) async fn stream(
    address: SocketAddr,
    request: Request<()>,
    lines: Vec<Bytes>,
    answer: &str,
) -> (usize, Duration) {
    let mut connection = connect(address).await.expect("the service takes connections");
    let begun = Instant::now();
    let request = request.map(|()| Body::new(Lines(lines.into_iter())));
    let mut body = connection.send_request(request).await.expect("an answer").into_body();
    let (mut answers, mut begun_line) = (0, Vec::new());
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.expect("the connection holds").into_data() else { continue };
        for line in data.split_inclusive(|byte| *byte == b'\n') {
            begun_line.extend_from_slice(line);
            if begun_line.ends_with(b"\n") {
                let line = std::str::from_utf8(&begun_line).expect("text");
                assert!(line.contains(answer), "a line is not good: {line}");
                begun_line.clear();
                answers += 1;
            }
        }
    }
    (answers, begun.elapsed())
}

/// A body of lines, each sent when there is room for it.
struct Lines(vec::IntoIter<Bytes>);

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(|line| Ok(Frame::data(line))))
    }
}

type Connection = SendRequest<Body>;
type AnyError = Box<dyn Error + Send + Sync>;

async fn connect(address: SocketAddr) -> Result<Connection, AnyError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with its sender.
    tokio::spawn(connection);
    Ok(sender)
}

/// When a client sends.
struct Pace {
    next: Instant,
    interval: Duration,
}

impl Pace {
    /// Waits until the next request is due, and tells when that was.
    async fn wait(&mut self) -> Instant {
        let due = self.next;
        self.next += self.interval;
        tokio::time::sleep_until(due.into()).await;
        due
    }
}

/// The times of all answers, the error that ended the work if one did, and when it ended.
async fn work(
    mut connection: Connection,
    requests: Requests,
    mut pace: Option<Pace>,
    end: Instant,
    is_over: Arc<AtomicBool>,
) -> (Vec<Duration>, Option<String>, Instant) {
    let mut times = Vec::new();
    let mut failed = None;
    while !is_over.load(Ordering::Relaxed) && Instant::now() < end {
        let Some(request) = requests.next() else { break };
        let asked = match &mut pace {
            Some(pace) => pace.wait().await,
            None => Instant::now(),
        };
        match send(&mut connection, request).await {
            Ok(_) => times.push(asked.elapsed()),
            Err(error) => {
                failed = Some(error.to_string());
                break;
            }
        }
    }
    is_over.store(true, Ordering::Relaxed);
    (times, failed, Instant::now())
}

/// The whole body of a good answer.
async fn send(connection: &mut Connection, request: Request<Bytes>) -> Result<Bytes, AnyError> {
    connection.ready().await?;
    let answer = connection.send_request(request.map(Body::from)).await?;
    let status = answer.status();
    let body = axum::body::to_bytes(Body::new(answer.into_body()), usize::MAX).await?;
    match status {
        StatusCode::OK | StatusCode::CREATED => Ok(body),
        _ => Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into()),
    }
}
