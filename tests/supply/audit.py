"""Licences, sources and known weaknesses of everything that others wrote.

    audit.py CARGO_DENY

What needs no network always counts: licences, sources, bans. The advisories of RustSec and of npm lie with GitHub and with
npm's registry; where neither can be reached they are left out, and that is said. With ADVISORIES=required, and in
CodeBuild, where the gallery's own pipeline builds, that is a failure: a build that goes out must have been looked at.
"""

import json
import os
import subprocess
import sys

from products import ROOT

# Advisories of this severity and above end the run. Below, tools that never see a stranger's bytes would stop a family's
# deploy over a slow regular expression.
SEVERITY = "high"

UNREACHABLE = ("failed to fetch advisory database", "audit endpoint returned an error", "ENOTFOUND", "EAI_AGAIN")


def run(command: list[str], folder=ROOT) -> tuple[bool, str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def main() -> None:
    deny = sys.argv[1]
    wanted = os.environ.get("ADVISORIES") == "required" or bool(os.environ.get("CODEBUILD_CI"))
    failed, unseen = [], []

    fine, told = run([deny, "--locked", "check", "licenses", "bans", "sources"])
    print(f"licences, bans, sources of crates: {'fine' if fine else 'not as deny.toml says'}")
    if not fine:
        failed.append(told)

    looks = [("crates", [deny, "--locked", "check", "advisories"], ROOT)]
    for lock in sorted(ROOT.glob("**/package-lock.json")):
        if "node_modules" in lock.parts or "target" in lock.parts:
            continue
        name = str(lock.parent.relative_to(ROOT))
        looks.append((name, ["npm", "audit", "--package-lock-only", f"--audit-level={SEVERITY}"], lock.parent))
    for name, command, folder in looks:
        fine, told = run(command, folder)
        if not fine and any(sign in told for sign in UNREACHABLE):
            unseen.append(name)
        elif not fine:
            failed.append(told)
        print(f"advisories for {name}: {'fine' if fine else 'not reached' if name in unseen else 'found'}")

    if failed:
        sys.exit("\n".join(failed))
    if unseen:
        sentence = f"advisories were not looked at for {', '.join(unseen)}: github.com or npm's audit cannot be reached from here"
        if wanted:
            sys.exit(f"{sentence}, and a build that goes out must be looked at: allow the way there")
        print(f"left out: {sentence}; `ADVISORIES=required make audit` insists")


if __name__ == "__main__":
    main()
