//! Which session follows: a new one at a login, the same one made fresh at a renewal.

use session::{Session, SessionId, Verified};

use crate::handler::Config;
use crate::users::User;

/// The session that begins when a viewer signs in.
pub(crate) fn begin(user: &User, id: SessionId, config: &Config, now: i64) -> Session {
    let expires = now.saturating_add(seconds(config.lifetime));
    of(user, id, config, now, expires)
}

/// The session that goes on, or `None` when the viewer has gone, or changed since: a password, a scope, a sign-out
/// everywhere. Its end and its id stay as they were, so renewing it in two tabs at once does no harm. No session lives longer
/// from now on than one that begins, whatever its token says.
pub(crate) fn renew(old: &Verified, user: Option<&User>, config: &Config, now: i64) -> Option<Session> {
    let old = old.session();
    let user = user.filter(|user| user.name == old.viewer && user.generation == old.generation)?;
    let expires = old.expires.min(now.saturating_add(seconds(config.lifetime)));
    // Within the leeway a token may be past its end: there is nothing left to renew.
    (now < old.expires).then(|| of(user, old.id.clone(), config, now, expires))
}

fn of(user: &User, id: SessionId, config: &Config, now: i64, expires: i64) -> Session {
    Session {
        viewer: user.name.clone(),
        scope: user.scope.clone(),
        generation: user.generation,
        id,
        issued: now,
        recheck_after: now.saturating_add(seconds(config.recheck_after)).min(expires),
        expires,
    }
}

fn seconds(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use gallery::{Scope, ViewerName};
    use jiff::Timestamp;
    use session::{PublicKeys, SigningKey, Verifier};

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const DAY: i64 = 86_400;

    fn gerda() -> User {
        User {
            name: ViewerName::parse("gerda").unwrap(),
            password: None,
            scope: Scope::All,
            generation: 7,
            devices_from: 7,
            created: Timestamp::UNIX_EPOCH,
            role: crate::users::Role::Viewer,
            mail: None,
        }
    }

    fn verified(session: &Session, now: i64) -> Verified {
        let key = SigningKey::from_seed(&[1; 32]);
        let token = key.mint(session, "x").unwrap();
        Verifier::new(PublicKeys::of([&key]).unwrap(), "x").verify(&token, now).unwrap()
    }

    /// Requirement 9.
    #[test]
    fn renewal_keeps_the_end_and_moves_the_next_look() {
        let config = Config::new("Gallery", "x");
        let first = begin(&gerda(), SessionId::from_random([1; 16]), &config, NOW);
        assert_eq!((first.recheck_after, first.expires), (NOW + 600, NOW + 30 * DAY));
        let later = NOW + 3 * DAY;
        let second = renew(&verified(&first, later), Some(&gerda()), &config, later).unwrap();
        assert_eq!((second.issued, second.recheck_after, second.expires), (later, later + 600, first.expires));
        assert_eq!(second.id, first.id);
        // Two tabs: the old token renews again, to the same session.
        assert_eq!(renew(&verified(&first, later), Some(&gerda()), &config, later).unwrap(), second);
        // A token that somebody made with a stolen key.
        let forged = Session { expires: NOW + 3_650 * DAY, ..first.clone() };
        assert_eq!(renew(&verified(&forged, later), Some(&gerda()), &config, later).unwrap().expires, later + 30 * DAY);
        // The last look never lies past the end.
        let end = first.expires - 10;
        assert_eq!(renew(&verified(&first, end), Some(&gerda()), &config, end).unwrap().recheck_after, first.expires);
        assert_eq!(renew(&verified(&first, first.expires), Some(&gerda()), &config, first.expires), None);
    }

    /// Requirement 10.
    #[test]
    fn a_removed_or_changed_viewer_is_not_renewed() {
        let config = Config::new("Gallery", "x");
        let old = begin(&gerda(), SessionId::from_random([1; 16]), &config, NOW);
        let old = verified(&old, NOW + 601);
        let renewed = |user: Option<User>| renew(&old, user.as_ref(), &config, NOW + 601).is_some();
        assert!(renewed(Some(gerda())));
        assert!(!renewed(None));
        assert!(!renewed(Some(User { generation: 8, ..gerda() })));
        assert!(!renewed(Some(User { generation: 6, ..gerda() })));
        assert!(!renewed(Some(User { name: ViewerName::parse("otto").unwrap(), ..gerda() })));
    }
}
