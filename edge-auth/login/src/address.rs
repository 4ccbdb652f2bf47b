//! Where a request came from, as coarsely as is useful.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The network of an address: 24 bits of IPv4, 48 of IPv6, which is what a household or a provider's customer has at
/// most (RFC 6177). Whole addresses are personal data, and an IPv6 client can choose among 2^64 or more of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddressPrefix(String);

impl AddressPrefix {
    /// The network of an address; of what is no address, one that all such share.
    pub fn of(address: &str) -> Self {
        Self(match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(IpAddr::V4(ip)) => {
                let [a, b, c, _] = ip.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            Ok(IpAddr::V6(ip)) => {
                let [a, b, c, ..] = ip.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
            Err(_) => "unknown".to_owned(),
        })
    }
}

impl std::fmt::Display for AddressPrefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_cut_to_their_network() {
        for (address, prefix) in [
            ("203.0.113.178", "203.0.113.0/24"),
            ("::ffff:203.0.113.178", "203.0.113.0/24"),
            ("2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3::/48"),
            ("::1", "0:0:0::/48"),
            ("", "unknown"),
            ("203.0.113.178, 10.0.0.1", "unknown"),
            ("<script>", "unknown"),
        ] {
            assert_eq!(AddressPrefix::of(address).to_string(), prefix, "{address}");
        }
    }
}
