//! How fast bytes may leave.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// Lets at most so many bytes pass a second, over all that are on their way.
#[derive(Debug)]
pub(crate) struct Pace {
    bytes_a_second: Option<u64>,
    /// When the next bytes may leave.
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn new(bytes_a_second: Option<u64>) -> Self {
        Self { bytes_a_second, next: Mutex::default() }
    }

    pub(crate) fn is_free(&self) -> bool {
        self.bytes_a_second.is_none()
    }

    /// Waits until these bytes may leave.
    pub(crate) async fn pass(&self, bytes: usize) {
        let Some(rate) = self.bytes_a_second else { return };
        let leaves = {
            let mut next = self.next.lock().await;
            let now = Instant::now();
            let leaves = next.map_or(now, |next| next.max(now));
            *next = Some(leaves + Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64));
            leaves
        };
        tokio::time::sleep_until(leaves).await;
    }
}

/// Reads `500k`, `2M`, `1.5 MB`: bytes a second, in thousands as networks count.
pub(crate) fn rate(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no rate: write for instance `500k` or `2M` (bytes a second)");
    let lower = text.trim().to_ascii_lowercase();
    let number = lower.trim_end_matches("/s").trim_end_matches('b').trim_end();
    let (number, unit) = match number.as_bytes().last().ok_or_else(wrong)? {
        b'k' => (&number[..number.len() - 1], 1e3),
        b'm' => (&number[..number.len() - 1], 1e6),
        b'g' => (&number[..number.len() - 1], 1e9),
        _ => (number, 1.0),
    };
    let value: f64 = number.trim().parse().map_err(|_| wrong())?;
    if value.is_finite() && value * unit >= 1.0 { Ok((value * unit) as u64) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_people_write_them() {
        assert_eq!(rate("500k"), Ok(500_000));
        assert_eq!(rate("2M"), Ok(2_000_000));
        assert_eq!(rate("1.5 MB/s"), Ok(1_500_000));
        assert_eq!(rate("800"), Ok(800));
        for wrong in ["", "fast", "-1M", "0", "nan", "inf"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_leave_at_their_pace() {
        let (pace, since) = (Pace::new(Some(1000)), Instant::now());
        for _ in 0..5 {
            pace.pass(1000).await;
        }
        assert_eq!(since.elapsed().as_secs(), 4, "the first leave at once");
        let free = Pace::new(None);
        free.pass(1 << 40).await;
        assert_eq!(since.elapsed().as_secs(), 4);
    }
}
