"""The resizer against its peers: processor time, wall time and peak memory as ratios, and quality at equal size.

python bench.py RENDER QUALITY [--photo FILE] [--quick]: the program `render` (resizer/examples), the program `quality`,
and a photo of your own in place of the drawn one. What is not installed is left out, and said to be. Ends with what ours is
held to beside sharp, met or missed, and with exit code 1 when something is missed.
"""

import argparse
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

HERE = Path(__file__).parent
THREE, FOUR = "360,1200,2048", "360,720,1200,2048"

parser = argparse.ArgumentParser()
parser.add_argument("render")
parser.add_argument("quality")
parser.add_argument("--photo", type=Path)
parser.add_argument("--quick", action="store_true", help="each once instead of three times")
options = parser.parse_args()

work = Path(tempfile.mkdtemp(prefix="heirloom-bench-"))
out = work / "out"
out.mkdir()


def spent(command: list[str]) -> tuple[float, float, float]:
    """Processor seconds, wall seconds and peak MiB of a program and those that it starts."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaint = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command[0]} failed: {complaint.decode(errors='replace').strip()[-300:]}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024


def median(commands: list[list[str]], runs: int) -> tuple[float, float, float]:
    """The medians of several runs; several commands count as one, their memory as the largest."""
    rounds = []
    for _ in range(runs):
        each = [spent(command) for command in commands]
        rounds.append((sum(c for c, _, _ in each), sum(w for _, w, _ in each), max(m for _, _, m in each)))
    return tuple(statistics.median(column) for column in zip(*rounds))


def apart(task, *arguments):
    """Runs a task in a process of its own: what this one holds in memory counts as a child's until it begins."""
    child = os.fork()
    if child == 0:
        try:
            task(*arguments)
            os._exit(0)
        except BaseException as error:
            print(error, file=sys.stderr)
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"cannot {task.__name__} for the bench")


def ours(files, widths, formats):
    return [[options.render, "--quiet", "--widths", widths, "--formats", formats, "--out", str(out), *map(str, files)]]


def sharp(files, widths, formats):
    return [["node", str(HERE / "with_sharp.mjs"), widths, formats, str(out), "80", *map(str, files)]]


def pillow(files, widths, formats):
    return [[sys.executable, str(HERE / "with_pillow.py"), widths, formats, str(out), "80", *map(str, files)]]


def vips(files, widths, formats):
    ends = {"jpeg": ".jpg[Q=80,strip,optimize_coding]", "webp": ".webp[Q=80,strip]"}
    return [
        ["vipsthumbnail", str(file), "--size", f"{width}x>", "-o", f"{out}/%s-{width}{ends[form]}"]
        for file in files
        for width in widths.split(",")
        for form in formats.split(",")
    ]


def magick(files, widths, formats):
    program = next(filter(shutil.which, ["magick", "convert-im6.q16", "convert"]), None)
    commands = []
    for file in files:
        largest, *smaller = sorted(map(int, widths.split(",")), reverse=True)
        steps = ["-auto-orient", "-strip", "-quality", "80"]
        command = [program, "-define", f"jpeg:size={2 * largest}x{2 * largest}", str(file), *steps]
        for width in [largest, *smaller]:
            command += ["-filter", "Lanczos", "-resize", f"{width}x"]
            for form in formats.split(","):
                command += ["-write", f"{out}/{Path(file).stem}-{width}.{form}"]
        commands.append([*command, "null:"])
    return commands


PEERS = {"ours": ours, "sharp": sharp, "Pillow": pillow, "vipsthumbnail": vips, "ImageMagick": magick}
NEEDS = {"sharp": "node", "vipsthumbnail": "vipsthumbnail", "ImageMagick": "convert"}


def compare(title, files, widths, formats, leave_out=(), runs=None):
    runs = runs or (1 if options.quick else 3)
    print(f"\n{title}\n{'':15} {'cpu s':>8} {'wall s':>8} {'MiB':>6}   ratio to ours: cpu, wall, memory")
    base = None
    ratios = {}
    for name, peer in PEERS.items():
        if name in leave_out:
            continue
        if name in NEEDS and not shutil.which(NEEDS[name]):
            print(f"{name:15} left out: `{NEEDS[name]}` is not installed")
            continue
        try:
            figures = median(peer(files, widths, formats), runs)
        except RuntimeError as error:
            print(f"{name:15} left out: {str(error).splitlines()[-1][:90]}")
            continue
        base = base or figures
        ratios[name] = [a / b for a, b in zip(figures, base)]
        shown = "  ".join(f"{ratio:6.2f}" for ratio in ratios[name])
        print(f"{name:15} {figures[0]:8.2f} {figures[1]:8.2f} {figures[2]:6.0f}   {shown}", flush=True)
    return ratios.get("sharp")


def held(expected, closer):
    """How many are missed of the ratios of sharp's figures to ours (what, the ratios, which of them, at least), and of the
    scores of quality, which may be behind sharp's by what the scores of neighbouring qualities scatter.
    """
    missed = 0
    print("\nHeld to, beside sharp:")
    for what, ratios, column, least in expected:
        if ratios is None:
            print(f"  not measured  {what}")
            continue
        met = ratios[column] >= least
        missed += not met
        print(f"  {'met   ' if met else 'MISSED'}  {what}: {ratios[column]:.2f} x, at least {least:.1f} x")
    for form, ahead in closer.items():
        for score, (points, scatter) in {"SSIMULACRA2": (ahead[0], 0.5), "butteraugli": (ahead[1], 0.3)}.items():
            met = points >= -scatter
            missed += not met
            print(f"  {'met   ' if met else 'MISSED'}  {score} of {form}: {points:+.2f} ahead, at least {-scatter}")
    return missed


def draw(width, height, seed):
    path = work / f"drawn-{width}-{seed}.jpg"
    subprocess.run([sys.executable, str(HERE / "draw.py"), str(width), str(height), str(seed), str(path)], check=True)
    return path


def make_reference(original, reference):
    with Image.open(original) as picture:
        profile = picture.info.get("icc_profile")
        whole = ImageOps.exif_transpose(picture).convert("RGB")
    height = round(whole.height * 2048 / whole.width)
    if profile:
        srgb = ImageCms.createProfile("sRGB")
        whole = ImageCms.profileToProfile(whole, ImageCms.ImageCmsProfile(io.BytesIO(profile)), srgb)
    whole.info.clear()
    whole.resize((2048, height), Image.Resampling.LANCZOS).save(reference, compress_level=1)


def make_inputs(photo):
    with Image.open(photo) as picture:
        pixels = picture.convert("RGB")
    large = Image.new("RGB", (pixels.width * 2, pixels.height * 2))
    for i in range(4):
        large.paste(pixels, (pixels.width * (i % 2), pixels.height * (i // 2)))
    large.save(work / "large.jpg", quality=92, subsampling="4:2:0")
    pixels.save(work / "picture.png", compress_level=4)


def quality(original):
    """Both at the sizes of files that ours has: the other's quality is searched until its file is as large.

    Returns for each format by how much ours is ahead in either score.
    """
    closer = {}
    print("\nQuality at equal size: 2048 px, against the original made smaller without loss")
    print(f"{'':15} {'q':>4} {'KiB':>6} {'SSIMULACRA2':>12} {'butteraugli':>12}   (more is better; less is better)")
    reference = work / "reference.png"
    apart(make_reference, original, reference)
    for form, end in [("jpeg", "jpg"), ("webp", "webp")]:
        spent(ours([original], "2048", form)[0])
        mine = next(out.glob(f"{original.stem}-2048.{end}"))
        size = mine.stat().st_size
        low, high, best = 40, 95, None
        while low <= high:
            middle = (low + high) // 2
            spent(["node", str(HERE / "with_sharp.mjs"), "2048", form, str(out), str(middle), str(original)])
            path = out / f"{original.name}-2048.{form}"
            if best is None or abs(path.stat().st_size - size) < abs(best[1].stat().st_size - size):
                kept = work / f"best-{form}.{end}"
                shutil.copy(path, kept)
                best = (middle, kept)
            low, high = (middle + 1, high) if path.stat().st_size < size else (low, middle - 1)
        shown = [("ours " + form, "", mine), ("sharp " + form, best[0], best[1])]
        scores = subprocess.run(
            [options.quality, str(reference), *(str(path) for _, _, path in shown)], check=True, capture_output=True, text=True
        ).stdout.split("\n")
        for (name, q, path), score in zip(shown, scores):
            ssimulacra2, butteraugli = score.split()
            print(f"{name:15} {q:>4} {path.stat().st_size / 1024:6.0f} {ssimulacra2:>12} {butteraugli:>12}", flush=True)
        ours_scores, theirs = ([float(value) for value in score.split()] for score in scores[:2])
        # More of the one is better, less of the other.
        closer[form] = (ours_scores[0] - theirs[0], theirs[1] - ours_scores[1])
    return closer


photo = options.photo or draw(4032, 3024, 1)
with Image.open(photo) as picture:
    megapixels = picture.width * picture.height / 1e6
apart(make_inputs, photo)
print(f"{photo.name}: {megapixels:.0f} megapixels, {photo.stat().st_size / 1e6:.1f} MB; medians of {1 if options.quick else 3} runs")
alone = compare("3 JPEG, a process of its own", [photo], THREE, "jpeg")
compare("4 JPEG and 4 WebP, a process of its own", [photo], FOUR, "jpeg,webp")
larger = compare("3 JPEG of four times as many pixels", [work / "large.jpg"], THREE, "jpeg")
many = []
for i in range(10 if options.quick else 50):
    copy = work / f"many-{i:02}.jpg"
    shutil.copy(photo, copy)
    many.append(copy)
warm = compare(f"{len(many)} photos in one process, 3 JPEG each", many, THREE, "jpeg", ("vipsthumbnail", "ImageMagick"), 1)
both = compare(f"{len(many)} photos in one process, 4 JPEG and 4 WebP", many, FOUR, "jpeg,webp", ("vipsthumbnail", "ImageMagick"), 1)
# Sixteen pixels wide: the entropy code must be undone whole, and hardly anything else is to be done.
floor = median(ours(many, "16", "jpeg"), 1)[0] / len(many)
each = median(ours(many, THREE, "jpeg"), 1)[0] / len(many)
print(f"\nfloor: {floor * 1000:.0f} ms of processor to decode a photo's entropy code alone; 3 JPEG take {each * 1000:.0f} ms, {each / floor:.1f} times that")
try:
    spent([options.render, "--as-heic", str(work / "picture.heic"), str(photo)])
    compare("HEIC to 3 JPEG", [work / "picture.heic"], THREE, "jpeg", ("Pillow",))
except RuntimeError as error:
    print(f"\nHEIC left out: {error}")
compare("PNG to 3 JPEG", [work / "picture.png"], THREE, "jpeg")
closer = quality(photo) if shutil.which("node") else {}
shutil.rmtree(work)
CPU, MEMORY = 0, 2
sys.exit(
    held(
        [
            ("processor time of 3 JPEG, a process of its own", alone, CPU, 3.0),
            ("its memory", alone, MEMORY, 2.0),
            ("processor time with four times as many pixels", larger, CPU, 2.0),
            ("its memory", larger, MEMORY, 2.0),
            (f"processor time of {len(many)} photos in one process", warm, CPU, 1.7),
            ("its memory", warm, MEMORY, 2.0),
            ("the same with WebP", both, CPU, 1.0),
            ("its memory", both, MEMORY, 2.0),
        ],
        closer,
    )
    > 0
)
