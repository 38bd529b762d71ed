use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::{advance, sleep};

const SECOND: Duration = Duration::from_secs(1);
const LIMITS: Limits = Limits {
    fresh: Duration::from_secs(100),
    usable: Duration::from_secs(200),
    soft: SECOND,
    hard: Duration::from_secs(5),
};
const AFTER_FAILURE: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Number(usize);

impl Kept for Number {
    fn weight(&self) -> usize {
        self.0
    }

    fn is_kept(&self) -> bool {
        self.0 != 0
    }
}

/// A cache, and somebody who is asked and counts it.
struct Asking {
    cache: StaleCache<&'static str, Number>,
    asked: Arc<AtomicUsize>,
}

impl Asking {
    fn new() -> Self {
        Self { cache: StaleCache::new(LIMITS, AFTER_FAILURE, 1000), asked: Arc::default() }
    }

    /// The answer comes after a while; without one, asking fails then.
    async fn get(&self, answer: Option<usize>, after: Duration) -> Option<usize> {
        let asked = Arc::clone(&self.asked);
        let ask = || async move {
            asked.fetch_add(1, Ordering::Relaxed);
            sleep(after).await;
            answer.map(Number).ok_or(Failure::NotAtHand("it"))
        };
        self.cache.get("it", ask).await.ok().map(|number| number.0)
    }

    async fn get_now(&self, answer: Option<usize>) -> Option<usize> {
        self.get(answer, Duration::ZERO).await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn a_fresh_answer_is_not_asked_for_again() {
    let asking = Asking::new();
    assert_eq!(asking.get_now(Some(1)).await, Some(1));
    advance(SECOND * 70).await;
    assert_eq!(asking.get_now(Some(2)).await, Some(1));
    assert_eq!(asking.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn near_its_end_it_is_asked_for_behind_and_still_serves() {
    let asking = Asking::new();
    asking.get_now(Some(1)).await;
    advance(SECOND * 85).await;
    assert_eq!(asking.get(Some(2), SECOND * 3).await, Some(1));
    assert_eq!(asking.get(Some(3), SECOND * 3).await, Some(1));
    sleep(SECOND * 4).await;
    assert_eq!(asking.get_now(Some(4)).await, Some(2));
    assert_eq!(asking.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_serves_within_its_limit_when_there_is_no_new_one() {
    let asking = Asking::new();
    asking.get_now(Some(1)).await;
    advance(SECOND * 110).await;
    assert_eq!(asking.get_now(None).await, Some(1));
    assert_eq!(asking.get_now(Some(2)).await, Some(1));
    assert_eq!(asking.asked(), 2, "it failed a moment ago");
    advance(AFTER_FAILURE).await;
    assert_eq!(asking.get_now(None).await, Some(1));
    assert_eq!(asking.asked(), 3);
    advance(SECOND * 61).await;
    assert_eq!(asking.get_now(None).await, None);
    assert_eq!(asking.get_now(Some(5)).await, Some(5));
}

#[tokio::test(start_paused = true)]
async fn a_new_answer_is_waited_for_a_little_and_then_goes_on() {
    let asking = Asking::new();
    asking.get_now(Some(1)).await;
    advance(SECOND * 110).await;
    assert_eq!(asking.get(Some(2), SECOND / 2).await, Some(2));
    advance(SECOND * 110).await;
    let begin = Instant::now();
    assert_eq!(asking.get(Some(3), SECOND * 2).await, Some(2));
    assert_eq!(begin.elapsed(), LIMITS.soft);
    sleep(SECOND * 2).await;
    assert_eq!(asking.get_now(None).await, Some(3));
}

#[tokio::test(start_paused = true)]
async fn without_an_old_answer_there_is_a_limit_too() {
    let asking = Asking::new();
    let begin = Instant::now();
    assert_eq!(asking.get(Some(1), SECOND * 60).await, None);
    assert_eq!(begin.elapsed(), LIMITS.hard);
    assert_eq!(asking.get_now(Some(2)).await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn those_who_ask_together_wait_for_one_answer() {
    let asking = Asking::new();
    let (one, other) = tokio::join!(asking.get(Some(1), SECOND), asking.get(Some(2), SECOND));
    assert_eq!((one, other), (Some(1), Some(1)));
    assert_eq!(asking.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_away_does_not_end_the_asking() {
    let asking = Asking::new();
    assert!(timeout(SECOND, asking.get(Some(1), SECOND * 2)).await.is_err());
    assert_eq!(asking.get_now(Some(2)).await, Some(1));
    assert_eq!(asking.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_kept_is_asked_for_each_time() {
    let asking = Asking::new();
    assert_eq!(asking.get_now(Some(0)).await, Some(0));
    assert_eq!(asking.get_now(Some(1)).await, Some(1));
    assert_eq!(asking.get_now(Some(2)).await, Some(1));
}

#[tokio::test(start_paused = true)]
async fn what_came_by_another_way_counts() {
    let asking = Asking::new();
    asking.cache.put("it", Number(7));
    assert_eq!(asking.get_now(Some(1)).await, Some(7));
    assert_eq!(asking.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_dies_is_a_failure_like_others() {
    let asking = Asking::new();
    let dying = asking.cache.get("it", || async { Err(defect()) }).await;
    assert!(dying.is_err());
    assert_eq!(asking.get_now(Some(1)).await, Some(1));
}

fn defect() -> Failure {
    panic!("a defect")
}

#[tokio::test(start_paused = true)]
async fn it_holds_no_more_than_two_generations() {
    let cache = StaleCache::new(LIMITS, AFTER_FAILURE, 1000);
    for key in 0..10_000 {
        cache.get(key, || async { Ok(Number(90)) }).await.expect("an answer");
        let failed = cache.get(-key - 1, || async { Err(Failure::NotAtHand("it")) }).await;
        assert!(failed.is_err());
    }
    let generations = cache.0.generations();
    let kept = generations.young.len() + generations.old.len();
    assert!(kept <= 2 * (1000 / 55 + 2), "{kept} are kept");
    let is_kept = |key| generations.young.contains_key(key) || generations.old.contains_key(key);
    assert!(is_kept(&9_999) && !is_kept(&9_000));
}
