//! Coming in by invitation, and staying.

use futures::future::join_all;
use gallery::{Bucket, Scope, Store, ViewerName};
use jiff::Timestamp;
use login::{Invitations, Login, Secret, User};

use crate::fixture::*;

const DAY: i64 = 86_400;

fn grandma() -> ViewerName {
    ViewerName::parse("grandma").unwrap()
}

/// A viewer without a password, and the link's path.
async fn invited(store: &Store, login: &Login) -> (User, String) {
    let user = login.users().add_invited(&grandma(), family(), now()).await.unwrap();
    let link = link(store, &user, later(7 * DAY)).await;
    (user, link)
}

async fn link(store: &Store, user: &User, expires: Timestamp) -> String {
    let secret = Secret::new().unwrap();
    Invitations::new(store.clone()).make(user, &secret, now(), expires).await.unwrap();
    format!("/auth/invite?code={}", secret.reveal())
}

fn form(link: &str) -> &str {
    link.split_once('?').unwrap().1
}

/// Requirement 17: robots look, people press the button, and only the first of them gets in.
#[tokio::test]
async fn an_invitation_is_looked_at_often_and_used_once() {
    let Some((store, login)) = gallery("once").await else {
        return;
    };
    let (_, link) = invited(&store, &login).await;
    let mut robot = Browser::new(&login);
    for _ in 0..3 {
        let page = robot.get(&link, now()).await;
        assert_eq!((page.status_code, page.cookies.len()), (200, 0));
        assert!(page.body.unwrap().contains("grandma"));
    }
    let code = form(&link).strip_prefix("code=").unwrap();
    for listed in store.list(Bucket::Auth, "invitations/").all().await.unwrap() {
        let object = store.read_path(Bucket::Auth, &listed.path).await.unwrap().unwrap();
        assert!(!listed.path.contains(code) && !String::from_utf8_lossy(&object.bytes).contains(code), "only a hash");
    }

    let (login, link) = (&login, &link);
    let takers = (0..8).map(|_| async move {
        let mut browser = Browser::new(login);
        browser.post("/auth/invite", form(link), later(60)).await.status_code
    });
    let mut statuses = join_all(takers).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410, 410, 410, 410, 410, 410, 410]);
    assert_eq!(store.list(Bucket::Auth, "devices/").all().await.unwrap().len(), 1, "one device is known");
    assert_eq!(robot.get(link, later(61)).await.status_code, 410);
    let records = recorded(&store).await;
    assert_eq!(records.iter().filter(|line| *line == "invitation Done grandma").count(), 1);
    assert_eq!(records.iter().filter(|line| line.starts_with("invitation Refused")).count(), 1);
    // What nobody was ever given leaves no trace: there would be no end of them.
    let made_up = format!("code={}", "a".repeat(26));
    assert_eq!(robot.post("/auth/invite", &made_up, later(62)).await.status_code, 410);
    assert_eq!(recorded(&store).await.len(), records.len());
}

/// Requirements 9 and 10: a device that came by invitation stays signed in after the session's end, until the owner or
/// the viewer says otherwise.
#[tokio::test]
async fn an_invited_device_stays_signed_in() {
    let Some((store, login)) = gallery("stays").await else {
        return;
    };
    let (user, link) = invited(&store, &login).await;
    let mut tablet = Browser::new(&login);
    let answer = tablet.post("/auth/invite", form(&link), now()).await;
    assert_eq!((answer.status_code, location(&answer)), (303, "/auth/invite"));
    assert!(tablet.cookies.keys().eq(["__Host-device", "__Host-session"]));
    let back = "/auth/login?next=%2Falbums%2FFamily%2F";
    // While the session is good there is nothing to begin: the gate must have another reason, and gets the form.
    assert_eq!(tablet.get(back, later(60)).await.status_code, 200);

    // A month later the session is over, and the next visit begins another.
    let answer = tablet.get(back, later(40 * DAY)).await;
    assert_eq!((answer.status_code, location(&answer)), (303, "/albums/Family/"));
    // Each use keeps the device known: two years on, with a visit a year, it still is.
    assert_eq!(tablet.get(back, later(400 * DAY)).await.status_code, 303);
    assert_eq!(tablet.get(back, later(760 * DAY)).await.status_code, 303);
    // A changed scope ends the session, not the device.
    login.users().set_scope(&grandma(), Scope::All, later(761 * DAY)).await.unwrap();
    assert_eq!(tablet.get("/auth/renew?next=%2F", later(761 * DAY)).await.headers["location"], "/auth/login?next=%2F");
    assert_eq!(tablet.get("/auth/login?next=%2F", later(761 * DAY)).await.status_code, 303);

    // Signing out here is meant.
    assert_eq!(tablet.post("/auth/logout", "", later(762 * DAY)).await.status_code, 303);
    assert!(tablet.cookies.is_empty(), "{:?}", tablet.cookies);
    assert_eq!(tablet.get(back, later(762 * DAY)).await.status_code, 200);

    // The owner's sign-out reaches devices and unused invitations alike.
    let user = login.users().find(&user.name).await.unwrap().unwrap();
    let (taken, unused) =
        (self::link(&store, &user, later(900 * DAY)).await, self::link(&store, &user, later(900 * DAY)).await);
    let mut phone = Browser::new(&login);
    assert_eq!(phone.post("/auth/invite", form(&taken), later(763 * DAY)).await.status_code, 303);
    let stolen = phone.cookies.clone();
    login.users().sign_out_everywhere(&grandma(), later(763 * DAY)).await.unwrap();
    phone.cookies.remove("__Host-session");
    assert_eq!(phone.get(back, later(763 * DAY)).await.status_code, 200);
    assert_eq!(phone.get(&unused, later(763 * DAY)).await.status_code, 410);
    assert!(store.list(Bucket::Auth, "devices/grandma/").all().await.unwrap().is_empty());

    // Requirement 5: neither mark nor code is a session.
    for token in [&stolen["__Host-device"], form(&taken).strip_prefix("code=").unwrap()] {
        let answer = renew(&login, token, later(763 * DAY)).await;
        assert!(location(&answer).starts_with("/auth/login"), "{token}");
    }
}

#[tokio::test]
async fn an_invited_viewer_may_choose_a_password() {
    let Some((store, login)) = gallery("chooses").await else {
        return;
    };
    let (user, link) = invited(&store, &login).await;
    let second = self::link(&store, &user, later(7 * DAY)).await;
    let mut tablet = Browser::new(&login);
    assert_eq!(tablet.get("/auth/invite", now()).await.headers["location"], "/", "nothing to choose for a stranger");
    assert_eq!(tablet.post("/auth/invite", "password=walnut-ferry-otter", now()).await.headers["location"], "/");
    tablet.post("/auth/invite", form(&link), now()).await;
    let page = tablet.get("/auth/invite", later(1)).await;
    assert!(page.body.unwrap().contains("new-password"));
    let page = tablet.post("/auth/invite", "name=grandma&password=short", later(2)).await;
    assert_eq!(page.status_code, 422);
    assert!(page.body.unwrap().contains("too short"));
    let answer = tablet.post("/auth/invite", "name=otto&password=walnut-ferry-otter", later(3)).await;
    assert_eq!((answer.status_code, location(&answer)), (303, "/"), "whose it is, the session says");

    assert_eq!(sign_in(&login, "grandma", "walnut-ferry-otter", later(4)).await.status_code, 303);
    // The session goes on, and the form is for the first password alone.
    assert_eq!(tablet.get("/auth/renew?next=%2F", later(700)).await.headers["location"], "/");
    assert_eq!(tablet.get("/auth/invite", later(701)).await.headers["location"], "/");
    tablet.post("/auth/invite", "name=grandma&password=another-ferry-otter", later(702)).await;
    assert_eq!(sign_in(&login, "grandma", "another-ferry-otter", later(703)).await.status_code, 401);
    // The invitation for another device is still good, and leads straight in.
    let answer = Browser::new(&login).post("/auth/invite", form(&second), later(704)).await;
    assert_eq!(location(&answer), "/");
}

/// Requirement 17.
#[tokio::test]
async fn what_is_over_is_over_in_one_way() {
    let Some((store, login)) = gallery("over").await else {
        return;
    };
    let (user, link) = invited(&store, &login).await;
    let other = self::link(&store, &user, later(60)).await;
    let mut browser = Browser::new(&login);
    assert_eq!(browser.get(&other, later(59)).await.status_code, 200);
    let expired = browser.get(&other, later(60)).await;
    assert_eq!(expired.status_code, 410);
    for path in [
        "/auth/invite?code=",
        "/auth/invite?code=x",
        "/auth/invite?code=aaaaaaaaaaaaaaaaaaaaaaaaaa",
        &format!("{link}&code=y"),
    ] {
        let answer = browser.get(path, now()).await;
        assert_eq!((answer.status_code, &answer.body), (410, &expired.body), "{path}");
    }
    assert_eq!(browser.post("/auth/invite", form(&other), later(61)).await.status_code, 410);
    assert_eq!(browser.post("/auth/invite", form(&other), later(62)).await.status_code, 410);
    let refused = recorded(&store).await.iter().filter(|told| told.starts_with("invitation Refused")).count();
    assert_eq!(refused, 1, "however often it is tried");
    assert_eq!(browser.post("/auth/invite", "code=x", later(61)).await.status_code, 410);
    assert_eq!(browser.post("/auth/invite", "code=x&password=y", later(61)).await.status_code, 400);

    // It does not pass on to another who gets the name.
    let taken = self::link(&store, &user, later(7 * DAY)).await;
    assert_eq!(Browser::new(&login).post("/auth/invite", form(&taken), later(61)).await.status_code, 303);
    login.users().remove(&grandma()).await.unwrap();
    login.users().add_invited(&grandma(), Scope::All, later(62)).await.unwrap();
    assert_eq!(browser.get(&link, later(63)).await.status_code, 410);
    assert_eq!(browser.post("/auth/invite", form(&link), later(63)).await.status_code, 410);
    assert!(Invitations::new(store.clone()).list().await.unwrap().is_empty(), "all are gone, the used one too");

    let user = login.users().find(&grandma()).await.unwrap().unwrap();
    self::link(&store, &user, later(60)).await;
    assert_eq!(login.tidy(later(29 * DAY)).await.unwrap(), 0);
    assert_eq!(login.tidy(later(31 * DAY)).await.unwrap(), 1, "what has been over for a month goes");
}

/// Requirement 13.
#[tokio::test]
async fn another_site_cannot_press_the_button() {
    use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
    let Some((store, login)) = gallery("foreign").await else {
        return;
    };
    let (_, link) = invited(&store, &login).await;
    let mut request = LambdaFunctionUrlRequest::default();
    request.raw_path = Some("/auth/invite".to_owned());
    request.request_context.http.method = Some("POST".to_owned());
    for (name, value) in [
        ("x-forwarded-host", "gallery.example"),
        ("origin", "https://evil.example"),
        ("content-type", "application/x-www-form-urlencoded"),
    ] {
        request.headers.insert(name, value.parse().unwrap());
    }
    request.body = Some(form(&link).to_owned());
    assert_eq!(login.handle(request, now()).await.status_code, 422);
    assert_eq!(Browser::new(&login).get(&link, now()).await.status_code, 200, "it is still good");
}
