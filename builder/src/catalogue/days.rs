//! A set of days, written shortly.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Span;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

/// Days from the year 0 on. As text: the number of the first one since the first day of the year 0, then how many days
/// each one follows the one before, all to the base 36 with dots between: `h8xc.1.5k`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Days(BTreeSet<u32>);

/// The day that is numbered 0.
const FIRST: Date = date(0, 1, 1);

impl Days {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of these days are among them.
    pub(crate) fn hold(&self, others: &Self) -> bool {
        self.0.is_superset(&others.0)
    }

    /// The months that the days lie in, each as year and month.
    pub fn months(&self) -> BTreeSet<(u16, u8)> {
        let dates = self.0.iter().filter_map(|&number| FIRST.checked_add(Span::new().days(i64::from(number))).ok());
        dates.filter_map(|day| Some((u16::try_from(day.year()).ok()?, u8::try_from(day.month()).ok()?))).collect()
    }
}

impl FromIterator<Date> for Days {
    fn from_iter<T: IntoIterator<Item = Date>>(dates: T) -> Self {
        let number = |day: Date| u32::try_from((day - FIRST).get_days()).ok();
        Self(dates.into_iter().filter_map(number).collect())
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = 0;
        for (i, &number) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            f.write_str(&to_base_36(number - before))?;
            before = number;
        }
        Ok(())
    }
}

impl From<Days> for String {
    fn from(days: Days) -> Self {
        days.to_string()
    }
}

impl TryFrom<String> for Days {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let mut number = 0_u32;
        let steps = text.split('.').filter(|step| !step.is_empty()).map(|step| {
            number = u32::from_str_radix(step, 36).ok().and_then(|step| number.checked_add(step))?;
            Some(number)
        });
        steps.collect::<Option<_>>().map(Self).ok_or_else(|| format!("`{text}` does not stand for days"))
    }
}

fn to_base_36(mut number: u32) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(number % 36, 36).expect("a digit below the base"));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_read_back() {
        let days: Days = [date(2024, 5, 6), date(1969, 12, 31), date(2024, 5, 7), date(2024, 5, 6), date(-3, 1, 1)]
            .into_iter()
            .collect();
        assert_eq!(days.to_string(), "ff6v.fbe.1");
        assert_eq!(Days::try_from(days.to_string()), Ok(days.clone()));
        assert_eq!(days.months(), [(1969, 12), (2024, 5)].into());
        assert_eq!(Days::try_from(String::new()), Ok(Days::default()));
        assert!(Days::try_from("ü".to_owned()).is_err());
        assert!(Days::try_from("1.zzzzzz.zzzzzz".to_owned()).is_err());
    }
}
