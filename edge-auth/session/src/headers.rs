//! The security headers of every answer: pages, pictures, redirects and denials alike.

/// What pages may load and do (Content Security Policy, level 3).
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// Every header and its value, names in lower case.
pub const SECURITY: [(&str, &str); 9] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    // Two years, as browsers' preload lists ask; this host alone, because its siblings are none of the gallery's.
    ("strict-transport-security", "max-age=63072000"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
         microphone=(), midi=(), payment=(), serial=(), usb=()",
    ),
    ("x-robots-tag", "noindex, nofollow, noarchive"),
];

/// The policy of the map, when its pictures of the earth come from somebody else's server: `https://tiles.example.org`.
/// No other page gets it.
pub fn policy_with_tiles(origin: &str) -> String {
    CONTENT_SECURITY_POLICY.replace("img-src 'self' data:", &format!("img-src 'self' data: {origin}"))
}

/// The headers of a page that carries its own style and a form: the style is allowed by its hash alone, and the page
/// tells its own site where a form was sent from. Under `no-referrer` browsers send `Origin: null` with the form
/// (Fetch standard, "append a request Origin header"), and the origin could not be checked.
pub fn of_form(style_hash: &str) -> Vec<(&'static str, String)> {
    let policy = format!(
        "default-src 'none'; style-src '{style_hash}'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let replaced = |name| match name {
        "content-security-policy" => Some(policy.clone()),
        "referrer-policy" => Some("same-origin".to_owned()),
        _ => None,
    };
    SECURITY.iter().map(|&(name, value)| (name, replaced(name).unwrap_or_else(|| value.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requirement 19. `CloudFront` takes a policy of at most 1,783 characters (AWS, "Quotas on headers").
    #[test]
    fn the_policy_denies_by_default_and_fits() {
        assert!(CONTENT_SECURITY_POLICY.starts_with("default-src 'none';"));
        assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
        assert!(!CONTENT_SECURITY_POLICY.contains("  "));
        assert!(CONTENT_SECURITY_POLICY.len() <= 1783);
    }

    #[test]
    fn tiles_may_come_from_their_server_and_nothing_else_may() {
        let policy = policy_with_tiles("https://t.example.org");
        assert_eq!(policy.replace(" https://t.example.org", ""), CONTENT_SECURITY_POLICY);
        assert!(policy.contains("img-src 'self' data: https://t.example.org;"), "{policy}");
    }

    #[test]
    fn a_form_page_differs_in_two_headers_only() {
        let form = of_form("sha256-abc=");
        let differs: Vec<_> =
            form.iter().zip(SECURITY).filter(|((_, a), (_, b))| a != b).map(|((n, _), _)| *n).collect();
        assert_eq!(differs, ["content-security-policy", "referrer-policy"]);
        assert!(form[0].1.contains("style-src 'sha256-abc='"));
    }
}
