//! The matrix's rows, put to a server through `aws-sdk-s3`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_s3::Client;
use serde_json::{Map, Value, json};

use super::sdk;

/// What this client is called in the matrix.
const NAME: &str = "aws-sdk-s3";

/// Every behaviour by name, with what is wrong with it.
pub(crate) async fn run(client: &Client) -> BTreeMap<String, Option<String>> {
    let behaviours: Vec<Value> =
        serde_saphyr::from_str(include_str!("behaviours.yml")).expect("the matrix can be read as YAML");
    let mut found = BTreeMap::new();
    for behaviour in &behaviours {
        let name = behaviour["name"].as_str().expect("a behaviour has a name").to_owned();
        let wrong = put_to(client, behaviour).await;
        assert!(found.insert(name.clone(), wrong).is_none(), "two behaviours are called `{name}`");
    }
    found
}

async fn put_to(client: &Client, behaviour: &Value) -> Option<String> {
    static BUCKETS: AtomicU64 = AtomicU64::new(0);
    let number = BUCKETS.fetch_add(1, Ordering::Relaxed);
    let bucket = format!("matrix-sdk-{}-{number}", std::process::id());
    let mut names = BTreeMap::from([("bucket".to_owned(), bucket.clone())]);
    let begin = json!({ "create_bucket": {} });
    for step in std::iter::once(&begin).chain(behaviour["steps"].as_array().expect("a behaviour has steps")) {
        if step.get("only").and_then(Value::as_array).is_some_and(|only| !only.contains(&json!(NAME))) {
            continue;
        }
        let (operation, given) = operation(step);
        let mut parameters = filled(given, &names).as_object().cloned().unwrap_or_default();
        parameters.entry("Bucket").or_insert_with(|| json!(bucket));
        if let Err(wrong) = check(client, step, operation, &parameters, &mut names).await {
            let told: String = format!("{operation} {given}").chars().take(140).collect();
            return Some(format!("{told}: {wrong}"));
        }
    }
    None
}

/// The operation is the one field of a step that is not about its outcome.
fn operation(step: &Value) -> (&str, &Value) {
    let mut fields = step.as_object().expect("a step is an object").iter();
    let (name, given) = fields
        .find(|(name, _)| !matches!(name.as_str(), "gives" | "fails" | "keep" | "only"))
        .expect("a step names an operation");
    (name, given)
}

async fn check(
    client: &Client,
    step: &Value,
    operation: &str,
    parameters: &Map<String, Value>,
    names: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let fails = step.get("fails").map(|fails| (fails[0].as_u64(), fails[1].as_str().unwrap_or_default().to_owned()));
    match (sdk::call(client, operation, parameters).await, fails) {
        (Err(failure), Some((status, code))) => {
            if (Some(u64::from(failure.status)), &failure.code) == (status, &code) {
                return Ok(());
            }
            Err(format!("{} {}, not {} {code}", failure.status, failure.code, status.unwrap_or_default()))
        }
        (Err(failure), None) => Err(format!("{} {}", failure.status, failure.code)),
        (Ok(_), Some((status, code))) => {
            Err(format!("worked, and should fail with {} {code}", status.unwrap_or_default()))
        }
        (Ok(answer), None) => {
            if let Some(wanted) = step.get("gives") {
                differs(&answer, &filled(wanted, names), "")?;
            }
            for (name, path) in step.get("keep").and_then(Value::as_object).into_iter().flatten() {
                let path = path.as_str().unwrap_or_default().split('.');
                let value = path.fold(&answer, |value, field| &value[field]);
                names.insert(name.clone(), value.as_str().ok_or("what is to be kept is not there")?.to_owned());
            }
            Ok(())
        }
    }
}

/// The value with `$names` and long texts put in.
fn filled(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Object(fields) => match fields.get("text").and_then(Value::as_u64) {
            Some(length) if fields.len() == 1 => json!("x".repeat(length as usize)),
            _ => fields.iter().map(|(name, one)| (name.clone(), filled(one, names))).collect(),
        },
        Value::Array(values) => values.iter().map(|one| filled(one, names)).collect(),
        Value::String(text) => {
            let put = |text: String, (name, value): (&String, &String)| text.replace(&format!("${name}"), value);
            json!(names.iter().fold(text.clone(), put))
        }
        other => other.clone(),
    }
}

/// The bytes that a body stands for.
pub(crate) fn body_of(value: &Value) -> Vec<u8> {
    let Some(length) = value.get("pattern").and_then(Value::as_u64) else {
        return value.as_str().map_or_else(|| value.to_string(), str::to_owned).into_bytes();
    };
    let from = value.get("from").and_then(Value::as_u64).unwrap_or(0);
    let to = value.get("to").and_then(Value::as_u64).unwrap_or(length);
    (from..to).map(|k| ((k * k + k / 256) % 251) as u8).collect()
}

/// Whether an answer holds what is wanted. Objects may hold more; lists may not.
fn differs(found: &Value, wanted: &Value, place: &str) -> Result<(), String> {
    let wrong = || Err(format!("{place} is {found}, not {wanted}"));
    match wanted {
        Value::Null => {
            let nothing = match found {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Array(values) => values.is_empty(),
                Value::Object(fields) => fields.is_empty(),
                _ => false,
            };
            if nothing { Ok(()) } else { wrong() }
        }
        _ if place == ".Body" => {
            let bytes = found.as_array().into_iter().flatten().filter_map(Value::as_u64).map(|byte| byte as u8);
            if bytes.eq(body_of(wanted)) { Ok(()) } else { Err("the body has other bytes".to_owned()) }
        }
        Value::Object(fields) if fields.contains_key("holds") => {
            let holds =
                fields["holds"].as_str().is_some_and(|part| found.as_str().is_some_and(|all| all.contains(part)));
            if holds { Ok(()) } else { wrong() }
        }
        Value::Object(fields) => {
            let one = |(name, one): (&String, &Value)| differs(&found[name.as_str()], one, &format!("{place}.{name}"));
            if found.is_object() { fields.iter().try_for_each(one) } else { wrong() }
        }
        Value::Array(values) => {
            let mut found: Vec<&Value> = found.as_array().into_iter().flatten().collect();
            if place == ".Buckets" {
                // The server may have others'.
                found.retain(|one| one["Name"] == values[0]["Name"]);
            }
            if place == ".Deleted" {
                // In any order.
                found.sort_by_key(|one| one["Key"].as_str());
            }
            if found.len() != values.len() {
                return wrong();
            }
            let mut pairs = found.iter().zip(values).enumerate();
            pairs.try_for_each(|(n, (one, wanted))| differs(one, wanted, &format!("{place}[{n}]")))
        }
        _ if found == wanted => Ok(()),
        _ => wrong(),
    }
}
