//! Figures and verdicts, as `report.md` and as numbers to plot.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::peace::Peace;
use crate::sampler::{Sample, slope, usual_slope};
use crate::tally::{Answered, LOST_PICTURES, Tally};

/// A process whose memory at rest grows by more than this in an hour of the same life is leaking. Its allocator moves by
/// a few.
const MOST_GROWTH: f64 = 12.0;

/// More memory than this it never takes, in MB: at rest 120, with it the copies of films in parts, a photo being rendered,
/// and two passwords' 64 MiB each.
const MOST_MEMORY: f64 = 400.0;

/// The part of the long life after which what fills once is full: it begins with days of work in minutes (`steady.rs`), and
/// then has the first of what only the hour brings, as films in parts.
const WARM: f64 = 0.2;

/// A minute of so many samples counts as whole; there are thirty, two seconds apart, less what the system held up.
const WHOLE_MINUTE: usize = 25;

/// A long life shorter than this tells nothing of an hour.
const WORTH_JUDGING: f64 = 600.0;

pub(crate) struct Report {
    text: String,
    wrong: Vec<String>,
    figures: serde_json::Value,
}

impl Report {
    pub(crate) fn new(
        tally: &Tally,
        samples: &[Sample],
        lasted: Duration,
        asked: u64,
        peace: &Peace,
        long: bool,
    ) -> Self {
        let mut wrong = tally.errors();
        let length = |life: &[Sample]| life.last().map_or(0.0, |last| last.at - life[0].at);
        let lives = samples.chunk_by(|a, b| a.life == b.life);
        let longest = lives.max_by(|a, b| length(a).total_cmp(&length(b))).unwrap_or_default();
        let (began, length) = (longest.first().map_or(0.0, |sample| sample.at), length(longest));
        let warm: Vec<Sample> = longest.iter().filter(|sample| sample.at >= began + length * WARM).cloned().collect();
        let answers = tally.answers();
        let counts = tally.counts();
        let count = |what: &str| counts.get(what).copied().unwrap_or_default();
        // A page that was replaced goes on finding its pictures for a minute; a kill may forget which they were.
        if count(LOST_PICTURES) > 2 + count("pictures") / 5000 {
            wrong.push(format!("{} of {} {LOST_PICTURES}", count(LOST_PICTURES), count("pictures")));
        }

        let mut text = String::new();
        let mut line = |words: String| writeln!(text, "{words}").expect("a string takes any words");
        line("# Soak\n".to_owned());
        line(format!("{:.0} minutes of mixed life ({asked} s asked for).\n", lasted.as_secs_f64() / 60.0));
        line("| what | how often |\n|---|--:|".to_owned());
        for (what, count) in tally.counts() {
            line(format!("| {what} | {count} |"));
        }
        line("\n| viewers' answers | ms |\n|---|--:|".to_owned());
        for (name, share) in [("half of them within", 0.5), ("99 in 100 within", 0.99), ("the slowest", 1.0)] {
            line(format!("| {name} | {:.1} |", quantile(&answers, share)));
        }
        line(String::new());
        if warm.len() > 2 {
            let judged = long && length * (1.0 - WARM) >= WORTH_JUDGING;
            // Through the least of each minute. A password takes 64 MiB, which the allocator gives back seconds later, so a
            // sample is at rest or 64 MiB above it, and what lies in the middle of a minute says how many signed in. A
            // leak is what is never given back: it lifts the least as well. Minutes with several passwords and films lift it
            // for a while: the slope that half of all pairs of minutes exceed is not moved by a few of them.
            let grows = usual_slope(&least_of_each_minute(&warm), |sample| sample.memory);
            let most = samples.iter().map(|sample| sample.memory).fold(0.0, f64::max);
            let range = |value: fn(&Sample) -> f64| {
                let values: Vec<f64> = warm.iter().map(value).collect();
                let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(l, m), v| (l.min(*v), m.max(*v)));
                format!("{least:.0} to {most:.0}, {:+.1} an hour", slope(&warm, value))
            };
            let measured = length * (1.0 - WARM) / 60.0;
            line(format!("The long life of the process, its last {measured:.1} minutes (after warming up):\n"));
            line("| | |\n|---|---|".to_owned());
            line(format!("| memory, MB | {} |", range(|sample| sample.memory)));
            line(format!("| memory at rest, the least of each minute, MB an hour | {grows:+.1} |"));
            line(format!("| memory at most, in any life, MB | {most:.0} |"));
            line(format!("| open files | {} |", range(|sample| sample.descriptors as f64)));
            line(format!("| threads | {} |", range(|sample| sample.threads as f64)));
            line(format!("| index, MB | {} |", range(|sample| sample.index)));
            line(format!("| data folder, MB | {} |", range(|sample| sample.folder)));
            if judged && grows > MOST_GROWTH {
                wrong.push(format!("memory grows by {grows:.1} MB an hour; {MOST_GROWTH} are allowed"));
            }
            if most > MOST_MEMORY {
                wrong.push(format!("memory reached {most:.0} MB; {MOST_MEMORY} are allowed"));
            }
            if judged && slope(&warm, |sample| sample.descriptors as f64) > 10.0 {
                wrong.push("open files grow by more than ten an hour".to_owned());
            }
            if !judged {
                line("\nToo short a life to judge memory by.".to_owned());
            }
        }
        let Peace { originals, ready, resized, web, files, verify, settled_after } = peace;
        line(format!(
            "\nAt the end, {settled_after:.1} s after the last change: {originals} originals and files of words as the \
             owners remember them, {ready} photos ready, {resized} objects in `resized` and {web} in `web` as made anew \
             from the originals, byte for byte; {files} files in the folder, each with its object.\n"
        ));
        line(format!("`heirloom verify`: `{verify}`\n"));
        line("![Memory](memory.svg)\n\n![Files, index and folder](flat.svg)\n\n![Answers](answers.svg)\n".to_owned());
        match wrong.as_slice() {
            [] => line("**Nothing went wrong.**".to_owned()),
            several => {
                line(format!("**{} things went wrong:**\n", several.len()));
                for one in several {
                    line(format!("- {one}"));
                }
            }
        }
        let answers: Vec<_> = answers.iter().map(|one| (one.at, one.milliseconds)).collect();
        Self { text, wrong, figures: json!({ "samples": samples, "answers": answers }) }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn wrong(&self) -> &[String] {
        &self.wrong
    }

    /// Writes `report.md`, and `figures.json` for the plots.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("report.md"), &self.text)?;
        fs::write(folder.join("figures.json"), serde_json::to_vec(&self.figures)?)?;
        Ok(())
    }
}

/// Of each minute the sample with the least memory. A minute that was cut short has none: its few samples may all have met
/// a password.
fn least_of_each_minute(samples: &[Sample]) -> Vec<Sample> {
    let minute = |sample: &Sample| (sample.at / 60.0) as u64;
    let minutes = samples.chunk_by(|a, b| minute(a) == minute(b));
    let whole = minutes.filter(|minute| minute.len() >= WHOLE_MINUTE);
    whole.filter_map(|minute| minute.iter().min_by(|a, b| a.memory.total_cmp(&b.memory)).cloned()).collect()
}

fn quantile(answers: &[Answered], share: f64) -> f64 {
    let mut times: Vec<f64> = answers.iter().map(|one| one.milliseconds).collect();
    times.sort_by(f64::total_cmp);
    let at = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len().max(1)) - 1;
    times.get(at).copied().unwrap_or_default()
}
