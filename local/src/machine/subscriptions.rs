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
    pub(super) published: Published,
}

impl Handlers {
    /// The handlers, and what takes away the pictures that their pages no longer name when these have stayed so long.
    pub(super) fn new(store: Store, title: &str, pictures_stay: Duration) -> (Self, Clearing) {
        let resizer = Resizer::new(store.clone(), resizer::Limits::default()).leaving_until_published();
        let resizer = Arc::new(resizer);
        let (published, clearing) = Clearing::new(resizer.clone(), pictures_stay);
        (Self { resizer, builder: Arc::new(Builder::new(store).of_gallery(title)), published }, clearing)
    }

    /// Mends what a lost event left: renditions first, since pages are made of them. Whether all went well.
    pub(super) async fn reconcile(&self) -> bool {
        let photos = self.resizer.reconcile().await;
        if let Err(error) = &photos {
            tracing::error!("looking through the photos ended early: {error}");
        }
        let left = self.resizer.leavings();
        let pages = self.builder.reconcile().await;
        match &pages {
            Ok(_) => self.published.without(left),
            Err(error) => tracing::error!("looking through the pages ended early: {error}"),
        }
        pages.is_ok() && photos.is_ok_and(|tally| tally.failed == 0)
    }

    /// A build, and a while after it the removal of what the pages named until now. What failed comes again, and its pages
    /// may be as they were: what they name stays until then.
    pub(super) async fn build(&self, mut event: SqsEvent) -> SqsBatchResponse {
        let left = self.resizer.leavings();
        let answer = self.builder.handle(event.clone()).await;
        let failed: Vec<&str> = answer.batch_item_failures.iter().map(|one| one.item_identifier.as_str()).collect();
        event.records.retain(|message| message.message_id.as_deref().is_none_or(|id| !failed.contains(&id)));
        self.published.without(left.spoken_of(&event));
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
