//! Requirement 23: whatever the log is set to, no password, no token, no code and no signature stands in it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use reqwest::header::{AUTHORIZATION, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;

use crate::program::{Serving, heirloom, run, text};

const PASSWORD: &str = "walnut-ferry-otter-lamp";
const WRONG: &str = "never-to-be-seen-again";

/// The values of the cookies that an answer sets.
fn cookies(answer: &reqwest::Response) -> Vec<(String, String)> {
    let lines = answer.headers().get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.filter_map(|line| line.split(';').next()?.split_once('='));
    pairs.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn requirement_23_the_log_holds_no_secret_even_when_it_tells_everything() {
    let folder = tempfile::tempdir().unwrap();
    // Into a file: so much is told that a pipe would be full before anybody reads it.
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" 2> log"]).arg(heirloom(folder.path()).get_program());
    command.current_dir(folder.path()).stdin(Stdio::null()).env("HEIRLOOM_LOG", "trace");
    let serving = Serving::begun(&mut command);
    let mut typed = heirloom(folder.path())
        .args(["user", "add", "gerda", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // As a password manager prints it: what stands below is no part of it.
    typed.stdin.take().unwrap().write_all(format!("{PASSWORD}\nurl: example.org\n").as_bytes()).unwrap();
    assert!(typed.wait().unwrap().success());
    let invited = text(&run(folder.path(), &["invite", "grandma", "--collections", "Family"]).stdout);
    let code = invited.split("code=").nth(1).unwrap().chars().take_while(char::is_ascii_alphanumeric);
    let code: String = code.collect();
    std::fs::create_dir_all(folder.path().join("Photos/Family")).unwrap();
    std::fs::write(folder.path().join("Photos/Family/1.jpg"), owner::sample::small(1, 320, 240)).unwrap();
    assert!(run(folder.path(), &["upload", "Photos"]).status.success());

    let address = format!("http://{}", serving.address);
    let browser = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let post = async |path: &str, form: &[(&str, &str)], cookie: &str| {
        let request = browser.post(format!("{address}{path}")).header(ORIGIN, &address).header(COOKIE, cookie);
        request.form(form).send().await.unwrap()
    };
    let mut secrets = vec![PASSWORD.to_owned(), WRONG.to_owned(), code.clone()];
    assert_eq!(post("/auth/login", &[("name", "gerda"), ("password", WRONG)], "").await.status(), 401);
    let inside = post("/auth/login", &[("name", "gerda"), ("password", PASSWORD)], "").await;
    let invited = post("/auth/invite", &[("code", &code)], "").await;
    let session = cookies(&inside);
    assert_eq!((session.len(), cookies(&invited).len()), (2, 2), "a session and a device each");
    secrets.extend(session.iter().cloned().chain(cookies(&invited)).map(|(_, value)| value));
    let cookie: Vec<String> = session.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cookie = cookie.join("; ");
    for path in ["/", "/albums/Family/", "/auth/renew?next=%2F", "/auth/upload", "/originals/Family/1.jpg"] {
        let answer = browser.get(format!("{address}{path}")).header(COOKIE, &cookie).send().await.unwrap();
        assert!(answer.status().as_u16() < 500, "{path}: {}", answer.status());
        secrets.extend(cookies(&answer).into_iter().map(|(_, value)| value));
    }
    browser.get(format!("{address}/auth/invite?code={code}")).send().await.unwrap();
    assert_eq!(post("/auth/logout", &[], &cookie).await.status(), 303);

    // Somebody who signs for S3 and has not got the key.
    let data = folder.path().join("heirloom-data");
    let keys: serde_json::Value =
        serde_json::from_slice(&std::fs::read(data.join("credentials.json")).unwrap()).unwrap();
    let running: serde_json::Value =
        serde_json::from_slice(&std::fs::read(data.join("running.json")).unwrap()).unwrap();
    let (access, secret) = (keys["access_key"].as_str().unwrap(), keys["secret_key"].as_str().unwrap());
    secrets.push(secret.to_owned());
    let now = jiff::Timestamp::now();
    let (day, moment) = (now.strftime("%Y%m%d").to_string(), now.strftime("%Y%m%dT%H%M%SZ").to_string());
    let signed = format!(
        "AWS4-HMAC-SHA256 Credential={access}/{day}/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;\
         x-amz-date, Signature={}",
        "0".repeat(64)
    );
    let bucket = format!("http://{}/source", running["s3"].as_str().unwrap().trim_start_matches("http://"));
    let refused = browser.get(bucket).header(AUTHORIZATION, signed).header("x-amz-date", moment);
    let refused = refused.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD").send().await.unwrap();
    assert_eq!(refused.status(), 403);
    assert!(refused.text().await.unwrap().contains("SignatureDoesNotMatch"));

    assert!(serving.interrupt());
    let logged = text(&std::fs::read(folder.path().join("log")).unwrap());
    assert!(logged.contains("TRACE") && logged.contains("DEBUG"), "the log tells everything");
    for secret in secrets {
        let line = logged.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "a secret is logged: {}", line.unwrap_or_default());
    }
    let expected = logged.lines().find(|line| line.contains("signature mismatch") || line.contains("string_to_sign"));
    assert!(expected.is_none(), "what a signature should have been is logged: {}", expected.unwrap_or_default());
}
