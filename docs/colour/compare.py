"""Draws the two pictures by which ARCHITECTURE.md argues how renditions are coloured: python compare.py. Needs Pillow.

gamut.png: above, colours of Display P3; below, the same after the way through sRGB. The file itself is in Display P3, so on
an ordinary screen both halves look alike, and on a screen with a wide gamut the difference is what the renditions lose.

light.png: fine patterns made four times smaller. Left as browsers and phones do it, on values as they are coded; right in
linear light.
"""

import struct
from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).parent

# From linear Display P3 to linear sRGB and back (both have the white point D65 and the same curve).
TO_SRGB = ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0197, -0.0786, 1.0979))
TO_P3 = ((0.8225, 0.1774, 0.0), (0.0332, 0.9669, 0.0), (0.0171, 0.0724, 0.9108))


def light(code):
    return code / 12.92 if code <= 0.04045 else ((code + 0.055) / 1.055) ** 2.4


def code(light_):
    light_ = min(max(light_, 0.0), 1.0)
    return light_ * 12.92 if light_ <= 0.0031308 else 1.055 * light_ ** (1 / 2.4) - 0.055


def through_srgb(colour):
    """A colour of Display P3 as an sRGB file keeps it, in Display P3 again."""
    linear = [light(v / 255) for v in colour]
    narrow = [light(round(code(sum(m * v for m, v in zip(row, linear))) * 255) / 255) for row in TO_SRGB]
    return tuple(round(code(sum(m * v for m, v in zip(row, narrow))) * 255) for row in TO_P3)


def display_p3():
    """A minimal profile (ICC.1:2010): primaries adapted to D50, one curve."""

    def xyz(*values):
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))

    curve = b"para\0\0\0\0" + struct.pack(">HH5i", 3, 0, *(round(v * 65536) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)))
    words = b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", 20, 28) + "Display P3".encode("utf-16-be")
    parts = {
        b"desc": words, b"cprt": words, b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.5151, 0.2412, -0.0011), b"gXYZ": xyz(0.2920, 0.6922, 0.0419), b"bXYZ": xyz(0.1571, 0.0666, 0.7841),
        b"rTRC": curve, b"gTRC": curve, b"bTRC": curve,
    }
    table, body, at = b"", b"", 132 + 12 * len(parts)
    for name, part in parts.items():
        part += bytes(-len(part) % 4)
        table += name + struct.pack(">II", at + len(body), len(part))
        body += part
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"\0\0\0\0", 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return head + struct.pack(">I", len(parts)) + table + body


def gamut():
    rows = [
        ("grass and leaves", lambda t: (int(90 * t), int(70 + 160 * t), int(40 * t))),
        ("a poppy", lambda t: (int(70 + 185 * t), int(40 * t), int(20 * t))),
        ("dusk", lambda t: (255, int(60 + 140 * t), int(90 * t))),
        ("skin", lambda t: (int(110 + 130 * t), int(75 + 110 * t), int(55 + 95 * t))),
    ]
    picture = Image.new("RGB", (640, 40 + 90 * len(rows)), (250, 250, 250))
    pen = ImageDraw.Draw(picture)
    pen.text((12, 12), "each pair: Display P3 above, by way of sRGB below", fill=(40, 40, 40))
    for i, (name, ramp) in enumerate(rows):
        top, most, mean = 40 + 90 * i, 0, 0
        for x in range(520):
            wide = ramp(x / 519)
            narrow = through_srgb(wide)
            off = max(abs(a - b) for a, b in zip(wide, narrow))
            most, mean = max(most, off), mean + off / 520
            pen.line((110 + x, top, 110 + x, top + 34), fill=wide)
            pen.line((110 + x, top + 35, 110 + x, top + 69), fill=narrow)
        pen.text((12, top + 28), name, fill=(40, 40, 40))
        print(f"{name:18} differs by {mean:4.1f} of 255 in the mean, {most} at most")
    picture.save(HERE / "gamut.png", icc_profile=display_p3(), optimize=True)
    print(f"the profile: {len(display_p3())} bytes")


def fine(kind, side):
    """A pattern, four times as large as it will be."""
    picture = Image.new("L", (side, side), 255 if kind == "writing" else 0)
    pen = ImageDraw.Draw(picture)
    if kind == "writing":
        for y in range(8, side, 24):
            pen.line((10, y, side - 10, y + 5), fill=0, width=3)
            pen.arc((y, y, y + 60, y + 60), 0, 300, fill=0, width=3)
    elif kind == "lights":
        for y in range(4, side, 14):
            for x in range(4 + y % 3, side, 14):
                pen.rectangle((x, y, x + 1, y + 1), fill=255)
    else:
        for y in range(0, side, 2):
            pen.line((0, y, side, y), fill=255)
    return picture


def smaller(picture, linear):
    size = (picture.width // 4, picture.height // 4)
    if not linear:
        return picture.resize(size, Image.Resampling.LANCZOS)
    values = Image.new("F", picture.size)
    values.putdata([light(v / 255) for v in picture.tobytes()])
    small = values.resize(size, Image.Resampling.LANCZOS)
    return Image.frombytes("L", size, bytes(round(code(v) * 255) for v in struct.unpack(f"{size[0] * size[1]}f", small.tobytes())))


def linear_light():
    kinds = [("writing", "dark lines on white"), ("lights", "lights at night"), ("stripes", "stripes of black and white")]
    side = 640
    picture = Image.new("L", (120 + 2 * 180, 40 + 190 * len(kinds)), 250)
    pen = ImageDraw.Draw(picture)
    pen.text((120, 12), "as coded (ours)", fill=40)
    pen.text((300, 12), "in linear light", fill=40)
    for i, (kind, name) in enumerate(kinds):
        pen.multiline_text((8, 100 + 190 * i), name.replace(" of", "\nof").replace(" on", "\non").replace(" at", "\nat"), fill=40)
        for column, linear in enumerate((False, True)):
            small = smaller(fine(kind, side), linear)
            picture.paste(small, (120 + 180 * column, 40 + 190 * i))
            mean = sum(small.tobytes()) / (small.width * small.height)
            print(f"{name:28} {'in linear light' if linear else 'as coded':16} mean {mean:5.1f} of 255")
    picture.save(HERE / "light.png", optimize=True)


gamut()
linear_light()
