"""Packs the edge function: target/edge/verifier.zip, the same bytes from the same sources.

    python package.py CONFIGURATION [--zip FILE]

CONFIGURATION is the JSON that `heirloom keys public` prints: the audience and the public keys. The addon is built
alone, so that no other crate's features get in, for x86_64 Linux with glibc 2.34, the C library of Amazon Linux 2023.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = "x86_64-unknown-linux-gnu"
# Node.js 20 to 24 on Lambda run on Amazon Linux 2023 (AWS, "Lambda runtimes"), whose glibc is 2.34.
GLIBC = (2, 34)
# Lambda@Edge's limit for a viewer-request function, with everything in it (AWS, "Quotas on Lambda@Edge").
LARGEST = 1_000_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configuration", type=Path)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    parser.add_argument("--zip", type=Path, default=target / "edge" / "verifier.zip")
    arguments = parser.parse_args()
    configuration = public_only(arguments.configuration)
    addon = build(target)
    check_symbols(addon)
    size = pack(arguments.zip, {
        "configuration.json": configuration,
        "index.mjs": (HERE / "index.mjs").read_bytes(),
        "verifier.node": addon.read_bytes(),
    })
    if size > LARGEST:
        sys.exit(f"{arguments.zip} has {size} bytes; Lambda@Edge takes {LARGEST}")
    print(f"{arguments.zip}: {size} bytes")


def public_only(file):
    """The configuration, refused when it holds more than an audience and public keys."""
    configuration = json.loads(file.read_text())
    if set(configuration) != {"audience", "keys"} or any(set(key) != {"kid", "x"} for key in configuration["keys"]):
        sys.exit(f"{file} holds more than an audience and public keys: nothing else may go to the edge")
    return json.dumps(configuration, sort_keys=True).encode()


def build(target):
    # cargo-zigbuild and zig lie beside this Python, in its virtual environment.
    tools = Path(sys.executable).parent
    # Paths of the machine that builds would otherwise end in the bytes.
    unnamed = f"--remap-path-prefix={ROOT}=. --remap-path-prefix={Path.home()}=~"
    subprocess.run(
        ["cargo-zigbuild", "zigbuild", "--locked", "--package", "heirloom-verifier", "--profile", "edge",
         "--target", f"{TARGET}.{GLIBC[0]}.{GLIBC[1]}", "--target-dir", str(target)],
        cwd=ROOT, check=True,
        env={**os.environ, "RUSTFLAGS": unnamed, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
    )
    return target / TARGET / "edge" / "libverifier.so"


def check_symbols(addon):
    listing = subprocess.run(["objdump", "-T", addon], check=True, capture_output=True, text=True).stdout
    versions = {tuple(map(int, v.split("."))) for v in re.findall(r"GLIBC_([0-9.]+)", listing)}
    if not versions:
        sys.exit(f"objdump names no C library symbols in {addon}: cannot tell where it runs")
    if max(versions) > GLIBC:
        newest = ".".join(map(str, max(versions)))
        sys.exit(f"{addon} needs glibc {newest}, and Lambda@Edge has {GLIBC[0]}.{GLIBC[1]}")


def pack(file, entries):
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, entries[name])
    return file.stat().st_size


if __name__ == "__main__":
    main()
