"""Draws small pictures of each kind and breaks them: the seeds of the targets `picture_*` and `video*`.

python mutate.py SEEDS RENDER: the folder for the seeds, and the program `render` (resizer/examples), which writes HEIC.
Needs Pillow. The same at every run.
"""

import io
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageCms

seeds, render = Path(sys.argv[1]), sys.argv[2]
chance = random.Random(1)


def drawn(mode="RGB", side=24):
    picture = Image.new("RGB", (side + 8, side))
    picture.putdata([(x * 7 % 256, y * 9 % 256, (x * y) % 256) for y in range(side) for x in range(side + 8)])
    return picture.convert(mode)


def saved(picture, form, **options):
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def broken(whole):
    """As it is, cut, with bits turned, with a piece twice, with large numbers in its head."""
    yield "whole", whole
    yield "cut", whole[: len(whole) * 2 // 3]
    turned = bytearray(whole)
    for _ in range(6):
        turned[chance.randrange(12, len(turned))] ^= 1 << chance.randrange(8)
    yield "turned", bytes(turned)
    at = chance.randrange(len(whole) // 2)
    yield "twice", whole[:at] + whole[at : at + 40] + whole[at:]
    large = bytearray(whole)
    at = chance.randrange(8, min(60, len(large) - 4))
    large[at : at + 4] = b"\x7f\xff\xff\xff"
    yield "large", bytes(large)


exif = Image.Exif()
exif[0x0112], exif[0x010F], exif[0x010E] = 6, "Maker", "The swing"
p3 = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
frames = [drawn(), drawn().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
kinds = {
    "jpeg": [
        saved(drawn(), "JPEG", quality=70, exif=exif, xmp=xmp),
        saved(drawn(), "JPEG", quality=60, progressive=True),
        saved(drawn(side=40), "JPEG", quality=60, restart_marker_blocks=2, subsampling="4:2:2"),
        saved(drawn("L"), "JPEG"),
        saved(drawn("CMYK"), "JPEG", quality=40),
        saved(drawn(), "JPEG", quality=30, icc_profile=p3),
    ],
    "png": [
        saved(drawn(), "PNG"),
        saved(drawn("P"), "PNG"),
        saved(drawn("RGBA"), "PNG"),
        saved(Image.frombytes("I;16", (20, 16), chance.randbytes(640)), "PNG"),
        saved(frames[0], "PNG", save_all=True, append_images=frames[1:]),
    ],
    "webp": [
        saved(drawn(), "WEBP", quality=60),
        saved(drawn("RGBA"), "WEBP", lossless=True),
        saved(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
    ],
    "gif": [saved(drawn("P"), "GIF"), saved(frames[0].convert("P"), "GIF", save_all=True, append_images=[frames[1].convert("P")])],
    "tiff": [
        saved(drawn(), "TIFF"),
        saved(drawn(), "TIFF", compression="tiff_lzw"),
        saved(drawn(), "TIFF", compression="tiff_adobe_deflate"),
        saved(drawn("CMYK"), "TIFF"),
    ],
    "bmp": [saved(drawn(), "BMP"), saved(drawn("P"), "BMP"), saved(drawn("1"), "BMP")],
    "avif": [saved(drawn(), "AVIF", quality=50), saved(drawn("RGBA"), "AVIF", quality=50)],
}

with tempfile.TemporaryDirectory() as folder:
    plain, heic = Path(folder, "plain.jpg"), Path(folder, "plain.heic")
    plain.write_bytes(saved(drawn(side=64), "JPEG"))
    subprocess.run([render, "--as-heic", str(heic), str(plain)], check=True)
    kinds["heic"] = [heic.read_bytes()]

# TIFF's shape with a camera maker's name and a link to further directories, and the preview behind it.
preview = saved(Image.effect_noise((644, 8), 20).convert("RGB"), "JPEG", quality=5)
maker = b"NIKON CORPORATION\0"
entries = struct.pack("<HHII", 0x010F, 2, len(maker), 38) + struct.pack("<HHII", 0x014A, 4, 1, 0)
raw = b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + b"\0\0\0\0" + maker
kinds["raw"] = [raw + preview]


def box(name, *parts):
    inner = b"".join(parts)
    return struct.pack(">I4s", 8 + len(inner), name) + inner


mvhd = box(b"mvhd", bytes(4), struct.pack(">IIII", 3_800_000_000, 0, 600, 4200), struct.pack(">IH", 0x10000, 0x100), bytes(10))
matrix = struct.pack(">9I", 0, 0x10000, 0, 0xFFFF0000, 0, 0, 0, 0, 0x40000000)
tkhd = box(b"tkhd", struct.pack(">I", 7), struct.pack(">IIIII", 0, 0, 1, 0, 4200), bytes(16), matrix, struct.pack(">II", 640 << 16, 480 << 16))
hdlr = box(b"hdlr", bytes(8), b"vide", bytes(13))
place = box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7+52.5000+013.4000/"))


def headers(codec, width, height, setup=b""):
    entry = box(codec, bytes(6), b"\0\1", bytes(16), struct.pack(">HH", width, height), bytes(50), setup)
    stsd = box(b"stsd", bytes(4), struct.pack(">I", 1), entry)
    stbl = box(b"stbl", stsd, box(b"stsz", bytes(4), struct.pack(">II", 900, 1)), box(b"stco", bytes(4), struct.pack(">II", 1, 64)))
    mdia = box(b"mdia", box(b"mdhd", bytes(12), struct.pack(">II", 600, 4200), bytes(4)), hdlr, box(b"minf", stbl))
    return mvhd + box(b"trak", tkhd, mdia) + place


kinds["video"] = [headers(b"avc1", 640, 480)]


def inner(file, name):
    """The content of the last box of this name: a codec's setup, or the pictures of a file that holds one."""
    at = file.rindex(name)
    return file[at + 4 : at - 4 + struct.unpack(">I", file[at - 4 : at])[0]]


# What stills have, and a video that ffmpeg wrote (resizer/tests/all/fixtures/draw.py), each behind headers of our own.
film = (Path(__file__).parent / "../resizer/tests/all/fixtures/quarters.mp4").read_bytes()
firsts = [(b"hvc1", b"hvcC", kinds["heic"][0], 72, 64), (b"av01", b"av1C", kinds["avif"][0], 32, 24), (b"avc1", b"avcC", film, 128, 96)]
kinds["video_picture"] = [
    struct.pack(">I", len(told)) + told + inner(file, b"mdat")
    for codec, setup, file, width, height in firsts
    for told in [headers(codec, width, height, box(setup, inner(file, setup)))]
]

for kind, wholes in kinds.items():
    folder = seeds / (kind if kind.startswith("video") else f"picture_{kind}")
    folder.mkdir(parents=True, exist_ok=True)
    for i, whole in enumerate(wholes):
        for name, seed in broken(whole):
            (folder / f"{i}-{name}").write_bytes(seed)
