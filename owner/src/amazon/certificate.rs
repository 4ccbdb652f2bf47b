//! The certificate of the gallery's own host name, which AWS's Certificate Manager keeps.

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Deserialize;

use super::Amazon;
use super::signed::{Call, send};

/// What the Certificate Manager says of a certificate.
pub(crate) struct Certificate {
    pub(crate) arn: String,
    /// `ISSUED`, `PENDING_VALIDATION` and the like.
    pub(crate) status: String,
    pub(crate) until: Timestamp,
}

/// `ListCertificates` (AWS, "Certificate Manager API reference").
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    certificate_summary_list: Vec<Summary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    certificate_arn: String,
    domain_name: String,
    #[serde(default)]
    status: String,
    /// Seconds since 1970; absent as long as it is not issued.
    not_after: Option<f64>,
}

impl Amazon {
    /// The certificate of a host name, the issued one with the longest life where there are several. CloudFront takes
    /// those of us-east-1 alone.
    pub(crate) async fn certificate(&self, domain: &str) -> Result<Option<Certificate>> {
        let call = Call {
            service: "acm",
            region: Some("us-east-1"),
            method: "POST",
            path: "/",
            headers: &[
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "CertificateManager.ListCertificates"),
            ],
            body: r#"{"MaxItems":1000}"#.to_owned(),
        };
        let answer = send(&self.config, &call).await?.good("AWS does not list its certificates")?;
        let listed: Listed = serde_json::from_str(&answer).context("the list of certificates cannot be read")?;
        let of_domain = listed.certificate_summary_list.into_iter().filter(|one| one.domain_name == domain);
        let best = of_domain.max_by(|a, b| {
            let rank = |one: &Summary| (one.status == "ISSUED", one.not_after.unwrap_or_default() as i64);
            rank(a).cmp(&rank(b))
        });
        best.map(|best| {
            let until = Timestamp::from_second(best.not_after.unwrap_or_default() as i64)?;
            Ok(Certificate { arn: best.certificate_arn, status: best.status, until })
        })
        .transpose()
    }
}
