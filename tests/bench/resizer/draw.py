"""Draws a picture with the statistics of a photo: clouds of noise at every scale, edges, grain.

python draw.py WIDTH HEIGHT SEED OUT.jpg
"""

import random
import sys

from PIL import Image, ImageChops, ImageDraw, ImageFilter

width, height, seed, out = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
chance = random.Random(seed)


def noise(w: int, h: int) -> Image.Image:
    return Image.frombytes("L", (w, h), chance.randbytes(w * h))


def clouds() -> Image.Image:
    """Octaves of noise, each half as strong as the one before."""
    sum_ = noise(4, 3).resize((width // 2, height // 2), Image.Resampling.BICUBIC)
    step = 8
    while step < width // 2:
        octave = noise(step, max(2, step * height // width)).resize(sum_.size, Image.Resampling.BICUBIC)
        sum_ = Image.blend(sum_, octave, 0.3)
        step *= 2
    return sum_.resize((width, height), Image.Resampling.BICUBIC)


picture = Image.merge("RGB", [clouds(), clouds(), clouds()])
draw = ImageDraw.Draw(picture)
for _ in range(120):
    x, y, side = chance.randrange(width), chance.randrange(height), chance.randrange(20, width // 8)
    colour = tuple(chance.randrange(256) for _ in range(3))
    box = (x, y, x + side, y + side * chance.randrange(30, 200) // 100)
    (draw.ellipse if chance.random() < 0.5 else draw.rectangle)(box, fill=colour if chance.random() < 0.6 else None, outline=colour, width=5)
picture = picture.filter(ImageFilter.GaussianBlur(0.7))
grain = noise(width, height).point(lambda v: 118 + v // 13)
picture = ImageChops.overlay(picture, Image.merge("RGB", [grain] * 3))
picture.save(out, quality=92, subsampling="4:2:0")
