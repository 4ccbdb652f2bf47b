//! Which test attacks which requirement of SECURITY.md.

use std::collections::BTreeSet;
use std::path::Path;

/// A requirement, the file of a test below the repository's root, and its name. Attacks over HTTP come first; what only
/// shows elsewhere (in the bundle, in a template, inside a parser) is attacked there.
const ATTACKS: &[(u32, &str, &str)] = &[
    (1, "tests/journeys/gate.rs", "without_a_session_nothing_of_any_bucket_is_served"),
    (1, "tests/journeys/attack/paths.rs", "no_spelling_of_a_path_leads_around_the_gate"),
    (2, "tests/journeys/attack/paths.rs", "no_spelling_of_a_path_leads_around_the_gate"),
    (2, "local/tests/front/clarity.rs", "nothing_is_smuggled_behind_an_unclear_request"),
    (2, "local/tests/front/clarity.rs", "a_target_is_a_path"),
    (3, "tests/journeys/attack/paths.rs", "no_spelling_of_a_path_leads_around_the_gate"),
    (3, "tests/journeys/gate.rs", "a_scope_ends_at_its_collections"),
    (4, "tests/journeys/attack/tokens.rs", "no_forged_token_opens_anything"),
    (5, "tests/journeys/attack/tokens.rs", "no_token_of_another_time_place_or_kind_opens_anything"),
    (6, "tests/journeys/attack/cookies.rs", "the_cookie_cannot_be_planted_or_read"),
    (6, "tests/journeys/attack/browser.rs", "another_site_can_neither_act_nor_look"),
    (7, "tests/journeys/attack/cookies.rs", "tossed_cookies_open_nothing"),
    (8, "tests/journeys/attack/probes.rs", "without_a_session_nobody_learns_what_exists"),
    (8, "tests/journeys/sessions.rs", "fifty_expired_requests_cause_no_storm"),
    (9, "tests/journeys/sessions.rs", "fifty_expired_requests_cause_no_storm"),
    (9, "tests/journeys/attack/races.rs", "many_tabs_renew_one_session_and_its_end_stays"),
    (10, "tests/journeys/sessions.rs", "a_change_takes_effect_within_fifteen_minutes"),
    (10, "tests/journeys/attack/races.rs", "changes_at_once_all_count"),
    (11, "tests/journeys/sessions.rs", "a_running_gate_follows_the_keys"),
    (12, "tests/journeys/attack/redirects.rs", "no_way_leads_to_another_site"),
    (13, "tests/journeys/attack/browser.rs", "another_site_can_neither_act_nor_look"),
    (13, "tests/journeys/attack/redirects.rs", "every_form_asks_where_it_came_from"),
    (14, "tests/journeys/attack/guessing.rs", "answers_do_not_tell_who_has_an_account"),
    (14, "edge-auth/login/tests/with_s3/throttled.rs", "unknown_names_cost_the_same_work_and_get_the_same_answer"),
    (14, "edge-auth/login/tests/with_s3/throttled.rs", "long_inputs_are_refused_before_hashing"),
    (15, "tests/journeys/attack/guessing.rs", "no_header_and_no_list_of_names_gets_around_the_count"),
    (15, "tests/journeys/attack/races.rs", "guesses_at_once_do_not_slip_through_together"),
    (15, "tests/faults/signing_in.rs", "a_storm_of_412_lets_nobody_in_and_uses_nothing_up"),
    (15, "edge-auth/login/tests/with_s3/throttled.rs", "tries_wait_longer_and_longer_before_anything_is_hashed"),
    (16, "edge-auth/login/src/password.rs", "unfit_passwords_say_why"),
    (16, "tests/journeys/attack/guessing.rs", "a_password_is_never_cut"),
    (16, "tests/journeys/browser.rs", "visits_in_a_browser"),
    (17, "tests/journeys/attack/races.rs", "of_many_who_open_an_invitation_at_once_one_gets_in"),
    (17, "tests/faults/signing_in.rs", "a_lost_answer_costs_nobody_their_invitation"),
    (17, "edge-auth/login/tests/with_s3/invited.rs", "what_is_over_is_over_in_one_way"),
    (18, "tests/journeys/gate.rs", "signing_out_ends_it"),
    (18, "tests/journeys/browser.rs", "visits_in_a_browser"),
    (18, "tests/journeys/attack/browser.rs", "another_site_can_neither_act_nor_look"),
    (19, "tests/journeys/attack/probes.rs", "without_a_session_nobody_learns_what_exists"),
    (19, "tests/journeys/gate.rs", "every_answer_carries_the_security_headers"),
    (20, "local/tests/front/kept.rs", "nobody_else_is_shown_it"),
    (20, "tests/journeys/attack/probes.rs", "nothing_of_login_is_kept"),
    (21, "tests/journeys/gate.rs", "the_buckets_refuse_direct_calls"),
    (22, "tests/journeys/attack/probes.rs", "error_pages_are_the_same_for_all_and_stay_errors"),
    (23, "tests/journeys/attack/secrets.rs", "nothing_secret_is_echoed"),
    (23, "owner/tests/command/secrets.rs", "requirement_23_the_log_holds_no_secret_even_when_it_tells_everything"),
    (23, "edge-auth/login/tests/with_s3/throttled.rs", "records_tell_what_happened_and_no_secrets"),
    (24, "tests/journeys/attack/secrets.rs", "records_hold_one_line_each_whatever_is_typed"),
    (25, "tests/journeys/attack/secrets.rs", "no_key_is_served_to_anybody"),
    (25, "edge-auth/verifier/tests/package_test.py", "test_requirement_25_it_holds_the_public_key_and_no_private_one"),
    (26, "tests/journeys/attack/secrets.rs", "names_and_words_are_shown_as_text"),
    (27, "tests/journeys/attack/secrets.rs", "pictures_carry_nothing_but_pixels"),
    (28, "resizer/tests/all/damaged.rs", "a_header_that_claims_too_much_is_refused_at_once"),
    (28, "resizer/tests/all/damaged.rs", "no_byte_brings_it_down"),
    (28, "edge-auth/session/tests/fuzz.rs", "requirement_28_tokens"),
    (28, "edge-auth/login/tests/fuzz.rs", "requirement_28_requests"),
    (28, "gallery/tests/fuzz.rs", "requirement_28_notifications"),
];

#[test]
fn every_requirement_is_attacked_by_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    for (number, file, name) in ATTACKS {
        let source = std::fs::read_to_string(root.join(file));
        let source = source.unwrap_or_else(|error| panic!("requirement {number}: {file}: {error}"));
        assert!(
            source.contains(&format!("fn {name}(")) || file.contains("/package_test.") && source.contains(name),
            "{file}: {name}"
        );
    }
    let attacked: BTreeSet<u32> = ATTACKS.iter().map(|(number, ..)| *number).collect();
    assert!(attacked.into_iter().eq(1..=28), "each requirement has an attack");
}
