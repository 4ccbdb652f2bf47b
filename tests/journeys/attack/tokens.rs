//! Requirements 4, 5 and 11: tokens that somebody has written or changed. What a forger could do with the gate's own key is
//! in `edge-auth/session/vectors.json`; here is what can be done without it, and with what is lying about.

use anyhow::{Context, Result};
use data_encoding::BASE64URL_NOPAD;
use heirloom_tests::Visitor;
use jiff::{SignedDuration, Timestamp};
use local::machine::AUDIENCE;
use login::{Invitations, Secret};
use session::{SigningKey, Verifier};
use sha2::{Digest, Sha256};

use crate::{Attacked, status};

fn encoded(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

/// HMAC with SHA-256 (RFC 2104), as a library would sign that believes the header.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

/// The order of Ed25519's group (RFC 8032, section 5.1), its least byte first.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The same signature with another S, which satisfies the equation as well: only a strict verifier refuses it.
fn malleated(signature: &str) -> Result<String> {
    let mut bytes = BASE64URL_NOPAD.decode(signature.as_bytes())?;
    let mut carry = 0;
    for (byte, more) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert_eq!(carry, 0, "S is less than the order");
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// Every way in is closed to a token: pages, pictures, originals, renewal, uploads.
async fn opens_nothing(attacked: &Attacked, what: &str, token: &str) -> Result<()> {
    let cookie = format!("Cookie: {}={token}\r\n", session::cookie::NAME);
    for place in attacked.places() {
        let answer = attacked.ask("GET", &place, &format!("{cookie}Sec-Fetch-Mode: no-cors\r\n")).await?;
        assert!(matches!(status(&answer), 400 | 401 | 431), "{what}: {answer}");
        assert!(token.len() < 9 || !answer.contains(token), "{what} is echoed");
    }
    for path in ["/", "/auth/renew?next=%2F", "/auth/upload"] {
        let answer = attacked.ask("GET", path, &format!("{cookie}Sec-Fetch-Mode: navigate\r\n")).await?;
        // A session that has to be looked at again is sent to renewal, which is the next path here.
        let away = answer.contains("location: /auth/login") || path == "/" && answer.contains("location: /auth/renew");
        assert!(matches!(status(&answer), 302 | 303) && away || status(&answer) >= 400, "{what}: {path}: {answer}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_token_opens_anything() -> Result<()> {
    let attacked = Attacked::start().await?;
    let token = attacked.gerda.cookie.clone().context("signed in")?;
    let tom = attacked.tom.cookie.clone().context("signed in")?;
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { anyhow::bail!("a token has three parts") };
    let ring = login::keys::load(attacked.home.store()).await?;
    let kid = ring.signing(Timestamp::now()).id().to_string();
    let public = ring.public()?.to_json();

    let mut forged: Vec<(String, String)> = Vec::new();
    let mut add = |what: &str, token: String| forged.push((what.to_owned(), token));
    for alg in ["none", "None", "NONE", "nOnE", "", "HS256", "RS256", "ES256", "Ed25519", "eddsa", "EdDSA\\u0000"] {
        let other = encoded(&format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"{kid}"}}"#));
        add(&format!("{alg}, with the old signature"), format!("{other}.{claims}.{signature}"));
        add(&format!("{alg}, without one"), format!("{other}.{claims}."));
        add(&format!("{alg}, in two parts"), format!("{other}.{claims}"));
    }
    let other = encoded(&format!(r#"{{"alg":"HS256","typ":"JWT","kid":"{kid}"}}"#));
    for secret in [public.as_bytes(), b"", b"secret", kid.as_bytes()] {
        let message = format!("{other}.{claims}");
        add(
            "a public key as a secret",
            format!("{message}.{}", BASE64URL_NOPAD.encode(&hmac(secret, message.as_bytes()))),
        );
    }
    for kid in ["", "0", "../../keys/keys.json", "' OR 1=1 --", "/dev/null", &kid.to_uppercase(), &kid[1..]] {
        let other = encoded(&format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{}"}}"#, kid.replace('"', "")));
        add(&format!("the key `{kid}`"), format!("{other}.{claims}.{signature}"));
    }
    for more in [
        r#""jwk":{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
        r#""jku":"https://evil.example/keys.json""#,
        r#""x5u":"https://evil.example/""#,
        r#""x5c":["AAAA"]"#,
        r#""crit":["exp"]"#,
        r#""zip":"DEF""#,
        r#""b64":false"#,
        r#""alg":"none""#,
    ] {
        let other = encoded(&format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{kid}",{more}}}"#));
        add(&format!("a header with {more}"), format!("{other}.{claims}.{signature}"));
    }
    // A forger's own key, under its own name and under ours.
    let verified = Verifier::new(ring.public()?, AUDIENCE).verify(&token, Timestamp::now().as_second())?;
    let own = SigningKey::from_seed(&[7; 32]).mint(verified.session(), AUDIENCE)?;
    let (_, own_rest) = own.split_once('.').context("a token")?;
    add("another key", own.clone());
    add("another key under our key's name", format!("{header}.{own_rest}"));
    // Parts of two tokens that are both good.
    let tom_parts: Vec<&str> = tom.split('.').collect();
    add("tom's signature under gerda's claims", format!("{header}.{claims}.{}", tom_parts[2]));
    add("gerda's signature under tom's claims", format!("{header}.{}.{signature}", tom_parts[1]));
    add("a malleated signature", format!("{header}.{claims}.{}", malleated(signature)?));
    // Claims that say more.
    let said = String::from_utf8(BASE64URL_NOPAD.decode(tom_parts[1].as_bytes())?)?;
    for (old, new) in [
        ("\"sub\":\"tom\"", "\"sub\":\"gerda\""),
        ("Garden", "Family"),
        ("{", "{\"sub\":\"gerda\","),
        ("\"exp\":1", "\"exp\":9"),
    ] {
        assert!(said.contains(old), "{said}");
        add(
            &format!("{new} for {old}"),
            format!("{}.{}.{}", tom_parts[0], encoded(&said.replacen(old, new, 1)), tom_parts[2]),
        );
    }
    // Other spellings of the same bytes, and parts of them.
    for (what, text) in [
        ("padding", format!("{token}=")),
        ("standard base64", format!("{header}.{claims}.{}", signature.replace('-', "+").replace('_', "/") + "+")),
        ("a fourth part", format!("{token}.{signature}")),
        ("an empty part", format!("{header}..{signature}")),
        ("a space", format!("{header}. {claims}.{signature}")),
        ("twice", format!("{token}{token}")),
        ("upper case", token.to_uppercase()),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("a text as long as a header may be", "x".repeat(20_000)),
    ] {
        add(what, text);
    }
    for cut in (0..token.len()).step_by(41).chain([token.len() - 1]) {
        add(&format!("cut after {cut} bytes"), token[..cut].to_owned());
    }
    assert!(forged.len() > 70);
    for (what, token) in &forged {
        opens_nothing(&attacked, what, token).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_of_another_time_place_or_kind_opens_anything() -> Result<()> {
    let attacked = Attacked::start().await?;
    let (home, now) = (&attacked.home, Timestamp::now());
    let ring = login::keys::load(home.store()).await?;
    let token = attacked.gerda.cookie.clone().context("signed in")?;
    let session = Verifier::new(ring.public()?, AUDIENCE).verify(&token, now.as_second())?.session().clone();
    for audience in ["", "another-machine", "this-machine ", "THIS-MACHINE", "gallery.example"] {
        opens_nothing(&attacked, "for somebody else", &ring.signing(now).mint(&session, audience)?).await?;
    }
    let mut aged: Visitor = attacked.gerda.clone();
    home.age(&mut aged, SignedDuration::from_hours(31 * 24)).await?;
    opens_nothing(&attacked, "a month old", &aged.cookie.take().context("a token")?).await?;
    aged.cookie = Some(token.clone());
    home.age(&mut aged, -SignedDuration::from_hours(1)).await?;
    opens_nothing(&attacked, "from the future", &aged.cookie.take().context("a token")?).await?;

    // What a viewer holds besides, and what was good before the viewer was signed out everywhere.
    let user = home.machine().users().find(&"tom".parse()?).await?.context("tom")?;
    let secret = Secret::new()?;
    Invitations::new(home.store().clone()).make(&user, &secret, now, now + SignedDuration::from_hours(1)).await?;
    opens_nothing(&attacked, "an invitation", &secret.reveal()).await?;
    let mut again = home.stranger();
    let answer = again.sign_in("tom", heirloom_tests::PASSWORD).await?;
    let mut device = answer.headers().get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
    let device = device.find_map(|line| line.strip_prefix("__Host-device=")).context("a device's mark")?;
    opens_nothing(&attacked, "a device's mark", device.split(';').next().unwrap_or_default()).await?;
    home.machine().users().sign_out_everywhere(&"tom".parse()?, now).await?;
    home.age(&mut again, SignedDuration::from_secs(15 * 60 + 1)).await?;
    opens_nothing(&attacked, "of an old generation", &again.cookie.clone().context("a token")?).await?;
    Ok(())
}
