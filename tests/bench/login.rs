//! Does the time of a refused sign-in tell whether the name exists?
//!
//! A thousand tries with a wrong password, known and unknown names in turn, against the login function and the gallery's
//! own S3 server. Printed: the quartiles of both, and the ratio of their medians, which should be 1.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use gallery::{Scope, ViewerName};
use heirloom_tests::{Home, PASSWORD};
use jiff::{SignedDuration, Timestamp};
use login::{Config, Cost, Login};

const SAMPLES: usize = 1000;

/// Enough for a hash to outweigh everything else, little enough for a thousand of them.
const COST: Cost = Cost { memory_kib: 8 * 1024, passes: 1 };

#[tokio::main]
async fn main() -> Result<()> {
    let home = Home::start().await?;
    let login = Login::new(home.store().clone(), Config { cost: COST, ..Config::new("Gallery", "gallery") });
    login.users().add(&ViewerName::parse("gerda")?, &PASSWORD.to_owned().into(), Scope::All, Timestamp::now()).await?;

    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for sample in 0..SAMPLES {
        // One name of each kind, so that both have the same history of tries.
        let name = if sample % 2 == 0 { "gerda" } else { "otto" };
        let request = request(name)?;
        // A day apart, so that no try has to wait for another.
        let at = Timestamp::now() + SignedDuration::from_hours(24 * sample as i64);
        let since = Instant::now();
        let answer = login.handle(request, at).await;
        let took = since.elapsed();
        ensure!(answer.status_code == 401, "a wrong password was answered {}", answer.status_code);
        if sample % 2 == 0 { known.push(took) } else { unknown.push(took) }
    }
    println!("refused sign-in         lower quartile   median   upper quartile");
    for (who, times) in [("a name that exists", &mut known), ("a name that does not", &mut unknown)] {
        times.sort_unstable();
        let at = |part: usize| milliseconds(times[times.len() * part / 4]);
        println!("{who:22}  {:>11.2} ms  {:>6.2} ms  {:>11.2} ms", at(1), at(2), at(3));
    }
    let median = |times: &[Duration]| milliseconds(times[times.len() / 2]);
    println!("ratio of the medians    {:.3}", median(&unknown) / median(&known));
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn request(name: &str) -> Result<LambdaFunctionUrlRequest> {
    let mut request = LambdaFunctionUrlRequest::default();
    request.raw_path = Some("/auth/login".to_owned());
    request.request_context.http.method = Some("POST".to_owned());
    for (header, value) in [
        ("x-forwarded-host", "gallery.example"),
        ("x-viewer-address", "203.0.113.1"),
        ("origin", "https://gallery.example"),
        ("content-type", "application/x-www-form-urlencoded"),
    ] {
        request.headers.insert(header, value.parse()?);
    }
    request.body = Some(format!("name={name}&password=not+the+right+password"));
    Ok(request)
}
