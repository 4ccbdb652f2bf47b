//! Colours: red, green and blue from 0 to 1, as screens show them, and how they are put together.

/// Red, green, blue.
pub(super) type Colour = [f32; 3];

/// From `a` to `b`.
pub(super) fn mix(a: Colour, b: Colour, part: f32) -> Colour {
    [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part]
}

/// With light upon it.
pub(super) fn add(colour: Colour, light: Colour, part: f32) -> Colour {
    [colour[0] + light[0] * part, colour[1] + light[1] * part, colour[2] + light[2] * part]
}

/// Seen in coloured light.
pub(super) fn mul(a: Colour, b: Colour, part: f32) -> Colour {
    [a[0] * b[0] * part, a[1] * b[1] * part, a[2] * b[2] * part]
}
