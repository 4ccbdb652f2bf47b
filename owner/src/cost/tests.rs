use super::*;

const NOTHING: Usage = Usage { photos: 0.0, new: 0.0, heic: 0.0, page_views: 0.0, original: 5.0 };

/// A read every quarter of an hour, and fifty a day.
const IDLE: f64 = (2_880.0 + 1_500.0) / 1000.0 * 0.0004;

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9 + expected.abs() * 1e-6, "{found} is not {expected}");
}

#[test]
fn a_gallery_that_nobody_uses_costs_its_idle_queues() {
    let bill = bill(&NOTHING, &Prices::default());
    // 1,296,000 requests, a million of them for nothing.
    near(bill.functions, 0.296 * 0.40);
    near(bill.s3_requests, IDLE);
    near(bill.total(), bill.functions + IDLE);
}

#[test]
fn photos_cost_their_storage() {
    let prices = Prices { queues: 0.0, ..Prices::default() };
    let bill = bill(&Usage { photos: 1024.0, ..NOTHING }, &prices);
    near(bill.originals, 5.0 * 0.004 + 1.024 * 0.0025);
    near(bill.renditions, 1.3 * 0.023);
    near(bill.while_fresh, 5.0 * (0.023 - 0.004));
    // Twelve listings a day for every thousand photos: originals and facts twice, eight renditions once.
    near(bill.s3_requests, 1024.0 * 0.36 / 1000.0 * 0.005 + IDLE);
}

#[test]
fn a_new_photo_costs_a_write_for_each_rendition_and_its_way_to_intelligent_tiering() {
    near(renditions(), (gallery::renditions::sizes(4000, 3000).len() * 2) as f64);
    let new = bill(&Usage { new: 1000.0, ..NOTHING }, &Prices::default());
    near(new.s3_requests, 13.0 * 0.005 + 8.0 * 0.0004 + 0.01 + IDLE);
}

#[test]
fn what_browsers_cannot_show_costs_a_copy_of_all_of_it() {
    let prices = Prices { queues: 0.0, ..Prices::default() };
    let with = |heic| bill(&Usage { photos: 1024.0, new: 1024.0, heic, ..NOTHING }, &prices);
    let (all, half, none) = (with(1.0), with(0.5), with(0.0));
    near(all.renditions - none.renditions, 2.0 * 0.004 + 1.024 * 0.0025);
    near(all.while_fresh - none.while_fresh, 2.0 * (0.023 - 0.004));
    // A write, a way to Intelligent-Tiering, and thirty listings of a thousandth each.
    near(all.s3_requests - none.s3_requests, 1.024 * (0.005 + 0.01 + 0.03 * 0.005));
    near(half.total() - none.total(), (all.total() - none.total()) / 2.0);
}

#[test]
fn looking_through_a_million_photos_each_night_is_not_for_nothing() {
    let prices = Prices { queues: 0.0, function_time_free: 0.0, ..Prices::default() };
    let bill = bill(&Usage { photos: 1e6, ..NOTHING }, &prices);
    near(bill.functions, 360_000.0 * 0.2 * 0.000_016_666_7);
}

#[test]
fn numbers_that_mean_nothing_are_refused_and_large_ones_are_reckoned_with() {
    for wrong in ["-1", "NaN", "inf", "101", "many", ""] {
        assert!(percent(wrong).unwrap_err().contains("from 0 to 100"), "{wrong}");
    }
    for wrong in ["-0.1", "nan", "-inf", "1e12"] {
        assert!(megabytes(wrong).unwrap_err().contains("as much as S3 takes"), "{wrong}");
    }
    assert_eq!((percent("2.5"), megabytes("0")), (Ok(2.5), Ok(0.0)));
    let asked = Cost { viewers: u32::MAX, ..asked(&[1], None) };
    near(usage(&asked, 1).page_views, 4_294_967_295.0 * 120.0);
    assert!(table(&asked, &Prices::default()).contains("\n515,396,075,400 page views"));
}

fn asked(photos: &[u32], page_views: Option<u32>) -> Cost {
    Cost {
        photos: photos.to_vec(),
        viewers: 20,
        page_views,
        new: 2.0,
        original: 5.0,
        heic: 0.0,
        prices: None,
        json: false,
        show_prices: false,
    }
}

#[test]
fn page_views_cost_the_gate_and_beyond_what_is_free_cloudfront() {
    let prices = Prices::default();
    let views = |count| bill(&Usage { page_views: count, ..NOTHING }, &prices);
    let few = views(2_400.0);
    near(few.edge, 2_400.0 * 21.0 * (0.60 / 1e6 + 0.000_25 * 0.000_050_01));
    near(few.cloudfront, 0.0);
    let many = views(1e6);
    near(many.cloudfront, 11e6 / 10e3 * 0.01 + (1.5e6 / 1024.0 - 1024.0) * 0.085);
    near(many.s3_requests, 21e6 / 1000.0 * 0.0004 + IDLE);
}

#[test]
fn more_never_costs_less() {
    let prices = Prices::default();
    let mut before = 0.0;
    for photos in [0.0, 10.0, 1e3, 1e5, 1e6] {
        let now = bill(&Usage { photos, new: photos / 50.0, page_views: photos, ..NOTHING }, &prices).total();
        assert!(now >= before, "{photos} photos cost {now}, fewer cost {before}");
        before = now;
    }
}

#[test]
fn other_prices_are_taken_and_unknown_ones_refused() {
    let prices: Prices = serde_json::from_str(r#"{"as_of": "today", "storage": 1.0}"#).unwrap();
    let photos = 1024.0 / each::RENDITIONS;
    near(bill(&Usage { photos, ..NOTHING }, &prices).renditions, 1.0);
    near(prices.reads, Prices::default().reads);
    let error = serde_json::from_str::<Prices>(r#"{"storge": 1.0}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `storge`"), "{error}");
    let written = serde_json::to_string(&Prices::default()).unwrap();
    assert!(serde_json::from_str::<Prices>(&written).is_ok());
}

#[test]
fn the_readme_shows_what_the_command_prints() {
    let readme = include_str!("../../../README.md");
    let shown = table(&asked(&[1_000, 10_000, 100_000], None), &Prices::default());
    assert!(readme.contains(&shown), "the README's table is not this one:\n{shown}");
    let million = table(&asked(&[10_000], Some(1_000_000)), &Prices::default());
    let total = million.lines().find_map(|line| line.strip_prefix("| **a month** | ")).expect("there is a total");
    let total = total.trim_end_matches(" |");
    assert!(readme.contains(&format!("would cost {total}")), "a million page views cost {total}");
    assert!(include_str!("../../../docs/aws.md").contains(&million), "docs/aws.md's table is not this one:\n{million}");
}

#[test]
fn numbers_are_grouped() {
    assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
}
