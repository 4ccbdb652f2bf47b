"""Processor time of `heirloom serve` for many photos, from the upload to the page.

python uploaded.py HEIRLOOM [--photos 200] [--sigal PROGRAM]: the command `heirloom`, and sigal (PyPI) over the same photos for
comparison. What counts is the server's whole processor time: taking the upload, the whole ladder, facts and pages.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3

HERE = Path(__file__).parent
parser = argparse.ArgumentParser()
parser.add_argument("heirloom")
parser.add_argument("--photos", type=int, default=200)
parser.add_argument("--sigal")
options = parser.parse_args()
work = Path(tempfile.mkdtemp(prefix="heirloom-queue-"))

drawn = []
for seed in range(4):
    path = work / f"{seed}.jpg"
    subprocess.run([sys.executable, str(HERE / "draw.py"), "4032", "3024", str(seed), str(path)], check=True)
    drawn.append(path.read_bytes())


def photo(i):
    """Made when it is wanted: what this process holds counts as a child's memory, because it is until the child begins."""
    return drawn[i % len(drawn)] + f"photo {i}".encode()


def ended(child):
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def serve(data):
    ports = ["--port", "0", "--s3-port", "0"]
    command = [options.heirloom, "serve", "--data", str(data), *ports]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        if found := re.search(r"`source` at (\S+)", line):
            break
    else:
        sys.exit("heirloom serve did not start")
    credentials = json.loads((data / "credentials.json").read_text())
    key, secret = (next(v for k, v in credentials.items() if word in k) for word in ("access", "secret"))
    client = boto3.client(
        "s3", endpoint_url=found[1], aws_access_key_id=key, aws_secret_access_key=secret, region_name="us-east-1"
    )
    return child, client


data = work / "data"
data.mkdir()
child, client = serve(data)
start = time.monotonic()
for i in range(options.photos):
    client.put_object(Bucket="source", Key=f"Family/Bench/{i:04}.jpg", Body=photo(i))
sent = time.monotonic() - start


def ready():
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="resized", Prefix="facts/")
    return sum(len(page.get("Contents", [])) for page in pages)


while ready() < options.photos:
    time.sleep(1)
wall = time.monotonic() - start
renditions = sum(
    len(page.get("Contents", []))
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="resized", Prefix="pics/")
)
child.send_signal(signal.SIGTERM)
cpu, memory = ended(child)
print(f"{options.photos} photos of 12 megapixels, {renditions} renditions; {os.cpu_count()} cores")
print(f"{'':15} {'cpu s':>8} {'cpu s each':>11} {'wall s':>8} {'MiB':>6}")
print(f"{'heirloom serve':15} {cpu:8.1f} {cpu / options.photos:11.3f} {wall:8.1f} {memory:6.0f}   (the upload took {sent:.0f} s of it)")

if options.sigal:
    source = work / "sigal" / "Bench"
    source.mkdir(parents=True)
    for i in range(options.photos):
        (source / f"{i:04}.jpg").write_bytes(photo(i))
    settings = work / "sigal.conf.py"
    settings.write_text(f"source = {str(source.parent)!r}\nimg_size = (2048, 1536)\nthumb_size = (360, 270)\n")
    start = time.monotonic()
    child = subprocess.Popen(
        [options.sigal, "build", "--config", str(settings), str(source.parent), str(work / "built")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    cpu, memory = ended(child)
    if child.returncode:
        print("sigal failed, and is left out")
    else:
        wall = time.monotonic() - start
        print(f"{'sigal, 2 sizes':15} {cpu:8.1f} {cpu / options.photos:11.3f} {wall:8.1f} {memory:6.0f}")
shutil.rmtree(work)
