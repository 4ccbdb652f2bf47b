//! Amazon SES: the SMTP password that belongs to a secret access key.
//!
//! SES's console makes an IAM user and tells its SMTP password. Who made the user otherwise (with Terraform, with `aws iam`)
//! has a secret key, and the password is a signature by it (AWS, "Obtaining Amazon SES SMTP credentials by converting
//! existing AWS credentials"): Signature Version 4 for a day that never was, a version byte in front, in Base64.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The version that SES knows the password's kind by.
const VERSION: u8 = 4;

/// What is signed, one after the other, around the region.
const DAY: &str = "11111111";
const AFTER_REGION: [&str; 3] = ["ses", "aws4_request", "SendRawEmail"];

/// The region of an endpoint of SES; `None` for any other mail server.
pub fn region_of(server: &str) -> Option<&str> {
    let rest = server.strip_prefix("email-smtp.").or_else(|| server.strip_prefix("email-smtp-fips."))?;
    rest.strip_suffix(".amazonaws.com").filter(|region| !region.is_empty() && !region.contains('.'))
}

/// How long a secret access key is.
const SECRET: usize = 40;

/// Why there is no password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It is the half that everybody may know.
    #[error("this is an access key's id, which belongs into `user`: its secret key is what is asked for here")]
    Id,
    /// It is no key at all, or not a whole one.
    #[error("a secret access key has {SECRET} letters, digits, `/` and `+`, and this is none: copy it once more")]
    NoSecret,
}

/// The SMTP password of who has this secret key, for a region.
pub fn smtp_password(secret: &str, region: &str) -> Result<Zeroizing<String>, SecretError> {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if secret.len() == 20 && secret.starts_with('A') && is_plain(secret) {
        return Err(SecretError::Id);
    }
    if secret.len() != SECRET || !secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+".contains(&byte)) {
        return Err(SecretError::NoSecret);
    }
    Ok(converted(secret, region))
}

fn converted(secret: &str, region: &str) -> Zeroizing<String> {
    let mut key = Zeroizing::new(format!("AWS4{secret}").into_bytes());
    for part in [DAY, region].into_iter().chain(AFTER_REGION) {
        key = Zeroizing::new(signed(&key, part));
    }
    let mut versioned = Zeroizing::new(vec![VERSION]);
    versioned.extend_from_slice(&key);
    Zeroizing::new(BASE64.encode(&versioned))
}

fn signed(key: &[u8], part: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(part.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What AWS's own program makes of these keys, as Terraform's AWS provider holds its own against it.
    #[test]
    fn it_is_the_password_that_ses_expects() {
        for (region, secret, expected) in [
            ("eu-central-1", "some+secret+key", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
            ("eu-central-1", "another+secret+key", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
            ("us-west-1", "some+secret+key", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
        ] {
            assert_eq!(*converted(secret, region), expected);
        }
    }

    #[test]
    fn half_a_key_makes_no_password() {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        assert_eq!(smtp_password(secret, "us-east-1").unwrap().len(), 44);
        assert_eq!(smtp_password("AKIAIOSFODNN7EXAMPLE", "us-east-1"), Err(SecretError::Id));
        for other in ["", &secret[1..], &format!("{secret}="), "wJalrXUtnFEMI K7MDENG+bPxRfiCYEXAMPLEKEY"] {
            assert_eq!(smtp_password(other, "us-east-1"), Err(SecretError::NoSecret), "{other}");
        }
    }

    #[test]
    fn only_ses_is_ses() {
        assert_eq!(region_of("email-smtp.eu-central-1.amazonaws.com"), Some("eu-central-1"));
        assert_eq!(region_of("email-smtp-fips.us-east-1.amazonaws.com"), Some("us-east-1"));
        for other in
            ["smtp.example.org", "email-smtp..amazonaws.com", "email-smtp.a.b.amazonaws.com", "email-smtp.x.org"]
        {
            assert_eq!(region_of(other), None, "{other}");
        }
    }
}
