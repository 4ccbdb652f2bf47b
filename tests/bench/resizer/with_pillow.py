"""Renders with Pillow: python with_pillow.py 360,1200,2048 jpeg,webp OUT QUALITY FILE…"""

import sys
from pathlib import Path

from PIL import Image, ImageOps

widths, formats, out, quality, *files = sys.argv[1:]
ladder = sorted(map(int, widths.split(",")), reverse=True)
for file in files:
    with Image.open(file) as picture:
        # Lets the decoder of JPEG deliver it smaller, as far as that costs no quality.
        picture.draft("RGB", (ladder[0] * 2, ladder[0] * 2))
        picture = ImageOps.exif_transpose(picture).convert("RGB")
    for rung in ladder:
        height = max(1, round(picture.height * rung / picture.width))
        picture = picture.resize((rung, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        for form in formats.split(","):
            path = f"{out}/{Path(file).name}-{rung}.{form}"
            picture.save(path, form, quality=int(quality), **({"optimize": True} if form == "jpeg" else {"method": 4}))
