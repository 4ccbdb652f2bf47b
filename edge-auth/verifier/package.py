"""Packs the edge function: target/edge/verifier.zip, the same bytes from the same sources.

    python package.py CONFIGURATION [--zip FILE]

CONFIGURATION is the JSON that `heirloom keys public` prints: the audience and the public keys. The addon is built
alone, so that no other crate's features get in, for x86_64 Linux with glibc 2.34, the C library of Amazon Linux 2023.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = "x86_64-unknown-linux-gnu"
# Node.js 20 to 24 on Lambda run on Amazon Linux 2023 (AWS, "Lambda runtimes"), whose glibc is 2.34.
GLIBC = (2, 34)
# Lambda@Edge takes 1 MB for a viewer-request function (AWS, "Quotas on Lambda@Edge"); this is our own budget.
LARGEST = 400_000


class Refused(Exception):
    """Why nothing was packed, in one sentence."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configuration", type=Path)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    parser.add_argument("--zip", type=Path, default=target / "edge" / "verifier.zip")
    arguments = parser.parse_args()
    try:
        configuration = public_only(arguments.configuration.read_text(), arguments.configuration)
        addon = build(target)
        check_symbols(symbols(addon), addon)
        check_production(addon.read_bytes(), addon)
        size = pack(arguments.zip, {
            "configuration.json": configuration,
            "index.mjs": (HERE / "index.mjs").read_bytes(),
            "verifier.node": addon.read_bytes(),
        })
        if size > LARGEST:
            raise Refused(f"{arguments.zip} has {size:,} bytes, and the edge function's budget is {LARGEST:,}")
    except (Refused, OSError, subprocess.CalledProcessError) as why:
        sys.exit(str(why))
    print(f"{arguments.zip}: {size:,} bytes")


def public_only(text, file):
    """The configuration, refused when it holds more than an audience and public keys."""
    try:
        configuration = json.loads(text, object_pairs_hook=nothing_twice)
        audience, keys = configuration["audience"], configuration["keys"]
        members = [set(configuration) == {"audience", "keys"}, isinstance(audience, str), isinstance(keys, list)]
        sound = all(members) and all(set(key) == {"kid", "x"} and is_point(key["x"]) for key in keys)
    except (ValueError, TypeError, KeyError):
        sound = False
    if not sound:
        raise Refused(
            f"{file} is not just an audience and public keys (`kid` and `x`), and nothing else may go to the edge: "
            "give the file that `heirloom keys public` prints")
    return json.dumps(configuration, sort_keys=True).encode()


def nothing_twice(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a member comes twice")
    return dict(pairs)


def is_point(x):
    """Whether this has the length of an Ed25519 key's point. A seed has it too: the gate refuses what is no point."""
    return isinstance(x, str) and re.fullmatch(r"[A-Za-z0-9_-]{43}", x) is not None


def build(target):
    # cargo-zigbuild and zig lie beside this Python, in its virtual environment.
    tools = Path(sys.executable).parent
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    if not shutil.which("cargo-zigbuild", path=path):
        raise Refused(f"cargo-zigbuild is missing: pip install --requirement {HERE / 'requirements.txt'}")
    # Paths of the machine that builds would otherwise end in the bytes.
    unnamed = f"--remap-path-prefix={ROOT}=. --remap-path-prefix={Path.home()}=~"
    subprocess.run(
        ["cargo-zigbuild", "zigbuild", "--locked", "--package", "heirloom-verifier", "--profile", "edge",
         "--target", f"{TARGET}.{GLIBC[0]}.{GLIBC[1]}", "--target-dir", str(target)],
        cwd=ROOT, check=True, env={**os.environ, "RUSTFLAGS": unnamed, "PATH": path},
    )
    return target / TARGET / "edge" / "libverifier.so"


def symbols(addon):
    """The dynamic symbols of an addon, as objdump lists them."""
    if not shutil.which("objdump"):
        raise Refused("objdump is missing, and without it nobody knows where the addon runs: apt-get install binutils")
    return subprocess.run(["objdump", "-T", addon], check=True, capture_output=True, text=True).stdout


def check_symbols(listing, addon):
    versions = {tuple(map(int, v.split("."))) for v in re.findall(r"GLIBC_([0-9]+(?:\.[0-9]+)+)", listing)}
    if not versions:
        raise Refused(f"objdump names no C library symbols in {addon}: cannot tell where it runs")
    if max(versions) > GLIBC:
        newest = ".".join(map(str, max(versions)))
        raise Refused(f"{addon} needs glibc {newest}, and Lambda@Edge has {GLIBC[0]}.{GLIBC[1]}")


def check_production(addon, file):
    """Refuses a gate that panics on request, which is for tests, and one that names the machine it was built on."""
    for trace in [b"asked to panic", str(ROOT).encode(), str(Path.home()).encode() + b"/"]:
        if trace in addon:
            raise Refused(f"{file} holds `{trace.decode()}`, which belongs to tests or to this machine")


def pack(file, entries):
    """Writes the entries as a zip: the same bytes for the same entries, wherever zlib is the same."""
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
