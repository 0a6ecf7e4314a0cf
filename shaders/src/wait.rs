//! Waiting, without a library for it: a value that comes later, and a thread that sleeps until a future is ready.

#[cfg(target_family = "wasm")]
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
#[cfg(target_family = "wasm")]
use std::task::Poll;
use std::task::Waker;
#[cfg(not(target_family = "wasm"))]
use std::time::Duration;

/// A place for one value that somebody else brings, maybe on another thread.
#[derive(Debug)]
pub(crate) struct Later<T>(Arc<(Mutex<Awaited<T>>, Condvar)>);

/// What came, and who is to be woken when it does.
type Awaited<T> = (Option<T>, Option<Waker>);

impl<T> Clone for Later<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Later<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new((Mutex::new((None, None)), Condvar::new())))
    }

    /// Brings the value.
    pub(crate) fn bring(&self, value: T) {
        let (state, came) = &*self.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = Some(value);
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
        came.notify_all();
    }

    /// Sleeps until the value is there, at most so long.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn within(&self, most: Duration) -> Option<T> {
        let (state, came) = &*self.0;
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = came.wait_timeout_while(state, most, |state| state.0.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.0.take()
    }

    /// Waits for the value.
    #[cfg(target_family = "wasm")]
    pub(crate) async fn wait(&self) -> T {
        poll_fn(|context| {
            let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            match state.0.take() {
                Some(value) => Poll::Ready(value),
                None => {
                    state.1 = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// Waits for a future of this crate on this thread.
#[cfg(not(target_family = "wasm"))]
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    use std::task::{Context, Poll};

    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}
