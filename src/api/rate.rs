//! Middleware: how many requests one caller may send. A caller is who the token speaks of; without a valid token, an
//! address.

use super::caller::{self, VerifiedClaims};
use super::problem::Problem;
use crate::app::{App, Rate};
use crate::auth::Caller;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Callers who were not here lately are forgotten when there have been as many requests as are remembered, but not
/// more often than this.
const REQUESTS_BETWEEN_CLEAN_UPS: usize = 10_000;
/// The part of an IPv6 address that one customer of a network has: any number of addresses.
const NETWORK_OF_IPV6: u128 = !0 << 64;

/// Who sent how many lately.
#[derive(Debug)]
pub(super) struct Rates {
    /// Callers are known by hashes alone, for nobody should find numbers of people in this process's memory. Should
    /// two have the same one, they share a rate.
    limiter: RateLimiter<u64, HashMapStateStore<u64>, DefaultClock>,
    hasher: RandomState,
    clock: DefaultClock,
    rate: Rate,
    requests: AtomicUsize,
}

impl Rates {
    pub(super) fn new(rate: Rate) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        Self {
            limiter: RateLimiter::hashmap(quota),
            hasher: RandomState::new(),
            clock: DefaultClock::default(),
            rate,
            requests: AtomicUsize::new(0),
        }
    }

    /// Counts a request. Fails with the time after which the next one is let through.
    fn check(&self, caller: u64) -> Result<(), Duration> {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed);
        if requests >= REQUESTS_BETWEEN_CLEAN_UPS && requests >= self.limiter.len() {
            self.requests.store(0, Ordering::Relaxed);
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&caller).map_err(|too_soon| too_soon.wait_time_from(self.clock.now()))
    }

    /// Whom the request counts for.
    fn caller(&self, request: &Request, claims: Option<&VerifiedClaims>) -> u64 {
        if let Some(VerifiedClaims(claims)) = claims {
            let Caller { end_user, consumer, .. } = Caller::from_claims(claims);
            if let Some(user) = end_user {
                return self.hasher.hash_one(("user", user.as_str()));
            }
            if let Some(organization) = consumer {
                return self.hasher.hash_one(("organization", organization));
            }
        }
        self.hasher.hash_one(("address", self.address(request).map(network_of)))
    }

    /// Behind a proxy, the last that it has added to its header: what comes before, the caller may have made up.
    fn address(&self, request: &Request) -> Option<IpAddr> {
        let told =
            self.rate.address_header.as_ref().and_then(|name| request.headers().get_all(name).iter().next_back());
        let told = told.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        let peer = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        told.or_else(peer)
    }
}

fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & NETWORK_OF_IPV6).into()),
        address => address,
    }
}

/// A token that is found to be valid here is not verified again.
pub(super) async fn limit(State((app, rates)): State<(App, Arc<Rates>)>, mut request: Request, next: Next) -> Response {
    let claims = caller::verify(request.headers(), &app).await.ok();
    if let Err(wait) = rates.check(rates.caller(&request, claims.as_ref())) {
        return Problem::too_many_requests(wait).into_response();
    }
    if let Some(claims) = claims {
        request.extensions_mut().insert(claims);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZero;

    fn rates(burst: u32) -> Rates {
        let of = |number| NonZero::new(number).expect("not zero");
        Rates::new(Rate { per_second: of(1), burst: of(burst), address_header: None })
    }

    #[test]
    fn each_caller_has_a_rate() {
        let rates = rates(2);
        assert_eq!((rates.check(1), rates.check(1)), (Ok(()), Ok(())));
        let wait = rates.check(1).expect_err("too many");
        assert!(wait > Duration::from_millis(500) && wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(rates.check(2), Ok(()));
    }

    #[test]
    fn who_was_not_here_lately_is_forgotten() {
        let of = |number| NonZero::new(number).expect("not zero");
        let rates = Rates::new(Rate { per_second: of(1_000_000), burst: of(1), address_header: None });
        for caller in 0..=2 * REQUESTS_BETWEEN_CLEAN_UPS as u64 {
            rates.check(caller).expect("the first of its caller");
        }
        // Those of the last microseconds may still be known.
        assert!(rates.limiter.len() < REQUESTS_BETWEEN_CLEAN_UPS * 3 / 2, "{}", rates.limiter.len());
    }

    #[test]
    fn a_network_counts_as_one() {
        let network = |text: &str| network_of(text.parse().expect("an address"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
        assert_eq!(network("10.0.0.1"), network("::ffff:10.0.0.1"));
    }
}
