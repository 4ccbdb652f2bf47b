//! The account that a gallery on AWS is in.

use std::path::Path;

use gallery::keys::BUCKETS;
use jiff::Timestamp;
use serde_json::Value;

use super::{Finding, SKEW, SOON, good, warning, wrong};
use crate::amazon::Amazon;
use crate::amazon::signed::get;
use crate::tell::counted;

/// Looks at what belongs to AWS alone.
pub(super) async fn look(amazon: &Amazon, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![stack(amazon), clock(amazon, now).await];
    findings.extend(buckets(amazon).await);
    findings.extend(address(amazon).await);
    findings.extend(certificate(amazon, now).await);
    findings.extend(gate(amazon).await);
    findings
}

fn stack(amazon: &Amazon) -> Finding {
    let name = format!("the gallery `{}` in {}", amazon.name(), amazon.region());
    match amazon.stack_status() {
        Some(status) if status.contains("FAILED") || status.contains("ROLLBACK") => {
            wrong("stack", format!("{name}: its stack is {status}"), "heirloom deploy")
        }
        Some(status) => good("stack", format!("{name}: its stack is {status}")),
        None => wrong("stack", format!("{name}: its buckets are there, its stack is not"), "heirloom deploy"),
    }
}

async fn clock(amazon: &Amazon, now: Timestamp) -> Finding {
    match amazon.time().await {
        Ok(theirs) => {
            let off = now.duration_since(theirs);
            let told = format!("this clock and AWS's are {} s apart", off.as_secs().abs());
            if off.abs() > SKEW { wrong("clock", told, "sudo timedatectl set-ntp true") } else { good("clock", told) }
        }
        Err(error) => warning("clock", format!("AWS does not tell the time: {error:#}"), "date -u"),
    }
}

/// Each bucket is there, and closed to the public in all four ways that S3 knows.
async fn buckets(amazon: &Amazon) -> Vec<Finding> {
    let (store, mut findings) = (amazon.store(), Vec::new());
    for bucket in BUCKETS {
        let name = store.name(bucket);
        let asked = store.client().get_public_access_block().bucket(name).send().await;
        let closed = match &asked {
            Ok(answer) => answer.public_access_block_configuration().is_some_and(|block| {
                [
                    block.block_public_acls(),
                    block.ignore_public_acls(),
                    block.block_public_policy(),
                    block.restrict_public_buckets(),
                ]
                .iter()
                .all(|closed| *closed == Some(true))
            }),
            Err(error) => {
                let code = error.as_service_error().and_then(aws_sdk_s3::error::ProvideErrorMetadata::code);
                if code != Some("NoSuchPublicAccessBlockConfiguration") {
                    let why = aws_sdk_s3::error::DisplayErrorContext(error).to_string();
                    findings.push(wrong("buckets", format!("`{name}` cannot be looked at: {why}"), "heirloom deploy"));
                    continue;
                }
                false
            }
        };
        findings.push(if closed {
            good("public", format!("`{name}` is closed to the public"))
        } else {
            let block = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true";
            let mend = format!(
                "aws s3api put-public-access-block --bucket {name} --public-access-block-configuration {block}"
            );
            wrong("public", format!("`{name}` is not closed to the public"), mend)
        });
    }
    findings
}

/// The name leads somewhere, the certificate is good, the gate lets nobody in without a session.
async fn address(amazon: &Amazon) -> Vec<Finding> {
    let Some(address) = amazon.address() else {
        return vec![warning("address", "where people reach the gallery is not known", "heirloom deploy")];
    };
    let (scheme, host) = address.split_once("://").unwrap_or(("https", &address));
    let target = if host.contains(':') { host.to_owned() } else { format!("{host}:443") };
    if let Err(error) = tokio::net::lookup_host(&target).await {
        let told = format!("the name {host} leads nowhere: {error}");
        let mend = amazon.distribution_domain().map_or_else(
            || format!("dig {host}"),
            |domain| format!("dig {host}    # it should be a CNAME of {domain}"),
        );
        return vec![wrong("dns", told, mend)];
    }
    let mut findings = vec![good("dns", format!("{host} has an address"))];
    let transport = amazon.transport();
    match get(&transport, &address, "/auth/login").await {
        Ok(answer) if answer.status == 200 => {
            if scheme == "https" {
                findings.push(good("certificate", format!("the certificate of {host} is good")));
            }
            findings.push(good("gallery", format!("it answers at {address}")));
        }
        Ok(answer) => {
            let told = format!("{address}/auth/login answers with status {}", answer.status);
            findings.push(wrong("gallery", told, "heirloom deploy"));
        }
        Err(error) => {
            let told = format!("{address} does not answer, or its certificate is not good: {error:#}");
            findings.push(wrong("certificate", told, format!("curl -sSI {address}/auth/login")));
        }
    }
    if let Ok(answer) = get(&transport, &address, "/albums/").await {
        findings.push(if (300..500).contains(&answer.status) {
            good("access", "without a session nothing is shown")
        } else {
            wrong("access", format!("without a session {address}/albums/ answers {}", answer.status), "heirloom deploy")
        });
    }
    findings
}

/// The certificate of a domain of its own. CloudFront's own name needs none.
async fn certificate(amazon: &Amazon, now: Timestamp) -> Option<Finding> {
    let domain = amazon.domain()?;
    let certificate = match amazon.certificate(domain).await {
        Ok(Some(certificate)) => certificate,
        Ok(None) => return Some(wrong("certificate", format!("there is none for {domain}"), "heirloom deploy")),
        Err(error) => {
            let told = format!("whether {domain} has a good one cannot be looked at: {error:#}");
            return Some(warning("certificate", told, "aws acm list-certificates --region us-east-1"));
        }
    };
    let mend = format!("aws acm describe-certificate --region us-east-1 --certificate-arn {}", certificate.arn);
    if certificate.status != "ISSUED" {
        let told = format!(
            "that of {domain} is {} at AWS: a DNS record that proves the domain may be missing",
            certificate.status
        );
        return Some(wrong("certificate", told, mend));
    }
    let left = certificate.until.duration_since(now);
    let told = format!("that of {domain} is good for {} more", counted(left.as_hours() / 24, "day", "days"));
    Some(if left.is_negative() {
        wrong("certificate", format!("that of {domain} is over"), mend)
    } else if left < SOON {
        // AWS renews 60 days before, as long as the DNS record of the domain's proof stands.
        warning("certificate", format!("{told}, and AWS has not renewed it"), mend)
    } else {
        good("certificate", told)
    })
}

/// The gate was packed with the keys that sign.
async fn gate(amazon: &Amazon) -> Option<Finding> {
    let file = amazon.settings_file()?.parent().unwrap_or(Path::new("")).join("heirloom.keys.json");
    let packed: Value = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
    let known = login::public_keys(amazon.store()).await.ok()?;
    let known: Value = serde_json::from_str(&known.to_json()).ok()?;
    let ids = |list: &Value| -> std::collections::BTreeSet<String> {
        let keys = list.as_array().into_iter().flatten();
        keys.filter_map(|key| key["kid"].as_str().map(str::to_owned)).collect()
    };
    Some(if ids(&packed["keys"]) == ids(&known) {
        good("gate", "the gate was packed with the keys that sign")
    } else {
        let told = "the keys that sign are not those that the gate was packed with last here";
        wrong("gate", told, "heirloom deploy")
    })
}
