//! Login when S3's answers are lost, and when conditional writes fail again and again: nobody loses an invitation, nothing
//! is done twice, and nobody gets in who should not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use gallery::store::BucketNames;
use gallery::{Bucket, Scope, Store, ViewerName};
use http::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use login::keys::{self, KeyState};
use login::{Audit, Config, Cost, Invitations, Login, Secret, load_or_create};
use session::{Session, SessionId, SigningKey};
use zeroize::Zeroizing;

use crate::World;
use crate::transport::{Aim, Fault, Weather};

const PASSWORD: &str = "walnut-ferry-otter-lamp";

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000)
}

fn login(store: Store) -> Login {
    Login::new(store, Config { cost: Cost::LEAST, ..Config::new("Gallery", "gallery") })
}

/// A gallery with its first key, and a viewer with a password.
async fn gallery() -> Result<(World, Login)> {
    let world = World::new().await?;
    let store = world.calm(BucketNames::plain());
    load_or_create(&store, now()).await?;
    let calm = login(store);
    let password = Zeroizing::new(PASSWORD.to_owned());
    calm.users().add(&"gerda".parse()?, &password, Scope::All, now()).await?;
    Ok((world, calm))
}

/// The answers to so many writes below this path are lost.
fn losing(path: &'static str, times: usize) -> Arc<Weather> {
    Weather::aimed(Aim { fault: Fault::LostAnswer, path, conditional: false, times: AtomicUsize::new(times) })
}

/// So many conditional writes are told that somebody was first, and are not done.
fn storm(times: usize) -> Arc<Weather> {
    Weather::aimed(Aim { fault: Fault::Conflict, path: "/", conditional: true, times: AtomicUsize::new(times) })
}

fn request(method: &str, path: &str) -> LambdaFunctionUrlRequest {
    let mut request = LambdaFunctionUrlRequest::default();
    request.raw_path = Some(path.to_owned());
    request.request_context.http.method = Some(method.to_owned());
    for (header, value) in [
        ("x-forwarded-host", "gallery.example"),
        ("x-viewer-address", "203.0.113.1"),
        ("origin", "https://gallery.example"),
        ("content-type", "application/x-www-form-urlencoded"),
    ] {
        request.headers.insert(HeaderName::from_static(header), HeaderValue::from_static(value));
    }
    request
}

async fn post(login: &Login, path: &str, form: String, at: Timestamp) -> LambdaFunctionUrlResponse {
    let mut request = request("POST", path);
    request.body = Some(form);
    login.handle(request, at).await
}

fn is_inside(answer: &LambdaFunctionUrlResponse) -> bool {
    let begins = |cookie: &String| cookie.starts_with("__Host-session=") && !cookie.contains("Max-Age=0");
    answer.status_code == 303 && answer.cookies.iter().any(begins)
}

async fn invitation(world: &World, calm: &Login, name: &str) -> Result<Secret> {
    let user = calm.users().add_invited(&name.parse()?, Scope::All, now()).await?;
    let secret = Secret::new()?;
    let invitations = Invitations::new(world.calm(BucketNames::plain()));
    invitations.make(&user, &secret, now(), now() + SignedDuration::from_hours(1)).await?;
    Ok(secret)
}

async fn count(world: &World, prefix: &str) -> Result<usize> {
    Ok(world.calm(BucketNames::plain()).list(Bucket::Auth, prefix).all().await?.len())
}

/// Requirement 17: once, and it is the one who pressed the button that gets in.
#[tokio::test]
async fn a_lost_answer_costs_nobody_their_invitation() -> Result<()> {
    let (world, calm) = gallery().await?;
    for (name, weather) in [
        ("grandma", losing("/auth/invitations/", 1)),
        ("grandpa", losing("/auth/invitations/", 2)),
        ("aunt", losing("/auth/", 1)),
        // Twice it looks as if somebody had been first.
        ("uncle", storm(2)),
    ] {
        let secret = invitation(&world, &calm, name).await?;
        let before = count(&world, "audit/").await?;
        let form = format!("code={}", secret.reveal());
        let troubled = login(world.through(&weather));
        let answer = post(&troubled, "/auth/invite", form.clone(), now()).await;
        ensure!(weather.faults.load(Ordering::Relaxed) > 0, "{name}: the weather was fine");
        ensure!(is_inside(&answer), "{name}: {}", answer.status_code);
        ensure!(count(&world, "audit/").await? == before + 1, "{name}: one record of it");
        ensure!(count(&world, &format!("devices/{name}/")).await? == 1, "{name}: one device");
        let again = post(&calm, "/auth/invite", form, now()).await;
        ensure!(again.status_code == 410 && !is_inside(&again), "{name}: {}", again.status_code);
    }
    Ok(())
}

/// What fails before an invitation is used up leaves it as it was, and what fails after it keeps nobody out.
#[tokio::test]
async fn an_invitation_is_used_up_by_whoever_gets_in() -> Result<()> {
    let (world, calm) = gallery().await?;
    let store = world.calm(BucketNames::plain());
    let form = format!("code={}", invitation(&world, &calm, "grandma").await?.reveal());
    for listed in store.list(Bucket::Auth, "keys/").all().await? {
        store.remove_path(Bucket::Auth, &listed.path).await?;
    }
    let answer = post(&login(store.clone()), "/auth/invite", form.clone(), now()).await;
    ensure!(answer.status_code == 503 && !is_inside(&answer), "without a key: {}", answer.status_code);
    load_or_create(&store, now()).await?;

    let weather = Weather::aimed(Aim {
        fault: Fault::Internal,
        path: "/auth/audit/",
        conditional: false,
        times: AtomicUsize::new(usize::MAX),
    });
    let answer = post(&login(world.through(&weather)), "/auth/invite", form.clone(), now()).await;
    ensure!(weather.faults.load(Ordering::Relaxed) > 0, "the weather was fine");
    ensure!(is_inside(&answer), "without a record: {}", answer.status_code);
    ensure!(count(&world, "devices/grandma/").await? == 1, "one device");
    let again = post(&calm, "/auth/invite", form, now()).await;
    ensure!(again.status_code == 410 && !is_inside(&again), "once: {}", again.status_code);
    Ok(())
}

/// Where conditional writes never succeed, nobody gets in and nothing is used up.
#[tokio::test]
async fn a_storm_of_412_lets_nobody_in_and_uses_nothing_up() -> Result<()> {
    let (world, calm) = gallery().await?;
    let secret = invitation(&world, &calm, "grandma").await?;
    let form = format!("code={}", secret.reveal());
    let weather = Weather::aimed(Aim {
        fault: Fault::Conflict,
        path: "/auth/invitations/",
        conditional: true,
        times: AtomicUsize::new(usize::MAX),
    });
    let answer = post(&login(world.through(&weather)), "/auth/invite", form.clone(), now()).await;
    ensure!(!is_inside(&answer), "{}", answer.status_code);
    ensure!(weather.requests.load(Ordering::Relaxed) < 40, "it tries without an end");
    ensure!(count(&world, "devices/grandma/").await? == 0, "no device is left of it");
    ensure!(is_inside(&post(&calm, "/auth/invite", form, now()).await), "it can be used when the storm is over");

    // Requirement 15: a try that cannot be counted is none.
    let weather = Weather::aimed(Aim {
        fault: Fault::Conflict,
        path: "/auth/throttle/",
        conditional: true,
        times: AtomicUsize::new(usize::MAX),
    });
    let form = format!("name=gerda&password={PASSWORD}&next=%2F");
    let answer = post(&login(world.through(&weather)), "/auth/login", form.clone(), now()).await;
    ensure!(!is_inside(&answer), "{}", answer.status_code);
    ensure!(weather.requests.load(Ordering::Relaxed) < 60, "it tries without an end");
    ensure!(is_inside(&post(&calm, "/auth/login", form, now() + SignedDuration::from_mins(1)).await));
    Ok(())
}

/// Requirement 15: who is not looked at, because others keep coming first at the last of the three counts, is not counted
/// at the other two.
#[tokio::test]
async fn a_try_that_has_to_wait_leaves_every_count_as_it_was() -> Result<()> {
    let (world, calm) = gallery().await?;
    let store = world.calm(BucketNames::plain());
    let form = |password: &str| format!("name=gerda&password={password}&next=%2F");
    let wrong = post(&calm, "/auth/login", form("that+is+not+it"), now()).await;
    ensure!(wrong.status_code == 401, "{}", wrong.status_code);
    let before = crate::objects(&store, Bucket::Auth).await?;
    ensure!(before.keys().filter(|path| path.starts_with("throttle/")).count() == 3, "{:?}", before.keys());

    let weather = Weather::aimed(Aim {
        fault: Fault::Conflict,
        // The gallery's own count: the hash of that word.
        path: "/auth/throttle/76a42bccda286ce745baeeb5453fa8b1",
        conditional: true,
        times: AtomicUsize::new(usize::MAX),
    });
    let later = now() + SignedDuration::from_mins(1);
    let answer = post(&login(world.through(&weather)), "/auth/login", form(PASSWORD), later).await;
    ensure!(weather.faults.load(Ordering::Relaxed) > 0, "the weather was fine");
    ensure!(answer.status_code == 429 && !is_inside(&answer), "{}", answer.status_code);
    let told = crate::differences(&crate::objects(&store, Bucket::Auth).await?, &before);
    ensure!(told.is_empty(), "{}", told.join("\n"));
    Ok(())
}

/// Whatever is written on the way in: its answer is lost, and it is done once.
#[tokio::test]
async fn a_lost_answer_is_no_second_sign_in() -> Result<()> {
    let (world, _calm) = gallery().await?;
    for (minute, path) in ["/auth/throttle/", "/auth/audit/", "/auth/devices/", "/auth/"].into_iter().enumerate() {
        let before = count(&world, "audit/").await?;
        let weather = losing(path, 1);
        let form = format!("name=gerda&password={PASSWORD}&next=%2F");
        let at = now() + SignedDuration::from_mins(minute as i64);
        let answer = post(&login(world.through(&weather)), "/auth/login", form, at).await;
        ensure!(weather.faults.load(Ordering::Relaxed) == 1, "{path}: the weather was fine");
        ensure!(is_inside(&answer), "{path}: {}", answer.status_code);
        ensure!(count(&world, "audit/").await? == before + 1, "{path}: one record of it");
    }
    Ok(())
}

/// What the owner does is done and told so, although S3's answer is lost.
#[tokio::test]
async fn a_lost_answer_is_no_refusal_of_the_owner() -> Result<()> {
    let (world, calm) = gallery().await?;
    let password = Zeroizing::new(PASSWORD.to_owned());
    let troubled = |weather: &Arc<Weather>| login(world.through(weather));
    let weather = losing("/auth/users/", 1);
    let tom: ViewerName = "tom".parse()?;
    troubled(&weather).users().add(&tom, &password, Scope::All, now()).await.context("a viewer is added")?;
    ensure!(weather.faults.load(Ordering::Relaxed) == 1);
    let again = calm.users().add(&tom, &password, Scope::All, now()).await;
    ensure!(again.is_err_and(|error| error.to_string().contains("already")), "the name is taken now");

    let first = calm.users().find(&tom).await?.context("tom")?;
    let other = Zeroizing::new("marble-canoe-violet-spoon".to_owned());
    troubled(&losing("/auth/users/", 1)).users().set_password(&tom, &other, now()).await?;
    let second = calm.users().find(&tom).await?.context("tom")?;
    ensure!(second.generation > first.generation && second.password != first.password);
    troubled(&losing("/auth/users/", 1)).users().sign_out_everywhere(&tom, now()).await?;
    ensure!(calm.users().find(&tom).await?.context("tom")?.generation > second.generation);

    let store = world.through(&losing("/auth/audit/", 1));
    let before = count(&world, "audit/").await?;
    let record = login::audit::Record::by_owner(login::audit::Event::SignedOutEverywhere, None, now());
    Audit::new(store).record(&record).await?;
    ensure!(count(&world, "audit/").await? == before + 1, "one record");
    // A key whose answer is lost is there once.
    let before = count(&world, "keys/").await?;
    let store = world.through(&losing("/auth/keys/", 1));
    keys::rotate(&store, now(), now() + SignedDuration::from_mins(5)).await?;
    ensure!(count(&world, "keys/").await? == before + 1, "one key");
    Ok(())
}

/// Whether a name has an account shows neither in the answer nor in how much is asked of S3, whatever device is invented.
#[tokio::test]
async fn an_invented_device_learns_no_names() -> Result<()> {
    let (world, _) = gallery().await?;
    for (method, form) in [("GET", None), ("POST", Some("password=that+is+not+it&name="))] {
        let mut seen = Vec::new();
        for name in ["gerda", "nobody"] {
            let fine = Weather::rough(1, 0);
            let mut request = request(method, "/auth/login");
            request.headers.insert("cookie", format!("__Host-device={name}:{}", Secret::new()?.reveal()).parse()?);
            request.body = form.map(|form| format!("{form}{name}"));
            let answer = login(world.through(&fine)).handle(request, now()).await;
            seen.push((answer.status_code, answer.cookies, answer.body, fine.requests.load(Ordering::Relaxed)));
        }
        ensure!(seen[0] == seen[1], "{method}: {seen:#?}");
        ensure!(seen[0].3 > 0, "{method}: the device was not looked for");
    }
    Ok(())
}

/// A session of a viewer as their record is now.
async fn forged(calm: &Login, key: &SigningKey, viewer: &str) -> Result<String> {
    let viewer: ViewerName = viewer.parse()?;
    let user = calm.users().find(&viewer).await?.context("a viewer")?;
    let (issued, id) = (now().as_second(), SessionId::from_random([7; 16]));
    let (recheck_after, expires) = (issued + 600, issued + 86_400);
    let session =
        Session { viewer, scope: Scope::All, generation: user.generation, id, issued, recheck_after, expires };
    Ok(key.mint(&session, "gallery")?)
}

/// With a session's cookie.
async fn with(login: &Login, token: &str, mut request: LambdaFunctionUrlRequest) -> LambdaFunctionUrlResponse {
    request.cookies = Some(vec![format!("__Host-session={token}")]);
    login.handle(request, now()).await
}

/// A stolen key is believed by no renewal from the first session on that ends, and what breaks off is seen and finished.
#[tokio::test]
async fn a_stolen_key_is_dropped_whatever_breaks_off() -> Result<()> {
    let (world, calm) = gallery().await?;
    let store = world.calm(BucketNames::plain());
    calm.users().add_invited(&"grandma".parse()?, Scope::All, now()).await?;
    let stolen = keys::load(&store).await?.signing(now()).clone();
    let renew = async |token: &str| with(&calm, token, request("GET", "/auth/renew")).await;
    ensure!(is_inside(&renew(&forged(&calm, &stolen, "gerda").await?).await), "the key is good until it is dropped");

    // Gerda's sessions have ended, and grandma's are about to.
    let weather = Weather::holding("PUT", "/auth/users/grandma.json");
    let troubled = login(world.through(&weather));
    let dropped = keys::drop_stolen(&store, troubled.users(), stolen.id().as_str(), now());
    let thief = weather.meanwhile(async { anyhow::Ok(renew(&forged(&calm, &stolen, "gerda").await?).await) });
    let (dropped, thief) = tokio::join!(dropped, thief);
    ensure!(!is_inside(&thief?), "a renewal believed it");
    let next = dropped?.made.context("a key in its place")?;

    let weather = Weather::aimed(Aim {
        fault: Fault::Internal,
        path: "/auth/users/",
        conditional: false,
        times: AtomicUsize::new(usize::MAX),
    });
    let troubled = login(world.through(&weather));
    let broken = keys::drop_stolen(&store, troubled.users(), &next, now()).await;
    ensure!(
        broken.is_err_and(|error| error.to_string().contains(&format!("{next} --emergency"))),
        "it says what is left"
    );
    let ring = keys::load(&store).await?;
    let states = ring.states(now(), Config::LIFETIME);
    ensure!(states.iter().any(|(id, _, state)| *id == next && *state == KeyState::Dropped), "{states:?}");
    ensure!(ring.public()?.ids().all(|id| id.as_str() != next), "nobody believes it");
    let early = keys::drop_key(&store, &next, now(), Config::LIFETIME).await;
    ensure!(matches!(early, Err(login::KeysError::HalfDropped(_))), "it is not forgotten before");
    let done = keys::drop_stolen(&store, calm.users(), &next, now()).await?;
    ensure!((&done.made, done.signed_out) == (&None, 2), "{done:?}");
    ensure!(count(&world, "keys/").await? == 1, "it is gone, and another signs");
    Ok(())
}

/// Who was let in when they asked, and is no more when the password is written, has chosen none.
#[tokio::test]
async fn no_password_outlives_the_session_that_chose_it() -> Result<()> {
    let (world, calm) = gallery().await?;
    let grandma: ViewerName = "grandma".parse()?;
    calm.users().add_invited(&grandma, Scope::All, now()).await?;
    let key = keys::load(&world.calm(BucketNames::plain())).await?.signing(now()).clone();
    let token = forged(&calm, &key, "grandma").await?;
    // The second look: the first was whether the session goes on.
    let weather = Weather::holding_nth(2, "GET", "/auth/users/grandma.json");
    let troubled = login(world.through(&weather));
    let mut choosing = request("POST", "/auth/invite");
    choosing.body = Some("password=marble-canoe-violet-spoon".to_owned());
    let ended = weather.meanwhile(calm.users().end_sessions(&grandma, now()));
    let (answer, ended) = tokio::join!(with(&troubled, &token, choosing), ended);
    ended?;
    ensure!(answer.status_code == 303, "{}", answer.status_code);
    ensure!(calm.users().find(&grandma).await?.context("grandma")?.password.is_none(), "nobody chose one");
    Ok(())
}
