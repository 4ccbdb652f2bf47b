//! Who look: pages, pictures, originals in parts, the feed, the months; and who guess passwords.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gallery::{PhotoId, Slug};
use heirloom_tests::attributes;
use reqwest::header::{ACCEPT, COOKIE, ETAG, IF_NONE_MATCH, LOCATION, ORIGIN, RANGE, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, StatusCode};

use crate::owners::{COLLECTIONS, sum};
use crate::people::{People, Person};
use crate::tally::{Dice, LOST_PICTURES};

/// Whoever was let out sees nothing at all after this (SECURITY.md), and a little for the machine's slowness.
const OUT: Duration = Duration::from_secs(15 * 60 + 30);

/// An answer that came.
struct Answer {
    status: StatusCode,
    location: String,
    etag: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Somebody with a browser that keeps cookies.
struct Viewer {
    name: String,
    people: Arc<People>,
    browser: reqwest::Client,
    cookies: BTreeMap<String, String>,
    /// When the session began.
    signed_in: Option<Instant>,
    dice: Dice,
}

/// Signs in and looks around until the end.
pub(crate) async fn look_around(name: String, people: Arc<People>, dice: Dice, long: bool) {
    let mut viewer = Viewer { name, people, browser: browser(), cookies: BTreeMap::new(), signed_in: None, dice };
    while !viewer.people.tally.is_over() {
        let person = viewer.people.person(&viewer.name);
        if viewer.signed_in.is_none() || viewer.dice.below(60) == 0 {
            viewer.sign_in(&person).await;
        }
        if viewer.signed_in.is_some() {
            viewer.visit(&person).await;
        }
        let pause = if long { viewer.dice.time(2500, 9000) } else { viewer.dice.time(200, 900) };
        viewer.people.tally.pause(pause).await;
    }
}

fn browser() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(Policy::none()).timeout(Duration::from_mins(1));
    builder.build().expect("a client without TLS")
}

impl Viewer {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.browser.request(method, format!("{}{path}", self.people.gallery.address()))
    }

    /// Sends a request and reads the answer whole. `None` when a restart came between.
    async fn send(&mut self, what: &str, request: RequestBuilder) -> Option<Answer> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let tally = Arc::clone(&self.people.tally);
        let life = self.people.gallery.alive().await;
        let asked = Instant::now();
        // A connection that lay idle may be closed in the moment in which it is used: browsers ask again on another (RFC 9112,
        // section 9.3.1), for what can be asked twice.
        let again =
            request.try_clone().and_then(|again| again.build().ok()).filter(|again| again.method() == Method::GET);
        let answered = async {
            let answer = match (request.send().await, again) {
                (Err(error), Some(again)) if error.is_request() && !error.is_connect() && !error.is_timeout() => {
                    tally.count("viewers' requests sent again on another connection");
                    self.browser.execute(again).await?
                }
                (answer, _) => answer?,
            };
            let (status, headers) = (answer.status(), answer.headers().clone());
            anyhow::Ok((status, headers, answer.bytes().await?.to_vec()))
        };
        let (status, headers, body) = match answered.await {
            Ok(answered) => answered,
            Err(_) if self.people.gallery.excuses(life) => {
                tally.count("viewers' requests cut off by a restart");
                return None;
            }
            Err(error) => {
                tally.wrong(format!("{what}: {error:?}"));
                return None;
            }
        };
        tally.looked(asked);
        if status.is_server_error() {
            if self.people.gallery.excuses(life) {
                tally.count("viewers' requests cut off by a restart");
            } else {
                tally.wrong(format!("{what} was answered {status}"));
            }
            return None;
        }
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            if let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) {
                match value {
                    "" => drop(self.cookies.remove(name)),
                    _ => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
                }
            }
        }
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Some(Answer { status, location: text(LOCATION).unwrap_or_default(), etag: text(ETAG), body })
    }

    async fn sign_in(&mut self, person: &Person) {
        let form = [("name", self.name.as_str()), ("password", &person.password), ("next", "/")];
        let address = self.people.gallery.address();
        let request = self.request(Method::POST, "/auth/login").header(ORIGIN, address).form(&form);
        let Some(answer) = self.send("signing in", request).await else { return };
        let now = self.people.person(&self.name);
        let sure = !person.unsure && !now.unsure && now.out == person.out && now.password == person.password;
        self.people.tally.count("logins");
        match answer.status {
            StatusCode::SEE_OTHER if sure && person.out.is_some() => {
                self.people.tally.wrong(format!("{} is out, and was let in", self.name));
            }
            StatusCode::SEE_OTHER => self.signed_in = Some(Instant::now()),
            StatusCode::TOO_MANY_REQUESTS => self.people.tally.count("logins that had to wait"),
            _ if sure && person.out.is_none() => {
                self.people.tally.wrong(format!("{} was answered {} to the right password", self.name, answer.status));
            }
            _ => {}
        }
    }

    /// Follows what the gate answers, as a browser does.
    async fn page(&mut self, path: &str) -> Option<Answer> {
        let mut path = path.to_owned();
        for _ in 0..6 {
            let request = self.request(Method::GET, &path).header(ACCEPT, "text/html");
            let answer = self.send(&path, request.header("sec-fetch-mode", "navigate")).await?;
            self.people.tally.count("pages");
            if !answer.status.is_redirection() {
                return Some(answer);
            }
            if answer.location.starts_with("/auth/login") {
                // Signed out meanwhile.
                self.signed_in = None;
                return None;
            }
            path = answer.location;
        }
        self.people.tally.wrong(format!("{path} leads in a circle"));
        None
    }

    async fn fetch(&mut self, path: &str, more: &[(reqwest::header::HeaderName, &str)]) -> Option<Answer> {
        let mut request = self.request(Method::GET, path).header(ACCEPT, "*/*");
        for (name, value) in more {
            request = request.header(name, *value);
        }
        let answer = self.send(path, request).await?;
        let fine = matches!(answer.status.as_u16(), 200 | 206 | 304 | 404);
        if answer.status == StatusCode::NOT_FOUND {
            let why = self.why_gone(path);
            if why == LOST_PICTURES {
                eprintln!("at {:.1} s in vain: {path}", self.people.tally.elapsed().as_secs_f64());
            }
            self.people.tally.count(why);
        } else if !fine && self.is_steady() {
            self.people.tally.wrong(format!("{}: {path} was answered {}", self.name, answer.status));
        }
        Some(answer)
    }

    /// Why something that a page names is not there. A photo that was taken away is gone at once, and from the page after
    /// the next build; what was only replaced stays as long as a page names it.
    fn why_gone(&self, path: &str) -> &'static str {
        let photo = path.strip_prefix("/pics/").and_then(|path| PhotoId::parse(path.split('/').nth(1)?).ok());
        match photo {
            None => "originals that were gone when they were asked for",
            Some(photo) if self.people.tally.is_removed(photo) => "pictures of photos that were taken away meanwhile",
            Some(_) => LOST_PICTURES,
        }
    }

    /// Whether nobody changed anything about this viewer.
    fn is_steady(&self) -> bool {
        !self.people.person(&self.name).guest
    }

    async fn visit(&mut self, person: &Person) {
        let Some(home) = self.page("/").await else { return };
        self.check_that_out_is_out(person, &home);
        if home.status != StatusCode::OK {
            if self.is_steady() {
                self.people.tally.wrong(format!("{}'s home page was answered {}", self.name, home.status));
            }
            self.signed_in = None;
            return;
        }
        let text = home.text();
        let mut places = attributes(&text, "href", "/albums/");
        places.extend(attributes(&text, "href", "/timeline/"));
        places.extend(["/search/", "/timeline/", "/"]);
        let mut path = (*self.dice.of(&places)).to_owned();
        // An album in it, as somebody does who looks for something.
        for _ in 0..=self.dice.below(2) {
            let Some(page) = self.page(&path).await else { return };
            let text = page.text();
            self.look_at(&text).await;
            let within = attributes(&text, "href", "/albums/");
            if within.is_empty() {
                break;
            }
            (*self.dice.of(&within)).clone_into(&mut path);
        }
        if self.dice.below(4) == 0 {
            self.fetch("/feed.xml", &[]).await;
        }
        self.look_where_it_is_forbidden(person).await;
    }

    /// The pictures of a page, and a piece of an original.
    async fn look_at(&mut self, page: &str) {
        let pictures: Vec<String> = attributes(page, "src", "/pics/").iter().map(|path| (*path).to_owned()).collect();
        for _ in 0..pictures.len().min(6) {
            let path = self.dice.of(&pictures).clone();
            let Some(answer) = self.fetch(&path, &[]).await else { continue };
            self.people.tally.count("pictures");
            if answer.status == StatusCode::OK {
                // A rendition's name holds the beginning of its hash.
                let named = path.rsplit('/').next().and_then(|name| name.split('-').next()).unwrap_or_default();
                if named.is_empty() || !sum(&answer.body).starts_with(named) {
                    self.people.tally.wrong(format!("{path} has other bytes than its name says"));
                }
                if let Some(etag) = answer.etag.filter(|_| self.dice.below(3) == 0) {
                    self.fetch(&path, &[(IF_NONE_MATCH, &etag)]).await;
                    self.people.tally.count("pictures asked for again");
                }
            }
        }
        let originals = attributes(page, "href", "/originals/");
        if !originals.is_empty() {
            let path = (*self.dice.of(&originals)).to_owned();
            let from = self.dice.below(300);
            let range = format!("bytes={from}-{}", from + 200);
            self.fetch(&path, &[(RANGE, &range)]).await;
            self.people.tally.count("pieces of originals");
        }
    }

    /// A collection that this viewer may not see stays shut.
    async fn look_where_it_is_forbidden(&mut self, person: &Person) {
        if person.guest {
            return;
        }
        for collection in COLLECTIONS.iter().filter(|collection| !person.may_see(collection)) {
            let path = format!("/albums/{}/", Slug::of(collection));
            let request = self.request(Method::GET, &path).header(ACCEPT, "text/html");
            let Some(answer) = self.send(&path, request.header("sec-fetch-mode", "navigate")).await else { return };
            self.people.tally.count("looks at what is forbidden");
            if answer.status == StatusCode::OK {
                self.people.tally.wrong(format!("{} was shown {path}", self.name));
            }
        }
    }

    fn check_that_out_is_out(&self, person: &Person, answer: &Answer) {
        let out = person.out.filter(|out| self.signed_in.is_some_and(|signed_in| signed_in < *out));
        let still_out = self.people.person(&self.name).out == person.out;
        if answer.status == StatusCode::OK && still_out && out.is_some_and(|out| out.elapsed() > OUT) {
            self.people.tally.wrong(format!("{} was let out 15 minutes ago, and still sees pages", self.name));
        }
    }
}

/// Somebody who tries passwords, for names that are there and names that are not.
pub(crate) async fn guess(people: Arc<People>, mut dice: Dice) {
    let names = people.names();
    while !people.tally.is_over() {
        let dice_of = Dice::new(dice.below(1 << 30) as u64);
        let nobody = Viewer {
            name: String::new(),
            people: Arc::clone(&people),
            browser: browser(),
            cookies: BTreeMap::new(),
            signed_in: None,
            dice: dice_of,
        };
        let mut nobody = nobody;
        let name = if dice.below(2) == 0 { dice.of(&names).clone() } else { format!("mallory{}", dice.below(1000)) };
        let password = format!("guess {}", dice.below(1 << 30));
        let form = [("name", name.as_str()), ("password", &password), ("next", "/")];
        let address = people.gallery.address();
        let request = nobody.request(Method::POST, "/auth/login").header(ORIGIN, address).form(&form);
        if let Some(answer) = nobody.send("guessing", request).await {
            people.tally.count("wrong passwords");
            if answer.status == StatusCode::SEE_OTHER || answer.status == StatusCode::OK {
                people.tally.wrong(format!("a guess for {name} was answered {}", answer.status));
            }
        }
        people.tally.pause(dice.time(1000, 6000)).await;
    }
}
