use super::lines::Lines;
use super::operation::{Sender, UnderWay};
use crate::api::caller::ServiceOwner;
use crate::app::App;
use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::Frame;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// How many operations of a stream are under way at once: those of one group that is written, and of the next.
const MAX_UNDER_WAY: usize = 128;
/// And how many bytes their lines may have, unless it is a single one.
const MAX_BYTES_UNDER_WAY: usize = 32 << 20;
/// How many are begun together, by one thread, so that they stay in order.
const MAX_BEGUN_TOGETHER: usize = 16;
/// About how much is written at once.
const USUAL_FRAME_BYTES: usize = 16 << 10;

/// The body of the answer. All work is done when it is asked for more, and it is asked for more when there is room: so
/// whoever does not read is not read either, and whoever is gone sets nothing in motion any more.
pub(super) struct Answers {
    sender: Arc<Sender>,
    /// What has not been read of the request; nothing at its end.
    body: Option<Body>,
    lines: Lines,
    beginning: Option<Pin<Box<dyn Future<Output = Vec<UnderWay>> + Send>>>,
    /// In the order of their lines.
    under_way: VecDeque<UnderWay>,
    max_silence: Duration,
    silence: Pin<Box<Sleep>>,
}

impl Answers {
    pub(super) fn to(body: Body, app: App, owner: ServiceOwner, is_silent: bool) -> Self {
        let (max_line_bytes, max_silence) = (app.http().max_body_bytes, app.http().request_timeout);
        Self {
            sender: Arc::new(Sender { app, owner, is_silent }),
            body: Some(body),
            lines: Lines::new(max_line_bytes),
            beginning: None,
            under_way: VecDeque::new(),
            max_silence,
            silence: Box::pin(sleep(max_silence)),
        }
    }

    /// Takes the answers that are known, up to the first that is not.
    fn take_answers(&mut self, context: &mut Context<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < USUAL_FRAME_BYTES
            && let Some(first) = self.under_way.front_mut()
            && first.poll_answer(context, &mut out).is_ready()
        {
            self.under_way.pop_front();
        }
        out
    }

    /// Returns whether anything has moved.
    fn begin_operations(&mut self, context: &mut Context<'_>) -> bool {
        if let Some(beginning) = &mut self.beginning {
            let Poll::Ready(begun) = beginning.as_mut().poll(context) else { return false };
            self.under_way.extend(begun);
            self.beginning = None;
            return true;
        }
        let (mut count, mut bytes) = (self.under_way.len(), self.under_way.iter().map(|it| it.bytes).sum::<usize>());
        let mut next = Vec::new();
        while let Some(line) = self.lines.first()
            && (count == 0 || count < MAX_UNDER_WAY && bytes + line.bytes() <= MAX_BYTES_UNDER_WAY)
            && next.len() < MAX_BEGUN_TOGETHER
        {
            (count, bytes) = (count + 1, bytes + line.bytes());
            next.extend(self.lines.take_first());
        }
        if next.is_empty() {
            return false;
        }
        let sender = Arc::clone(&self.sender);
        self.beginning = Some(Box::pin(async move {
            let (app, next) = (sender.app.clone(), Arc::new(next));
            let facts = sender.facts(&next).await;
            app.begin_writes(move |dialogs| next.iter().map(|line| sender.begin(dialogs, line, &facts)).collect()).await
        }));
        true
    }

    /// Reads on when all lines that have come are under way. Returns whether anything has moved.
    fn read_on(&mut self, context: &mut Context<'_>) -> Result<bool, BoxError> {
        let Some(body) = &mut self.body else { return Ok(false) };
        if self.lines.first().is_some() {
            return Ok(false);
        }
        match Pin::new(body).poll_frame(context) {
            Poll::Pending => return Ok(false),
            Poll::Ready(Some(Ok(frame))) => {
                if let Ok(arrived) = frame.into_data() {
                    self.lines.push(&arrived);
                }
            }
            Poll::Ready(Some(Err(broken))) => return Err(broken.into()),
            Poll::Ready(None) => {
                self.body = None;
                self.lines.finish();
            }
        }
        self.hear();
        Ok(true)
    }

    /// Silence begins anew.
    fn hear(&mut self) {
        self.silence.as_mut().reset(Instant::now() + self.max_silence);
    }
}

impl HttpBody for Answers {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let has_begun = self.begin_operations(context);
            let has_read = self.read_on(context)?;
            let answers = self.take_answers(context);
            if !answers.is_empty() {
                self.hear();
                return Poll::Ready(Some(Ok(Frame::data(answers.into()))));
            }
            if !has_begun && !has_read {
                break;
            }
        }
        if !self.under_way.is_empty() || self.beginning.is_some() {
            return Poll::Pending;
        }
        if self.body.is_none() {
            return Poll::Ready(None);
        }
        self.silence.as_mut().poll(context).map(|()| None)
    }
}
