//! The handlers and what each is told of: the event source mappings of the deployment.

use std::sync::Arc;
use std::time::Duration;

use builder::Builder;
use gallery::Store;
use resizer::Resizer;

use crate::events::pump::Subscription;
use crate::events::queue::Policy;
use crate::events::route::Destination;

/// The two handlers.
#[derive(Clone)]
pub(super) struct Handlers {
    pub(super) resizer: Arc<Resizer>,
    pub(super) builder: Arc<Builder>,
}

impl Handlers {
    pub(super) fn new(store: Store, title: &str) -> Self {
        Self {
            resizer: Arc::new(Resizer::new(store.clone(), resizer::Limits::default())),
            builder: Arc::new(Builder::new(store).of_gallery(title)),
        }
    }

    /// Mends what a lost event left: renditions first, since pages are made of them.
    pub(super) async fn reconcile(&self) {
        if let Err(error) = self.resizer.reconcile().await {
            tracing::error!("looking through the photos ended early: {error}");
        }
        if let Err(error) = self.builder.reconcile().await {
            tracing::error!("looking through the pages ended early: {error}");
        }
    }
}

/// Who is told of what, and in which helpings.
pub(super) fn subscriptions(handlers: &Handlers) -> Vec<Subscription> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (resizer, builder) = (handlers.resizer.clone(), handlers.builder.clone());
    vec![
        Subscription {
            name: "resize",
            destination: Destination::Resize,
            policy: Policy {
                batch: 1,
                window: Duration::ZERO,
                longest_window: Duration::ZERO,
                longest_quiet: Duration::ZERO,
                parallel: cores,
                attempts: 3,
                rest: Duration::from_secs(2),
            },
            handler: Arc::new(move |event| {
                let resizer = resizer.clone();
                Box::pin(async move { resizer.handle(event).await })
            }),
        },
        Subscription {
            name: "build",
            destination: Destination::Build,
            policy: Policy {
                batch: 10_000,
                window: Duration::from_millis(300),
                longest_window: Duration::from_mins(5),
                longest_quiet: Duration::from_secs(5),
                parallel: 1,
                attempts: 3,
                rest: Duration::from_secs(2),
            },
            handler: Arc::new(move |event| {
                let builder = builder.clone();
                Box::pin(async move { builder.handle(event).await })
            }),
        },
    ]
}
