//! What AWS asks, with the date of it.

use serde::Deserialize;

/// What AWS asks, in US dollars, and gives for nothing every month.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prices {
    /// When these were the prices, and where: us-east-1, viewers in North America and Europe.
    pub as_of: String,
    /// S3 Standard, for renditions and pages, and originals in their first month: a gigabyte a month.
    pub storage: f64,
    /// Intelligent-Tiering, untouched for 90 days (archive instant access): a gigabyte a month.
    pub storage_untouched: f64,
    /// Intelligent-Tiering's watching: 1,000 objects a month.
    pub storage_watch: f64,
    /// Moving a new original to Intelligent-Tiering: 1,000 objects.
    pub transitions: f64,
    /// Writing and listing in S3: 1,000 requests.
    pub writes: f64,
    /// Reading from S3: 1,000 requests.
    pub reads: f64,
    /// Lambda@Edge: a million calls.
    pub edge_calls: f64,
    /// Lambda@Edge: a gigabyte-second.
    pub edge_time: f64,
    /// `CloudFront`: 10,000 HTTPS requests.
    pub requests: f64,
    /// `CloudFront`: requests for nothing.
    pub requests_free: f64,
    /// `CloudFront`: a gigabyte sent.
    pub transfer: f64,
    /// `CloudFront`: gigabytes for nothing.
    pub transfer_free: f64,
    /// Lambda on `x86_64`: a gigabyte-second.
    pub function_time: f64,
    /// Lambda: gigabyte-seconds for nothing.
    pub function_time_free: f64,
    /// SQS: a million requests.
    pub queues: f64,
    /// SQS: requests for nothing.
    pub queues_free: f64,
    /// `CloudWatch` Logs: a gigabyte written.
    pub logs: f64,
    /// `CloudWatch` Logs: gigabytes for nothing.
    pub logs_free: f64,
}

impl Default for Prices {
    /// The public price pages of Amazon S3, Lambda, `CloudFront`, SQS and `CloudWatch`.
    fn default() -> Self {
        Self {
            as_of: "March 2026, us-east-1, viewers in North America and Europe".to_owned(),
            storage: 0.023,
            storage_untouched: 0.004,
            storage_watch: 0.0025,
            transitions: 0.01,
            writes: 0.005,
            reads: 0.0004,
            edge_calls: 0.60,
            edge_time: 0.000_050_01,
            requests: 0.01,
            requests_free: 10e6,
            transfer: 0.085,
            transfer_free: 1024.0,
            function_time: 0.000_016_666_7,
            function_time_free: 400_000.0,
            queues: 0.40,
            queues_free: 1e6,
            logs: 0.50,
            logs_free: 5.0,
        }
    }
}
