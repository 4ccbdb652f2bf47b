"""Puts an S3 server through behaviours.yml with clients that we did not write: boto3 and the `aws` command.

    python matrix.py ENDPOINT ACCESS_KEY SECRET_KEY [--client boto3|aws] [--json FILE]

Prints a line for each behaviour that does not hold, and a count for each client. The exit code is 0 when all hold. With
--json it writes { client: { behaviour: null or what was wrong } }. `aws` runs inside this process, which spares it the
half second that starting it takes each time.
"""

import argparse
import contextlib
import io
import json
import os
import pathlib
import re
import tempfile
import urllib.parse
import uuid

import awscli.clidriver
import boto3
import botocore.exceptions
import yaml
from botocore.config import Config

HERE = pathlib.Path(__file__).parent


class Failed(Exception):
    """What the server answered instead: HTTP's status (None when the client does not tell it) and S3's code."""

    def __init__(self, status, code):
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


def pattern(number, start=0, end=None):
    return bytes((k * k + k // 256) % 251 for k in range(start, number if end is None else end))


def filled(value, names):
    """The value with $names and long texts put in."""
    if isinstance(value, dict):
        if set(value) == {"text"}:
            return "x" * value["text"]
        return {name: filled(one, names) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if isinstance(value, str):
        return re.sub(r"\$([a-z]+)", lambda found: str(names.get(found[1], found[0])), value)
    return value


def body_of(value):
    if isinstance(value, dict):
        return pattern(value["pattern"], value.get("from", 0), value.get("to"))
    return str(value).encode()


class Boto3:
    name = "boto3"

    def __init__(self, endpoint, access, secret):
        self.s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def call(self, operation, parameters):
        if "Body" in parameters:
            parameters["Body"] = body_of(parameters["Body"])
        try:
            answer = getattr(self.s3, operation)(**parameters)
        except botocore.exceptions.ClientError as error:
            raise Failed(error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]) from None
        if "Body" in answer:
            answer["Body"] = answer["Body"].read()
        return answer


class Aws:
    name = "aws"

    def __init__(self, endpoint, access, secret):
        self.endpoint = endpoint
        os.environ.update(
            AWS_ACCESS_KEY_ID=access,
            AWS_SECRET_ACCESS_KEY=secret,
            AWS_DEFAULT_REGION="us-east-1",
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_MAX_ATTEMPTS="1",
        )

    def call(self, operation, parameters):
        with tempfile.TemporaryDirectory() as folder:
            body, out = pathlib.Path(folder, "body"), pathlib.Path(folder, "out")
            words = ["--endpoint-url", self.endpoint, "--output", "json", "s3api", operation.replace("_", "-")]
            if "Body" in parameters:
                body.write_bytes(body_of(parameters.pop("Body")))
                words += ["--body", str(body)]
            if operation == "get_object":  # What names a file to write takes its parameters in no other way.
                for name, value in parameters.items():
                    words.append(f"--{re.sub(r'(?<!^)(?=[A-Z])', '-', name).lower()}={value}")
                words.append(str(out))
            else:
                words += ["--cli-input-json", json.dumps(parameters)]
            if operation.startswith("list_"):
                words.append("--no-paginate")
            said, complained = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
                try:
                    code = awscli.clidriver.create_clidriver().main(words)
                except SystemExit as ended:  # It did not understand the words.
                    code = ended.code
            if code:
                found = re.search(r"An error occurred \(([^)]+)\)", complained.getvalue())
                if not found:
                    raise AssertionError(complained.getvalue().strip() or f"ended with {code}")
                raise Failed(None, found[1])
            answer = json.loads(said.getvalue() or "{}")
            if out.exists():
                answer["Body"] = out.read_bytes()
            return answer


def differs(found, wanted, where=""):
    """What is wrong with a field, or None. Objects may hold more than is wanted; lists may not."""
    if wanted is None:
        return None if found in (None, "", [], {}) else f"{where} is {found!r} and should not be there"
    if where == ".Body":
        return None if found == body_of(wanted) else f"the body is {found[:80]!r}"
    if isinstance(wanted, dict) and set(wanted) == {"holds"}:
        return None if found is not None and wanted["holds"] in str(found) else f"{where} is {found!r}, not {wanted}"
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return f"{where} is {found!r}"
        return next(filter(None, (differs(found.get(name), one, f"{where}.{name}") for name, one in wanted.items())), None)
    if isinstance(wanted, list):
        if where == ".Buckets":  # The server may have others'.
            return None if any(not differs(one, wanted[0], "bucket") for one in found) else "the bucket is not listed"
        if where == ".Deleted":  # In any order.
            found = sorted(found or [], key=lambda one: one["Key"])
        if not isinstance(found, list) or len(found) != len(wanted):
            return f"{where} is {found!r}"
        return next(filter(None, (differs(*pair, f"{where}[{n}]") for n, pair in enumerate(zip(found, wanted)))), None)
    return None if found == wanted else f"{where} is {found!r}, not {wanted!r}"


def run(client, behaviour):
    """What is wrong, or None."""
    bucket = f"matrix-{uuid.uuid4().hex[:12]}"
    names = {"bucket": bucket}
    steps = [{"create_bucket": {}}, *behaviour["steps"]]
    for step in steps:
        if client.name not in step.get("only", [client.name]):
            continue
        operation = next(iter(step))
        parameters = filled(step[operation], names)
        if "CopySource" in parameters:  # Both write it as in an address themselves.
            parameters["CopySource"] = urllib.parse.unquote(parameters["CopySource"])
        if operation != "list_buckets":
            parameters.setdefault("Bucket", bucket)
        told = f"{operation} {json.dumps(step[operation], ensure_ascii=False)[:120]}"
        try:
            answer = client.call(operation, parameters)
        except Failed as failed:
            status, code = step.get("fails", [None, None])
            if failed.code != code or failed.status not in (None, status):
                return f"{told}: {failed}" + (f", not {status} {code}" if code else "")
            continue
        except Exception as error:  # Whatever a client thinks of an answer is a finding.
            return f"{told}: {type(error).__name__}: {error}"
        if "fails" in step:
            return f"{told}: worked, and should fail with {step['fails'][0]} {step['fails'][1]}"
        wrong = differs(answer, filled(step.get("gives", {}), names))
        if wrong:
            return f"{told}: {wrong}"
        for name, path in step.get("keep", {}).items():
            value = answer
            for field in path.split("."):
                value = value[field]
            names[name] = value
    return None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("endpoint")
    arguments.add_argument("access")
    arguments.add_argument("secret")
    arguments.add_argument("--client", choices=["boto3", "aws"], action="append")
    arguments.add_argument("--json")
    chosen = arguments.parse_args()
    behaviours = yaml.safe_load((HERE / "behaviours.yml").read_text())
    outcomes = {}
    for kind in (Boto3, Aws):
        if chosen.client and kind.name not in chosen.client:
            continue
        client = kind(chosen.endpoint, chosen.access, chosen.secret)
        found = outcomes[kind.name] = {one["name"]: run(client, one) for one in behaviours}
        wrong = {name: what for name, what in found.items() if what}
        for name, what in wrong.items():
            print(f"FAILED  {kind.name}: {name}\n        {what}")
        print(f"{kind.name}: {len(found)} behaviours, {len(wrong)} failed")
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps(outcomes, indent=1, ensure_ascii=False))
    return 1 if any(any(found.values()) for found in outcomes.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
