//! The pages of a scope that nobody had before, made before anybody is told that they may see them.

use builder::Builder;
use gallery::{Condition, Key, Scope, Store};

/// Makes the pages of a scope, unless it has some. The gallery does so as well, when it hears of the scope, but whoever
/// signs in before that would find nothing; so where this fails nothing is lost but time.
pub(crate) async fn welcome(store: &Store, scope: &Scope) {
    let home = Key::HomePage(scope.home());
    if *scope == Scope::All {
        return;
    }
    let made = async {
        if store.look(home.bucket(), &home.path()).await?.is_none() {
            // Written with the viewer, too; but whoever sees other albums from now on may come before that.
            store.write_json(&Key::ScopeRecord(scope.home()), scope, Condition::New).await?;
            let builder = Builder::new(store.clone());
            builder.lay_assets_beside().await?;
            builder.welcome([scope.home()]).await?;
        }
        Ok::<_, builder::BuildError>(())
    };
    if let Err(error) = made.await {
        tracing::warn!(%error, "the pages are not made yet; the gallery makes them when it hears of the new viewer");
    }
}
