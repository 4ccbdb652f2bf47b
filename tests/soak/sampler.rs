//! What the process and its folder cost, looked up every two seconds.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinHandle;
use walkdir::WalkDir;

use crate::gallery::Gallery;
use crate::tally::Tally;

const EVERY: Duration = Duration::from_secs(2);

/// One look.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sample {
    /// Seconds since the beginning.
    pub(crate) at: f64,
    /// Which life of the process.
    pub(crate) life: u64,
    /// Memory in use, in MB (`VmRSS`).
    pub(crate) memory: f64,
    /// Open file descriptors.
    pub(crate) descriptors: usize,
    /// Threads.
    pub(crate) threads: usize,
    /// The index, in MB.
    pub(crate) index: f64,
    /// Everything in the data folder, in MB.
    pub(crate) folder: f64,
}

pub(crate) struct Sampler {
    tally: Arc<Tally>,
    task: JoinHandle<Vec<Sample>>,
}

impl Sampler {
    pub(crate) fn start(gallery: Arc<Gallery>, tally: Arc<Tally>) -> Self {
        let clock = Arc::clone(&tally);
        let task = tokio::spawn(async move {
            let mut samples = Vec::new();
            while !clock.is_over() {
                let life = gallery.life();
                if let Some(process) = gallery.process()
                    && let Some((memory, threads, descriptors)) = look(process)
                    && !gallery.excuses(life)
                {
                    let index = gallery.data().join("buckets/index.redb");
                    let index = fs::metadata(index).map_or(0.0, |file| file.len() as f64 / 1e6);
                    let (at, folder) = (clock.elapsed().as_secs_f64(), size(gallery.data()));
                    samples.push(Sample { at, life, memory, descriptors, threads, index, folder });
                }
                tokio::time::sleep(EVERY).await;
            }
            samples
        });
        Self { tally, task }
    }

    /// The samples, once the run is over.
    pub(crate) async fn end(self) -> Vec<Sample> {
        assert!(self.tally.is_over(), "the run is over");
        self.task.await.unwrap_or_default()
    }
}

/// Memory, threads and descriptors of a process; `None` where the system has no `/proc`.
pub(crate) fn look(process: u32) -> Option<(f64, usize, usize)> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let number = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    let descriptors = fs::read_dir(format!("/proc/{process}/fd")).ok()?.count();
    Some((number("VmRSS:")? / 1000.0, number("Threads:")? as usize, descriptors))
}

fn size(folder: &Path) -> f64 {
    let files = WalkDir::new(folder).into_iter().filter_map(Result::ok).filter_map(|entry| entry.metadata().ok());
    files.filter(fs::Metadata::is_file).map(|file| file.len() as f64 / 1e6).sum()
}

/// By how much something grows in an hour.
pub(crate) fn slope(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let points: Vec<_> = samples.iter().map(|sample| (sample.at, of(sample))).collect();
    line(&points) * 3600.0
}

/// The same by the median of the slopes between any two samples (Theil 1950, Sen 1968), which a few that stand out do not
/// move.
pub(crate) fn usual_slope(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let between = |(i, a): (usize, &Sample)| {
        let slope = |b: &Sample| (of(b) - of(a)) / (b.at - a.at) * 3600.0;
        samples[i + 1..].iter().filter(|b| b.at > a.at).map(slope).collect::<Vec<_>>()
    };
    let mut slopes: Vec<f64> = samples.iter().enumerate().flat_map(between).collect();
    slopes.sort_by(f64::total_cmp);
    slopes.get(slopes.len() / 2).copied().unwrap_or_default()
}

/// How steep the least squares' line through points is.
pub(crate) fn line(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (middle, level) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let shared: f64 = points.iter().map(|point| (point.0 - middle) * (point.1 - level)).sum();
    let spread: f64 = points.iter().map(|point| (point.0 - middle).powi(2)).sum();
    if spread > 0.0 { shared / spread } else { 0.0 }
}
