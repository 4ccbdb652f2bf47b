//! `heirloom cost`: what a gallery costs on AWS in a month.
//!
//! [`bill`] is a function of how the gallery is used and of what AWS asks; [`Prices`] are dated, and a JSON file may say
//! others. What AWS gives everybody for nothing, every month and not only in the first year, is taken off.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use resizer::Wanted;

mod prices;
#[cfg(test)]
mod tests;

pub use prices::Prices;

/// `heirloom cost`
#[derive(Clone, Debug, Args)]
pub struct Cost {
    /// How many photos there are. Several, with commas between, are shown side by side
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000", value_name = "COUNTS")]
    pub photos: Vec<u32>,

    /// How many people look
    #[arg(long, default_value_t = 20)]
    pub viewers: u32,

    /// How many pages they open in a month, all together; 120 each when left out
    #[arg(long, value_name = "COUNT")]
    pub page_views: Option<u32>,

    /// How many of the photos are new this month, in percent
    #[arg(long, default_value_t = 2.0, value_name = "PERCENT", value_parser = percent, allow_negative_numbers = true)]
    pub new: f64,

    /// How large an original is, in megabytes
    #[arg(long, default_value_t = 5.0, value_name = "MB", value_parser = megabytes, allow_negative_numbers = true)]
    pub original: f64,

    /// How many of the photos browsers cannot show as they are (HEIC, RAW, TIFF), in percent
    #[arg(long, default_value_t = 0.0, value_name = "PERCENT", value_parser = percent, allow_negative_numbers = true)]
    pub heic: f64,

    /// Other prices: a JSON file with any of the names that `--show-prices` prints
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,

    /// Tell the bills as one JSON object
    #[arg(long)]
    pub json: bool,

    /// Print the prices, and where they are from
    #[arg(long)]
    pub show_prices: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    number(text, 100.0).ok_or_else(|| "a share of the photos is said in percent, from 0 to 100".to_owned())
}

fn megabytes(text: &str) -> Result<f64, String> {
    let sentence = || format!("an original has from 0 to {MOST_MEGABYTES} megabytes, which is as much as S3 takes");
    number(text, MOST_MEGABYTES).ok_or_else(sentence)
}

/// S3's largest object (AWS, "Uploading objects": 50 TB).
const MOST_MEGABYTES: f64 = 50.0 * 1024.0 * 1024.0;

fn number(text: &str, most: f64) -> Option<f64> {
    text.parse().ok().filter(|number| (0.0..=most).contains(number))
}

/// How a gallery is used in a month.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Photos in it.
    pub photos: f64,
    /// Of these, new this month.
    pub new: f64,
    /// The share of them, from 0 to 1, that browsers cannot show as they are.
    pub heic: f64,
    /// Pages opened.
    pub page_views: f64,
    /// Megabytes of an original.
    pub original: f64,
}

/// How many pages somebody opens in a month, as far as nobody counts.
pub const PAGE_VIEWS: u32 = 120;

/// What is the same in every gallery: how much of what a photo and a page are.
mod each {
    /// Megabytes of a photo's renditions together: what eight cameras of 3 to 12 megapixels came to in the middle.
    pub(super) const RENDITIONS: f64 = 1.3;
    /// Megabytes of the JPEG of all of a photo that browsers cannot show: of a phone's HEIC of 12 megapixels.
    pub(super) const WHOLE: f64 = 2.0;
    /// Pictures that a page view loads anew: the others are in the browser, for a year.
    pub(super) const PICTURES: f64 = 20.0;
    /// Megabytes of these and the page.
    pub(super) const SENT: f64 = 1.5;
    /// Writes for a new photo beside its renditions: the original, the facts, its share of catalogue and page; and the
    /// listing of what it has already.
    pub(super) const WRITES: f64 = 5.0;
    /// Reads for a new photo: what is there, the original, both once more when all is written, and the builder's share.
    pub(super) const READS: f64 = 8.0;
    /// Gigabyte-seconds for a new photo: a second and a half of the resizer's two gigabytes, and its share of a build.
    pub(super) const FUNCTION_TIME: f64 = 3.5;
    /// Seconds of the gate for a request, rounded up to what is billed, and its gigabytes.
    pub(super) const EDGE_TIME: f64 = 0.002 * 0.125;
    /// Gigabytes that Lambda writes into the log for a call of the gate.
    pub(super) const EDGE_LOG: f64 = 400e-9;
    /// Requests to empty queues: two queues, five of Lambda's pollers each, three long polls a minute.
    pub(super) const POLLS: f64 = 2.0 * 5.0 * 3.0 * 60.0 * 24.0 * 30.0;
    /// Reads of the gallery's record, to see whether the pages across albums are up to date: every quarter of an hour.
    pub(super) const CATCH_UPS: f64 = 4.0 * 24.0 * 30.0;
    /// Keys of a photo, beside its renditions, that the daily looks list: the resizers' its original and its facts, the
    /// builder's the same once more (`resizer/tests/scale.rs` and `builder/tests/scale.rs` count the requests).
    pub(super) const KEYS: f64 = 4.0;
    /// Reads of the daily looks, however many photos there are: what the last one saw, the owner's words, the catalogues.
    pub(super) const DAILY_READS: f64 = 50.0;
    /// Gigabyte-seconds of a listing of 1,000 keys.
    pub(super) const LISTING_TIME: f64 = 0.2;
}

/// How many renditions a photo has that is larger than all of them.
fn renditions() -> f64 {
    let wanted = Wanted::default();
    (wanted.ladder.len() * wanted.formats.len()) as f64
}

/// A month's bill, in US dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Bill {
    /// S3: originals, after 90 days untouched.
    pub originals: f64,
    /// S3: renditions and pages.
    pub renditions: f64,
    /// S3: requests.
    pub s3_requests: f64,
    /// Lambda@Edge.
    pub edge: f64,
    /// `CloudFront`: requests and transfer.
    pub cloudfront: f64,
    /// Lambda, SQS and the logs.
    pub functions: f64,
    /// What is tiered costs more in its first three months: originals, and copies of all of a photo.
    pub while_fresh: f64,
}

impl Bill {
    /// All of it, once the originals are settled.
    pub fn total(&self) -> f64 {
        self.originals + self.renditions + self.s3_requests + self.edge + self.cloudfront + self.functions
    }
}

/// What a gallery costs in a month.
pub fn bill(usage: &Usage, prices: &Prices) -> Bill {
    let gigabytes = |photos: f64, megabytes: f64| photos * megabytes / 1024.0;
    let beyond = |amount: f64, free: f64| (amount - free).max(0.0);
    let requests = usage.page_views * (1.0 + each::PICTURES);
    let originals = gigabytes(usage.photos, usage.original);
    let whole = gigabytes(usage.photos * usage.heic, each::WHOLE);
    let watched = |photos: f64| photos / 1000.0 * prices.storage_watch;
    let copies = renditions() + usage.heic;
    let daily_lists = 30.0 * usage.photos * (each::KEYS + copies) / 1000.0;
    let writes = usage.new * (each::WRITES + copies) + daily_lists;
    // As if CloudFront kept nothing: a family's requests are too few and far between to find much in a cache.
    let reads = requests + usage.new * each::READS + each::CATCH_UPS + 30.0 * each::DAILY_READS;
    let function_time = usage.new * each::FUNCTION_TIME + daily_lists * each::LISTING_TIME;
    let polls = each::POLLS + usage.new * 4.0;
    Bill {
        originals: originals * prices.storage_untouched + watched(usage.photos),
        renditions: gigabytes(usage.photos, each::RENDITIONS) * prices.storage
            + whole * prices.storage_untouched
            + watched(usage.photos * usage.heic),
        s3_requests: writes / 1000.0 * prices.writes
            + reads / 1000.0 * prices.reads
            + usage.new * (1.0 + usage.heic) / 1000.0 * prices.transitions,
        edge: requests / 1e6 * prices.edge_calls + requests * each::EDGE_TIME * prices.edge_time,
        cloudfront: beyond(requests, prices.requests_free) / 10e3 * prices.requests
            + beyond(gigabytes(usage.page_views, each::SENT), prices.transfer_free) * prices.transfer,
        functions: beyond(function_time, prices.function_time_free) * prices.function_time
            + beyond(polls, prices.queues_free) / 1e6 * prices.queues
            + beyond(requests * each::EDGE_LOG, prices.logs_free) * prices.logs,
        while_fresh: (originals + whole) * (prices.storage - prices.storage_untouched),
    }
}

/// Does what `heirloom cost` asks.
pub(crate) fn run(command: &Cost) -> Result<()> {
    let prices = match &command.prices {
        None => Prices::default(),
        Some(file) => {
            let text =
                fs::read_to_string(file).with_context(|| format!("cannot read the prices in `{}`", file.display()))?;
            serde_json::from_str(&text).with_context(|| {
                format!(
                    "`{}` does not hold prices: `heirloom cost --show-prices` prints how they are written",
                    file.display()
                )
            })?
        }
    };
    if command.show_prices {
        println!("{}", serde_json::to_string_pretty(&prices)?);
        return Ok(());
    }
    if command.json {
        println!("{}", serde_json::json!({ "bills": bills(command, &prices), "prices": prices }));
    } else {
        print!("{}", table(command, &prices));
    }
    Ok(())
}

/// A line of a bill.
type Amount = fn(&Bill) -> f64;

/// The lines of a bill, by their names.
const LINES: [(&str, Amount); 8] = [
    ("S3: originals", |bill| bill.originals),
    ("S3: renditions and pages", |bill| bill.renditions),
    ("S3: requests", |bill| bill.s3_requests),
    ("Lambda@Edge", |bill| bill.edge),
    ("CloudFront", |bill| bill.cloudfront),
    ("Lambda, queues, logs", |bill| bill.functions),
    ("**a month**", Bill::total),
    ("more while originals are new", |bill| bill.while_fresh),
];

/// How the gallery is used with so many photos.
fn usage(command: &Cost, photos: u32) -> Usage {
    let photos = f64::from(photos);
    let page_views = command.page_views.map_or_else(|| f64::from(command.viewers) * f64::from(PAGE_VIEWS), f64::from);
    Usage {
        photos,
        new: photos * command.new / 100.0,
        heic: command.heic / 100.0,
        page_views,
        original: command.original,
    }
}

/// The bills, for a program.
fn bills(command: &Cost, prices: &Prices) -> Vec<serde_json::Value> {
    let one = |&photos: &u32| {
        let usage = usage(command, photos);
        let bill = bill(&usage, prices);
        serde_json::json!({ "photos": photos, "page_views": usage.page_views, "bill": bill, "month": bill.total() })
    };
    command.photos.iter().map(one).collect()
}

/// The bills side by side, as Markdown.
fn table(command: &Cost, prices: &Prices) -> String {
    let page_views = usage(command, 0).page_views;
    let bills: Vec<Bill> = command.photos.iter().map(|&photos| bill(&usage(command, photos), prices)).collect();
    let mut text = String::from("| US dollars |");
    for &photos in &command.photos {
        // Writing to a text cannot fail.
        let _ = write!(text, " {} photos |", grouped(photos.into()));
    }
    text.push_str("\n|---|");
    text.push_str(&"--:|".repeat(bills.len()));
    text.push('\n');
    for (name, amount) in LINES {
        let _ = write!(text, "| {name} |");
        for bill in &bills {
            let _ = write!(text, " {:.2} |", amount(bill));
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "\n{} page views, {} % of the photos new, originals of {} MB; prices of {}.",
        grouped(page_views as u64),
        command.new,
        command.original,
        prices.as_of
    );
    text
}

/// 10,000
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|part| std::str::from_utf8(part).ok()).collect();
    parts.join(",")
}
