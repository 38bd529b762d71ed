use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// How long a peer that goes on sending is listened to after the last answer.
const MAX_LINGER: Duration = Duration::from_secs(5);
/// A peer that sends nothing for as long has read the answer or never will.
const MAX_SILENCE: Duration = Duration::from_millis(500);
/// A peer that takes nothing of its answer for as long is not waited for.
const MAX_STALL: Duration = Duration::from_secs(60);

/// A connection that is closed without losing its last answer.
///
/// A request may be answered before all of its body has been read, since it is too long or nobody may send it. Were
/// the connection closed then, what arrives of the rest would make the kernel reset it, and the peer would not see
/// the answer. So the rest is read and dropped until the peer closes its side, for a while.
///
/// One whose peer takes nothing of an answer for long is given up.
pub(super) struct LingeringStream {
    stream: TcpStream,
    linger: Option<Linger>,
    max_stall: Duration,
    /// Ends when the peer has taken nothing for that long.
    stalled: Option<Pin<Box<Sleep>>>,
}

struct Linger {
    latest_end: Instant,
    silence: Pin<Box<Sleep>>,
}

impl LingeringStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, linger: None, max_stall: MAX_STALL, stalled: None }
    }

    /// Fails a write that has been waiting for too long.
    fn unless_stalled(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let max_stall = self.max_stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(max_stall)));
        stalled.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for LingeringStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for LingeringStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.unless_stalled(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.unless_stalled(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Says that no more will be written, then reads and drops what still comes.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, linger, .. } = self.get_mut();
        if linger.is_none() {
            std::task::ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
        }
        let Linger { latest_end, silence } = linger.get_or_insert_with(|| Linger {
            latest_end: Instant::now() + MAX_LINGER,
            silence: Box::pin(sleep(MAX_SILENCE)),
        });
        let mut dropped = [0; 16 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut dropped);
            match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() && Instant::now() < *latest_end => {
                    silence.as_mut().reset(Instant::now() + MAX_SILENCE);
                }
                // The peer has closed its side, or is no longer listened to. Both end well: all is written.
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => return silence.as_mut().poll(context).map(Ok),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let peer = TcpStream::connect(listener.local_addr().expect("an address"));
        let (peer, accepted) = tokio::join!(peer, listener.accept());
        let mut peer = peer.expect("a connection");
        let max_stall = Duration::from_millis(300);
        let mut stream = LingeringStream { max_stall, ..LingeringStream::new(accepted.expect("a connection").0) };
        // Longer than the wait, but never without progress.
        let reading = tokio::spawn(async move {
            let mut part = vec![0; 1 << 20];
            for _ in 0..8 {
                sleep(Duration::from_millis(100)).await;
                peer.read_exact(&mut part).await.expect("all of it");
            }
            peer
        });
        stream.write_all(&vec![0; 8 << 20]).await.expect("a peer that takes it");
        let _peer = reading.await.expect("no panic");
        let begun = Instant::now();
        let error = stream.write_all(&vec![0; 64 << 20]).await.expect_err("nobody takes it");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= max_stall);
    }
}
