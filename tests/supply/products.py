"""What is shipped, and what is in it: crates as cargo resolves them for one package, packages of npm as locked."""

import json
import re
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What runs somewhere: its package, and what the owner knows it as.
CRATES = {
    "heirloom-login": "the login functions",
    "heirloom-resizer": "the resizer",
    "heirloom-builder": "the builder",
    "heirloom-mail": "the writer of mails",
    "heirloom-verifier": "the gate's addon",
    "heirloom": "the owner's command, with `serve`",
}
WEB = ROOT / "builder" / "web" / "package-lock.json"

# What is deployed is Linux; nothing of ours differs between its architectures.
TARGET = "x86_64-unknown-linux-gnu"


@dataclass
class Package:
    """A crate or a package of npm."""

    kind: str
    name: str
    version: str
    licence: str
    checksum: str | None = None
    ours: bool = False
    needs: set[str] = field(default_factory=set)

    @property
    def reference(self) -> str:
        return f"pkg:{self.kind}/{self.name.replace('@', '%40')}@{self.version}"


def crates_of(product: str) -> tuple[Package, dict[str, Package]]:
    """The product, and every crate that is compiled for it, by reference. Crates that only build it are left out."""
    listed = subprocess.run(
        ["cargo", "tree", "--locked", "--package", product, "--edges", "normal", "--target", TARGET]
        + ["--prefix", "depth", "--format", "|{p}|{l}"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    with open(ROOT / "Cargo.lock", "rb") as lock:
        sums = {(p["name"], p["version"]): p.get("checksum") for p in tomllib.load(lock)["package"]}
    found: dict[str, Package] = {}
    above: list[Package] = []
    for line in filter(None, listed.splitlines()):
        depth, crate, licence = line.split("|")
        name, version = re.match(r"(\S+) v(\S+)", crate).groups()
        package = Package("cargo", name, version, licence.removesuffix(" (*)").strip(), sums.get((name, version)))
        package.ours = package.checksum is None
        package = found.setdefault(package.reference, package)
        del above[int(depth):]
        if above:
            above[-1].needs.add(package.reference)
        above.append(package)
    return above[0], found


def packages_of_the_web() -> tuple[Package, dict[str, Package]]:
    """The site's assets, and the packages of npm that are bundled into them. The tools that bundle are left out."""
    locked = json.loads(WEB.read_text())["packages"]
    web = Package("npm", locked[""]["name"], "0.1.0", "MIT", ours=True)
    found = {web.reference: web}
    for path, entry in locked.items():
        if not path or entry.get("dev") or entry.get("devOptional"):
            continue
        name = path.rsplit("node_modules/", 1)[1]
        package = Package("npm", name, entry["version"], entry["license"], entry.get("integrity"))
        found[package.reference] = package
        web.needs.add(package.reference)
    return web, found
