"""How fast files reach the gallery's bucket: `heirloom upload` beside `aws s3 sync` and rclone, at the same endpoint.

    python upload.py HEIRLOOM [--rounds N] [--photos N] [--videos N]

Starts a gallery in an empty folder and sends the same files with each program, in turn, into collections of their own.
The files are random bytes: nothing is rendered, so what is measured is the sending. The middle of the rounds counts.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MB = 1_000_000
PHOTO, VIDEO = 4 * MB, 150 * MB
PATIENCE = 300


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("heirloom")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--photos", type=int, default=100)
    arguments.add_argument("--videos", type=int, default=1)
    said = arguments.parse_args()
    heirloom = str(Path(said.heirloom).resolve())
    for program in ("aws", "rclone"):
        if shutil.which(program) is None:
            sys.exit(f"make bench-upload needs {program}: apt-get install rclone; the AWS command line comes by itself")

    with tempfile.TemporaryDirectory(prefix="heirloom-bench-") as folder:
        folder = Path(folder)
        files = folder / "files"
        bytes_sent = draw(files, said.photos, said.videos)
        gallery = Gallery(heirloom, folder / "data")
        try:
            times = {"heirloom upload": [], "aws s3 sync": [], "rclone copy": []}
            for number in range(said.rounds):
                ways = {
                    "heirloom upload": lambda: gallery.upload(files, f"Ours {number}"),
                    "aws s3 sync": lambda: gallery.aws(files, f"Aws {number}"),
                    "rclone copy": lambda: gallery.rclone(files, f"Rclone {number}"),
                }
                # Each begins a round once: whoever is first meets the coldest disk.
                names = list(ways)
                for name in names[number % 3 :] + names[: number % 3]:
                    since = time.monotonic()
                    ways[name]()
                    times[name].append(time.monotonic() - since)
                    gallery.settle()
        finally:
            gallery.stop()

    rates = {name: bytes_sent / MB / statistics.median(taken) for name, taken in times.items()}
    print(f"{said.photos} files of {PHOTO // MB} MB and {said.videos} of {VIDEO // MB} MB, the middle of {said.rounds} rounds\n")
    print("| | MB/s | rounds, s |\n|---|--:|---|")
    for name, rate in rates.items():
        print(f"| {name} | {rate:.0f} | {', '.join(f'{taken:.1f}' for taken in times[name])} |")
    best = max(rate for name, rate in rates.items() if name != "heirloom upload")
    share = rates["heirloom upload"] / best
    print(f"\nheirloom reaches {share:.0%} of the faster of the two.")
    if share < 0.9:
        sys.exit("that is less than 90 %")


def draw(files, photos, videos):
    """Random files in albums, and how many bytes they are."""
    for number in range(photos):
        file = files / f"Album {number // 25}" / f"IMG_{number:04}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(PHOTO))
    for number in range(videos):
        file = files / "Films" / f"MVI_{number:04}.mov"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(VIDEO))
    return photos * PHOTO + videos * VIDEO


class Gallery:
    """A gallery that runs, and three ways into it."""

    def __init__(self, heirloom, data):
        self.heirloom, self.data = heirloom, str(data)
        command = [heirloom, "serve", "--data", self.data, "--port", "0", "--s3-port", "0", "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        told = json.loads(self.process.stdout.readline())
        self.endpoint = told["s3"]["endpoint"]
        keys = json.loads(Path(told["credentials"]).read_text())
        # Plain HTTP needs no certificates, and rclone cannot take them from here.
        surroundings = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
        self.environment = {
            **surroundings,
            "AWS_ACCESS_KEY_ID": keys["access_key"],
            "AWS_SECRET_ACCESS_KEY": keys["secret_key"],
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def run(self, *command):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
        return done.stdout

    def upload(self, files, collection):
        self.run(self.heirloom, "upload", str(files), "--to", collection, "--data", self.data, "--json")

    def aws(self, files, collection):
        target = f"s3://source/{collection}/"
        self.run("aws", "--endpoint-url", self.endpoint, "s3", "sync", "--only-show-errors", str(files), target)

    def rclone(self, files, collection):
        remote = f":s3,provider=Other,env_auth=true,endpoint='{self.endpoint}',region=us-east-1:source/{collection}"
        self.run("rclone", "copy", "--config", "/dev/null", str(files), remote)

    def settle(self):
        """Waits until the handlers have nothing left to do, so that nobody is measured with another's work."""
        patience = time.monotonic() + PATIENCE
        while time.monotonic() < patience:
            queues = json.loads(self.run(self.heirloom, "status", "--data", self.data, "--json"))["queues"]
            if all(queue["waiting"] + queue["under_way"] == 0 for queue in queues.values()):
                return
            time.sleep(0.2)
        sys.exit("the gallery does not come to rest")

    def stop(self):
        self.process.terminate()
        self.process.wait()


if __name__ == "__main__":
    main()
