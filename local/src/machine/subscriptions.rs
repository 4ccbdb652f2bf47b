//! The handlers and what each is told of: the event source mappings of the deployment.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use builder::Builder;
use gallery::Store;
use resizer::Resizer;

use crate::events::pump::Subscription;
use crate::events::queue::Policy;
use crate::events::route::Destination;
use crate::machine::clearing::{Clearing, Published};

/// The two handlers.
#[derive(Clone)]
pub(super) struct Handlers {
    pub(super) resizer: Arc<Resizer>,
    pub(super) builder: Arc<Builder>,
    published: Published,
}

impl Handlers {
    /// The handlers, and what takes away the pictures that their pages no longer name.
    pub(super) fn new(store: Store, title: &str) -> (Self, Clearing) {
        let resizer = Resizer::new(store.clone(), resizer::Limits::default()).leaving_until_published();
        let resizer = Arc::new(resizer);
        let (published, clearing) = Clearing::new(resizer.clone());
        (Self { resizer, builder: Arc::new(Builder::new(store).of_gallery(title)), published }, clearing)
    }

    /// Mends what a lost event left: renditions first, since pages are made of them.
    pub(super) async fn reconcile(&self) {
        if let Err(error) = self.resizer.reconcile().await {
            tracing::error!("looking through the photos ended early: {error}");
        }
        let left = self.resizer.leavings();
        match self.builder.reconcile().await {
            Ok(_) => self.published.without(left),
            Err(error) => tracing::error!("looking through the pages ended early: {error}"),
        }
    }

    /// A build, and a while after it the removal of what the pages named until now. Where a message failed, its pages may be
    /// as they were: then all stays until it comes again.
    async fn build(&self, event: SqsEvent) -> SqsBatchResponse {
        let left = self.resizer.leavings().spoken_of(&event);
        let answer = self.builder.handle(event).await;
        if answer.batch_item_failures.is_empty() {
            self.published.without(left);
        }
        answer
    }
}

/// How builds are batched.
pub(crate) const BUILDS: Policy = Policy {
    batch: 10_000,
    newest_first: false,
    window: Duration::from_millis(300),
    longest_window: Duration::from_mins(2),
    longest_quiet: Duration::from_secs(6),
    longest_gap: Duration::from_secs(10),
    parallel: 1,
    attempts: 3,
    rest: Duration::from_secs(2),
};

/// Who is told of what, and in which helpings.
pub(super) fn subscriptions(handlers: &Handlers) -> Vec<Subscription> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (resizer, building) = (handlers.resizer.clone(), handlers.clone());
    vec![
        Subscription {
            name: "resize",
            destination: Destination::Resize,
            policy: Policy {
                batch: 1,
                newest_first: true,
                window: Duration::ZERO,
                longest_window: Duration::ZERO,
                longest_quiet: Duration::ZERO,
                longest_gap: Duration::ZERO,
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
            policy: BUILDS,
            handler: Arc::new(move |event| {
                let building = building.clone();
                Box::pin(async move { building.build(event).await })
            }),
        },
    ]
}
