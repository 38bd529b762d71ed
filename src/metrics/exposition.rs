//! From numbers to the text that OpenMetrics asks for.

use super::histogram::Histogram;
use super::{Counted, Metrics, Sources};
use dialog_index::{Dialogs, Driver, IndexGauges, ItemGauges, WriteGauges};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, MetricEncoder, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const PREFIX: &str = "dialogdex";
const SECONDS: Option<&Unit> = Some(&Unit::Seconds);
const BYTES: Option<&Unit> = Some(&Unit::Bytes);

/// What is told, as it is when it is asked for.
#[derive(Debug)]
struct Told {
    counted: Arc<Counted>,
    index: IndexGauges,
    writes: WriteGauges,
    items: ItemGauges,
}

impl Metrics {
    /// The media type of [`Metrics::text`].
    pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// All that is counted, and how large the index is and what is written.
    pub fn text(&self, dialogs: &Dialogs) -> Result<String, fmt::Error> {
        let told = Told {
            counted: Arc::clone(&self.0),
            index: dialogs.index_gauges(),
            writes: dialogs.write_gauges(),
            items: dialogs.item_gauges(),
        };
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register_collector(Box::new(told));
        let mut text = String::new();
        text::encode(&mut text, &registry)?;
        Ok(text)
    }
}

impl Collector for Told {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut told = Encoder(encoder);
        self.tell_requests(&mut told, &self.counted.sources())?;
        self.tell_rooms(&mut told, &self.counted.sources())?;
        self.tell_searches(&mut told)?;
        self.tell_dialogs(&mut told)?;
        self.tell_caches(&mut told, &self.counted.sources())?;
        self.tell_calls(&mut told, &self.counted.sources())
    }
}

impl Told {
    fn tell_requests(&self, told: &mut Encoder<'_>, Sources { requests, .. }: &Sources) -> fmt::Result {
        let mut build = told.0.encode_descriptor("build", "What runs", None, MetricType::Info)?;
        build.encode_info(&[("version", env!("CARGO_PKG_VERSION"))])?;

        let help = "Requests by operation and by the status of the answer";
        let mut counter = told.begin("http_requests", help, None, MetricType::Counter)?;
        for (operation, requests) in requests {
            for (status, count) in requests.by_status() {
                counter.add(&[("operation", operation), ("status", &status)], |it| count_of(it, &count))?;
            }
        }
        let help = "From the head of a request to the head of its answer";
        let mut histogram = told.begin("http_request_duration", help, SECONDS, MetricType::Histogram)?;
        for (operation, requests) in requests {
            if requests.by_status().next().is_some() {
                histogram.add(&[("operation", operation)], |it| times_of(it, &requests.duration))?;
            }
        }
        Ok(())
    }

    fn tell_rooms(&self, told: &mut Encoder<'_>, Sources { rooms, .. }: &Sources) -> fmt::Result {
        let mut gauge =
            told.begin("requests_under_way", "Requests that have begun and not ended", None, MetricType::Gauge)?;
        for (work, room) in rooms {
            gauge.add(&[("work", work)], |it| it.encode_gauge(&room.taken()))?;
        }
        let help = "Requests refused because there were too many under way";
        let mut counter = told.begin("requests_shed", help, None, MetricType::Counter)?;
        for (work, room) in rooms {
            counter.add(&[("work", work)], |it| count_of(it, &room.refused.load(Ordering::Relaxed)))?;
        }
        Ok(())
    }

    fn tell_searches(&self, told: &mut Encoder<'_>) -> fmt::Result {
        let help = "Searches and counts by the way they went, without the time they waited";
        let mut histogram = told.begin("search_duration", help, SECONDS, MetricType::Histogram)?;
        for (driver, searches) in Driver::ALL.into_iter().zip(&self.counted.searches) {
            histogram.add(&[("driver", driver.name())], |it| times_of(it, searches))?;
        }
        let help = "How long searches waited because others went through very much";
        let mut histogram = told.begin("search_waiting", help, SECONDS, MetricType::Histogram)?;
        times_of(&mut histogram.0, &self.counted.waiting)
    }

    fn tell_dialogs(&self, told: &mut Encoder<'_>) -> fmt::Result {
        let Self { index, writes, .. } = self;
        let help = "Writes that are done, refused ones among them; a line of a bulk stream is one";
        told.counter("write_operations", help, None, &writes.operations)?;
        told.counter("write_groups", "Transactions that writes shared", None, &writes.groups)?;
        let help = "How long transactions took, until durable and found";
        told.counter("write", help, SECONDS, &writes.writing.as_secs_f64())?;
        told.gauge("writes_under_way", "Writes that wait or are being written", None, &writes.under_way)?;
        let help = "1 when store or index have failed, and nothing is written until a restart";
        told.gauge("writing_stopped", help, None, &u32::from(writes.has_stopped))?;
        let help = "What is stored and not in a segment yet; beyond 256 megabytes, writes wait";
        told.gauge("index_waiting", help, BYTES, &writes.waiting_bytes)?;
        told.gauge(
            "tail_rows",
            "Dialogs that are searched one by one until they are in a segment",
            None,
            &index.tail_rows,
        )?;
        told.gauge("index_documents", "Dialogs in segments", None, &index.documents)?;
        told.gauge("index_segments", "Segments of the index", None, &index.segments)
    }

    fn tell_caches(&self, told: &mut Encoder<'_>, Sources { caches, .. }: &Sources) -> fmt::Result {
        let items = ("items", self.items.hits, self.items.misses);
        let others = caches
            .iter()
            .map(|(name, uses)| (*name, uses.hits.load(Ordering::Relaxed), uses.misses.load(Ordering::Relaxed)));
        let mut counter =
            told.begin("cache_requests", "How often what was wanted was at hand", None, MetricType::Counter)?;
        for (cache, hits, misses) in [items].into_iter().chain(others) {
            for (outcome, count) in [("hit", hits), ("miss", misses)] {
                counter.add(&[("cache", cache), ("outcome", outcome)], |it| count_of(it, &count))?;
            }
        }
        told.gauge("items_cache", "List items ready to be shown again", BYTES, &self.items.bytes)
    }

    fn tell_calls(&self, told: &mut Encoder<'_>, Sources { calls, .. }: &Sources) -> fmt::Result {
        let mut counter =
            told.begin("upstream_calls", "Calls of other services, each try of them", None, MetricType::Counter)?;
        for (upstream, calls) in calls {
            for (outcome, count) in [("answered", &calls.answered), ("failed", &calls.failed)] {
                let count = count.load(Ordering::Relaxed);
                counter.add(&[("upstream", upstream), ("outcome", outcome)], |it| count_of(it, &count))?;
            }
        }
        let help = "How long other services took to answer or to fail";
        let mut histogram = told.begin("upstream_call_duration", help, SECONDS, MetricType::Histogram)?;
        for (upstream, calls) in calls {
            histogram.add(&[("upstream", upstream)], |it| times_of(it, &calls.duration))?;
        }
        Ok(())
    }
}

struct Encoder<'a>(DescriptorEncoder<'a>);

/// A metric whose series follow.
struct Family<'a>(MetricEncoder<'a>);

impl Encoder<'_> {
    fn begin<'a>(
        &'a mut self,
        name: &'a str,
        help: &str,
        unit: Option<&'static Unit>,
        kind: MetricType,
    ) -> Result<Family<'a>, fmt::Error> {
        Ok(Family(self.0.encode_descriptor(name, help, unit, kind)?))
    }

    fn counter(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&'static Unit>,
        value: &impl EncodeCounterValue,
    ) -> fmt::Result {
        count_of(&mut self.begin(name, help, unit, MetricType::Counter)?.0, value)
    }

    fn gauge(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&'static Unit>,
        value: &impl EncodeGaugeValue,
    ) -> fmt::Result {
        self.begin(name, help, unit, MetricType::Gauge)?.0.encode_gauge(value)
    }
}

impl Family<'_> {
    /// One series.
    fn add<const N: usize>(
        &mut self,
        labels: &[(&str, &str); N],
        encode: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        encode(&mut self.0.encode_family(labels)?)
    }
}

fn count_of(encoder: &mut MetricEncoder<'_>, value: &impl EncodeCounterValue) -> fmt::Result {
    encoder.encode_counter::<NoLabelSet, _, u64>(value, None)
}

fn times_of(encoder: &mut MetricEncoder<'_>, times: &Histogram) -> fmt::Result {
    let buckets = times.buckets();
    let count = buckets.iter().map(|(_, count)| count).sum();
    encoder.encode_histogram::<NoLabelSet>(times.seconds(), count, &buckets, None)
}
