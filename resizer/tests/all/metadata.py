"""Reads every picture in a folder with Pillow, and exiftool where there is one, and fails on any metadata in them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

# What a JPEG says in its JFIF header and what Pillow adds of its own accord.
HARMLESS = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background", "timestamp", "duration"}
# What exiftool derives from the pixels and the file itself; any other group is a record inside the picture.
GROUPS = {"SourceFile", "ExifTool", "System", "File", "JFIF", "RIFF", "Composite"}

pictures = sorted(Path(sys.argv[1]).iterdir())
faults = []
for path in pictures:
    with Image.open(path) as picture:
        picture.load()
        told = {name for name, value in picture.info.items() if value} - HARMLESS
        if told:
            faults.append(f"{path.name}: Pillow finds {sorted(told)}")
        if len(picture.getexif()) or picture.info.get("icc_profile"):
            faults.append(f"{path.name}: Pillow finds EXIF or a profile")
        for name, _ in getattr(picture, "applist", []):
            if name != "APP0":
                faults.append(f"{path.name}: Pillow finds {name}")
        if getattr(picture, "n_frames", 1) != 1:
            faults.append(f"{path.name}: it holds {picture.n_frames} pictures")
if shutil.which("exiftool"):
    out = subprocess.run(["exiftool", "-j", "-G", "-a", "-u", *map(str, pictures)], capture_output=True, check=True)
    for record in json.loads(out.stdout):
        # AVIF's own boxes, without which it would be no picture.
        groups = GROUPS | ({"QuickTime"} if record["SourceFile"].endswith(".avif") else set())
        for name in record:
            if name.split(":")[0] not in groups:
                faults.append(f"{record['SourceFile']}: exiftool finds {name}")
if faults or not pictures:
    sys.exit("\n".join(faults) or "there are no pictures")
print(f"{len(pictures)} pictures without metadata")
