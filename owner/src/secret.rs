//! Secrets that somebody else's program says.

use std::io::Read;

use anyhow::{Context, Result};
use zeroize::Zeroizing;

/// The first line of what is said. Password managers print notes below it, and no field of a browser holds a line break.
pub(crate) fn first_line(said: &str) -> Zeroizing<String> {
    Zeroizing::new(said.split(['\n', '\r']).next().unwrap_or_default().to_owned())
}

/// The first line of standard input.
pub(crate) fn from_stdin() -> Result<Zeroizing<String>> {
    let mut said = Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut said).context("cannot read the password from standard input")?;
    Ok(first_line(&said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_ends_with_its_line() {
        for said in ["a b", "a b\n", "a b\r\n", "a b\r", "a b\nurl: example.org\n", "a b\n\n"] {
            assert_eq!(first_line(said).as_str(), "a b", "{said:?}");
        }
        assert_eq!(first_line(" a b \n").as_str(), " a b ", "spaces are part of it");
        assert!(first_line("\na b").is_empty() && first_line("").is_empty());
    }
}
