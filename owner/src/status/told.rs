//! How the gallery is, on a terminal.

use std::collections::BTreeMap;

use indicatif::HumanBytes;
use jiff::Timestamp;

use super::{Album, Told};
use crate::queues::Depth;
use crate::tell::counted;

/// How many originals that lie there more than once are named.
const DOUBLES: usize = 5;

impl Told {
    /// Prints it: the albums first, then what wants mending, then the rest.
    pub(super) fn tell(&self) {
        if let Some(address) = &self.address {
            println!("{address}\n");
        }
        if self.albums.is_empty() {
            println!("There are no photos yet. Send some: heirloom upload FOLDER");
        } else {
            self.albums();
        }
        self.problems();
        if let Some(queues) = &self.queues {
            tell_queues(queues);
        }
        if let Some(why) = &self.queues_problem {
            println!("\nHow much waits is not known: {why}");
        }
        println!();
        for (name, (objects, bytes)) in &self.buckets {
            let objects = counted(*objects, "object ", "objects");
            println!("{name:8}  {objects:>16}  {:>10}", HumanBytes(*bytes).to_string());
        }
        if let Some(cost) = &self.cost {
            let budget = cost.budget.map(|budget| format!("; the budget is ${budget:.2}")).unwrap_or_default();
            println!("\nThis month costs about ${:.2}{budget} (prices of {}).", cost.estimate, cost.prices);
        }
    }

    fn albums(&self) {
        let width = self.albums.keys().map(|name| name.chars().count()).max().unwrap_or(0).clamp(5, 60);
        println!("{:width$}  photos  waiting  rejected  originals  last build", "album");
        for (name, album) in &self.albums {
            let size = HumanBytes(album.bytes).to_string();
            let (photos, waiting, rejected) = (album.photos, album.waiting, album.rejected.len());
            println!("{name:width$}  {photos:6}  {waiting:7}  {rejected:8}  {size:>9}  {}", minute(album.built));
        }
        let of = |count: fn(&Album) -> usize| self.albums.values().map(count).sum::<usize>();
        let (photos, waiting, rejected) = (of(|a| a.photos), of(|a| a.waiting), of(|a| a.rejected.len()));
        let size = HumanBytes(self.albums.values().map(|album| album.bytes).sum()).to_string();
        println!("{:width$}  {photos:6}  {waiting:7}  {rejected:8}  {size:>9}  {}", "all", minute(self.built));
    }

    fn problems(&self) {
        for unread in &self.unread {
            let line = unread.line.map(|line| format!(", line {line}")).unwrap_or_default();
            let column = unread.column.map(|column| format!(", column {column}")).unwrap_or_default();
            println!("\n{}{line}{column}: {}", unread.file, unread.sentence);
            println!("  Until that is mended the last good words stay on the pages.");
        }
        for (name, album) in &self.albums {
            for (file, reason) in &album.rejected {
                println!("\nrejected: {name}/{file}\n  {reason}");
            }
        }
        if !self.strays.is_empty() {
            let files = counted(self.strays.len(), "file lies", "files lie");
            println!("\n{files} where no album can be, the first at `{}`.", self.strays[0]);
        }
        if !self.doubles.is_empty() {
            let originals = counted(self.doubles.len(), "original lies", "originals lie");
            println!("\n{originals} there more than once, byte for byte:");
            for places in self.doubles.iter().take(DOUBLES) {
                println!("  {}", places.join(" = "));
            }
            if self.doubles.len() > DOUBLES {
                println!("  and {} more, which `heirloom status --json` names.", self.doubles.len() - DOUBLES);
            }
        }
    }
}

fn tell_queues(queues: &BTreeMap<&'static str, Depth>) {
    println!();
    for (name, depth) in queues {
        let under_way = if depth.under_way > 0 { format!(", {} under way", depth.under_way) } else { String::new() };
        println!("{name:8}  {} waiting{under_way}, {} given up", depth.waiting, depth.given_up);
        for letter in &depth.dead_letters {
            println!("  {}  {}", minute(letter.since), letter.about.join(", "));
        }
    }
    if queues.values().any(|depth| depth.given_up > 0) {
        println!("`heirloom retry` tries again what was given up.");
    }
}

fn minute(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}
