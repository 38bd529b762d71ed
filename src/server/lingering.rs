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

/// A connection that is closed without losing its last answer.
///
/// A request may be answered before all of its body has been read, since it is too long or nobody may send it. Were
/// the connection closed then, what arrives of the rest would make the kernel reset it, and the peer would not see
/// the answer. So the rest is read and dropped until the peer closes its side, for a while.
pub(super) struct LingeringStream {
    stream: TcpStream,
    linger: Option<Linger>,
}

struct Linger {
    latest_end: Instant,
    silence: Pin<Box<Sleep>>,
}

impl LingeringStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, linger: None }
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
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Says that no more will be written, then reads and drops what still comes.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, linger } = self.get_mut();
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
