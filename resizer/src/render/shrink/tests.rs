//! What the filter makes, beside what it should by its definition.

use super::*;

/// The same by the definition, in floating point.
fn by_definition(plane: &Plane, width: u32, height: u32) -> Vec<f64> {
    let weights = |there: u32, wanted: u32| -> Vec<Vec<f64>> {
        let step = f64::from(there) / f64::from(wanted);
        let of = |i: u32| -> Vec<f64> {
            let at = |k: u32| {
                let x = (f64::from(k) + 0.5 - (f64::from(i) + 0.5) * step) / step.max(1.0);
                let sinc = |x: f64| if x == 0.0 { 1.0 } else { x.sin() / x };
                let pi = std::f64::consts::PI;
                if x.abs() < 3.0 { sinc(x * pi) * sinc(x * pi / 3.0) } else { 0.0 }
            };
            let all: Vec<f64> = (0..there).map(at).collect();
            let sum: f64 = all.iter().sum();
            all.into_iter().map(|weight| weight / sum).collect()
        };
        (0..wanted).map(of).collect()
    };
    let (across, down) = (weights(plane.width, width), weights(plane.height, height));
    let mut made = Vec::new();
    for column in &down {
        for row in &across {
            let at = |x: usize, y: usize| f64::from(plane.samples[y * plane.width as usize + x]);
            let sum = column
                .iter()
                .enumerate()
                .filter(|(_, v)| **v != 0.0)
                .map(|(y, v)| v * row.iter().enumerate().map(|(x, h)| h * at(x, y)).sum::<f64>());
            made.push(sum.sum::<f64>().clamp(0.0, 255.0));
        }
    }
    made
}

fn noisy(width: u32, height: u32) -> Plane {
    let mut seed = 7_u32;
    let samples = (0..width * height).map(|_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    });
    Plane { width, height, samples: samples.collect() }
}

#[test]
fn it_is_lanczos() {
    for (from, to) in
        [((97, 61), (41, 37)), ((64, 40), (64, 13)), ((33, 70), (90, 80)), ((5, 3), (1, 1)), ((1, 1), (4, 9))]
    {
        let plane = noisy(from.0, from.1);
        let made = plane.resized(to.0, to.1);
        let exact = by_definition(&plane, to.0, to.1);
        for (a, b) in made.samples.iter().zip(&exact) {
            assert!((f64::from(*a) - b).abs() <= 0.75, "{from:?} to {to:?}: {a} for {b}");
        }
    }
}

#[test]
fn what_is_of_one_brightness_stays_so() {
    for level in [0, 1, 127, 254, 255] {
        let plane = Plane { width: 300, height: 200, samples: vec![level; 60_000] };
        assert!(plane.resized(123, 77).samples.iter().all(|&v| v == level));
    }
}

#[test]
fn a_few_rows_at_a_time_make_the_same() {
    let plane = noisy(130, 200);
    let whole = plane.resized(50, 67);
    let (across, down) = (Mix::new(130, 130.0, 50), Mix::new(200, 200.0, 67));
    let mut shrinking = Shrinking::new(130, &across, &down);
    for end in (10..=200).step_by(10) {
        let first = shrinking.needs().min(end);
        let samples = &plane.samples[first * 130..end * 130];
        shrinking.advance(Rows { samples, stride: 130, first, end });
    }
    assert_eq!(shrinking.finish().unwrap(), whole);
}
