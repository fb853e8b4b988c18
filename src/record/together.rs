//! Waking all whom a commit answers at once: one by one, each would have another thread of the runtime start and rest again for it alone.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use tokio::task::{unconstrained, yield_now};

/// Awaits an answer; whoever awaits one of the same task goes on at the same time, when that task rests.
pub(super) async fn together<F: Future>(answered: F) -> F::Output {
    // Unconstrained, it never yields by the waker it is given: that one is not to be woken while the runtime wakes those who yield.
    let mut answered = pin!(unconstrained(answered));
    poll_fn(|context| {
        let waker = Waker::from(Arc::new(Resting(context.waker().clone())));
        answered.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}

/// Wakes somebody as soon as the task that is at work rests.
struct Resting(Waker);

impl Wake for Resting {
    fn wake(self: Arc<Self>) {
        // The runtime wakes all who yield at once, when the others have had their turn: this yields in the name of who waits.
        let _ = pin!(yield_now()).poll(&mut Context::from_waker(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use futures::future::join_all;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_is_answered_goes_on_when_the_one_who_answers_rests() {
        let gone_on = Arc::new(AtomicUsize::new(0));
        let (answers, waiting): (Vec<_>, Vec<_>) = (0..8)
            .map(|_| {
                let (answer, answered) = oneshot::channel();
                let gone_on = Arc::clone(&gone_on);
                let waiting = tokio::spawn(async move {
                    together(answered).await.expect("an answer");
                    gone_on.fetch_add(1, Ordering::SeqCst);
                });
                (answer, waiting)
            })
            .unzip();
        // All wait before the first is answered.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answering = tokio::spawn({
            let gone_on = Arc::clone(&gone_on);
            async move {
                for answer in answers {
                    answer.send(()).expect("somebody waits");
                }
                thread::sleep(Duration::from_millis(50));
                gone_on.load(Ordering::SeqCst)
            }
        });
        assert_eq!(answering.await.expect("how many went on meanwhile"), 0);
        for waiting in waiting {
            waiting.await.expect("who waited went on");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_task_may_await_many() {
        let (answers, waiting): (Vec<_>, Vec<_>) = (0..500)
            .map(|_| {
                let (answer, answered) = oneshot::channel();
                (answer, together(answered))
            })
            .unzip();
        let waiting = tokio::spawn(join_all(waiting));
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answering =
            tokio::spawn(async move { answers.into_iter().for_each(|answer| answer.send(()).expect("one waits")) });
        answering.await.expect("all are answered");
        assert!(waiting.await.expect("who waited").iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn an_answer_from_outside_the_runtime_arrives() {
        let (answer, answered) = oneshot::channel();
        let waiting = tokio::spawn(together(answered));
        yield_now().await;
        thread::spawn(move || answer.send(7)).join().expect("it ends").expect("somebody waits");
        assert_eq!(waiting.await.expect("who waited").expect("an answer"), 7);
    }
}
