"""The embedded S3 server as clients see it that we did not write: boto3, and the `aws` and `rclone` commands.

    python s3_peers.py ENDPOINT ACCESS_KEY SECRET_KEY

Prints one line for each behaviour. The exit code is 0 when all of them hold. The commands are tried when they are
beside the interpreter or on PATH; a line says so when they are not.
"""

import base64
import concurrent.futures
import gzip
import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import boto3
import botocore.exceptions
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

ENDPOINT, ACCESS, SECRET = sys.argv[1:4]
BUCKET = "peers"
MEBIBYTE = 1024 * 1024
BEHAVIOURS = []


def behaviour(function):
    """Registers a check; its name is what the report says."""
    BEHAVIOURS.append(function)
    return function


def client(secret=SECRET, **options):
    return boto3.client(
        "s3",
        endpoint_url=ENDPOINT,
        aws_access_key_id=ACCESS,
        aws_secret_access_key=secret,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, **options),
    )


s3 = client()


def fails(code, status, call, **arguments):
    """The call must fail with this code and status. A HEAD has no body, so its code is the status."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        found = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert found == (code, status), f"{found} instead of {(code, status)}"
        return
    raise AssertionError(f"no error; {code} was expected")


def put(key, body=b"x", **more):
    return s3.put_object(Bucket=BUCKET, Key=key, Body=body, **more)


def read(key, **more):
    return s3.get_object(Bucket=BUCKET, Key=key, **more)["Body"].read()


def noise(size):
    return hashlib.shake_128(str(size).encode()).digest(size)


@behaviour
def a_bucket_is_made_and_listed():
    s3.create_bucket(Bucket=BUCKET)
    assert BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.head_bucket(Bucket=BUCKET)
    assert not s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"]


@behaviour
def objects_of_all_sizes_come_back():
    for size in (0, 1, 4096, 32769, 3 * MEBIBYTE):
        put("size", noise(size))
        assert read("size") == noise(size), size


@behaviour
def the_etag_is_the_md5():
    assert put("k", b"abc")["ETag"] == '"%s"' % hashlib.md5(b"abc").hexdigest()


@behaviour
def odd_keys_are_their_own_objects():
    keys = ["a b", "a+b", "a%b", "a%20b", "a//b", "/a", "f", "f/g", "..", "../up", "a/../b", "ü/写真/🏔", "x" * 1024]
    for key in keys:
        put("odd/" + key if len(key) < 1000 else key, key.encode())
    for key in keys:
        assert read("odd/" + key if len(key) < 1000 else key) == key.encode(), key


@behaviour
def a_key_of_1025_bytes_is_too_long():
    fails("KeyTooLongError", 400, s3.put_object, Bucket=BUCKET, Key="x" * 1025, Body=b"")


@behaviour
def headers_and_metadata_come_back():
    put("k", ContentType="image/png", CacheControl="no-store", ContentLanguage="de", Metadata={"camera": "Leica"})
    head = s3.head_object(Bucket=BUCKET, Key="k")
    assert (head["ContentType"], head["CacheControl"], head["ContentLanguage"]) == ("image/png", "no-store", "de")
    assert head["Metadata"] == {"camera": "Leica"}


@behaviour
def the_usual_type_is_binary():
    put("k")
    assert s3.head_object(Bucket=BUCKET, Key="k")["ContentType"] == "binary/octet-stream"


@behaviour
def a_streamed_gzip_keeps_its_encoding_alone():
    packed = gzip.compress(b"photograph" * 1000)
    put("k.gz", io.BytesIO(packed), ContentEncoding="gzip")
    answer = s3.get_object(Bucket=BUCKET, Key="k.gz")
    assert answer["ContentEncoding"] == "gzip"
    assert answer["Body"].read() == packed


@behaviour
def what_is_missing_is_named():
    fails("NoSuchKey", 404, s3.get_object, Bucket=BUCKET, Key="never")
    fails("404", 404, s3.head_object, Bucket=BUCKET, Key="never")
    fails("NoSuchBucket", 404, s3.get_object, Bucket="never-made", Key="k")
    fails("404", 404, s3.head_bucket, Bucket="never-made")


@behaviour
def ranges_give_206():
    put("k", b"0123456789")
    answer = s3.get_object(Bucket=BUCKET, Key="k", Range="bytes=2-4")
    assert (answer["ContentRange"], answer["Body"].read()) == ("bytes 2-4/10", b"234")
    assert read("k", Range="bytes=-3") == b"789"
    assert read("k", Range="bytes=7-") == b"789"
    fails("InvalidRange", 416, s3.get_object, Bucket=BUCKET, Key="k", Range="bytes=10-")


@behaviour
def conditional_reads_give_304_and_412():
    etag = put("k")["ETag"]
    fails("304", 304, s3.get_object, Bucket=BUCKET, Key="k", IfNoneMatch=etag)
    fails("PreconditionFailed", 412, s3.get_object, Bucket=BUCKET, Key="k", IfMatch='"0"')
    assert read("k", IfMatch=etag) == b"x"


@behaviour
def conditional_writes_give_412_and_404():
    etag = put("k")["ETag"]
    fails("PreconditionFailed", 412, s3.put_object, Bucket=BUCKET, Key="k", Body=b"", IfNoneMatch="*")
    fails("PreconditionFailed", 412, s3.put_object, Bucket=BUCKET, Key="k", Body=b"", IfMatch='"0"')
    fails("NoSuchKey", 404, s3.put_object, Bucket=BUCKET, Key="never", Body=b"", IfMatch=etag)
    put("k", b"new", IfMatch=etag)
    assert read("k") == b"new"


@behaviour
def one_racer_of_thirty_two_wins():
    def race(number):
        try:
            client(max_pool_connections=1).put_object(Bucket=BUCKET, Key="race", Body=b"%d" % number, IfNoneMatch="*")
            return number
        except botocore.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 412
            return None

    s3.delete_object(Bucket=BUCKET, Key="race")
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        winners = [number for number in pool.map(race, range(32)) if number is not None]
    assert len(winners) == 1, winners
    assert read("race") == b"%d" % winners[0]


@behaviour
def all_checksums_are_kept():
    expected = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256}
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        put("sum", io.BytesIO(b"123456789"), ChecksumAlgorithm=algorithm)
        head = s3.head_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")
        value = head["Checksum" + algorithm]
        if algorithm in expected:
            assert value == base64.b64encode(expected[algorithm](b"123456789").digest()).decode()
        else:
            assert value == base64.b64encode(bytes.fromhex("cbf43926")).decode()
        assert read("sum", ChecksumMode="ENABLED") == b"123456789"


@behaviour
def a_bad_digest_overwrites_nothing():
    put("k", b"old")
    fails("BadDigest", 400, s3.put_object, Bucket=BUCKET, Key="k", Body=b"new", ChecksumCRC32="AAAAAA==")
    fails("BadDigest", 400, s3.put_object, Bucket=BUCKET, Key="k", Body=b"new", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")
    assert read("k") == b"old"


@behaviour
def copies_keep_or_replace_metadata():
    put("from ü+", noise(100_000), Metadata={"m": "1"})
    source = {"Bucket": BUCKET, "Key": "from ü+"}
    s3.copy_object(Bucket=BUCKET, Key="to", CopySource=source)
    assert read("to") == noise(100_000)
    assert s3.head_object(Bucket=BUCKET, Key="to")["Metadata"] == {"m": "1"}
    s3.copy_object(Bucket=BUCKET, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"m": "2"})
    assert s3.head_object(Bucket=BUCKET, Key="to")["Metadata"] == {"m": "2"}
    fails("InvalidRequest", 400, s3.copy_object, Bucket=BUCKET, Key="to", CopySource={"Bucket": BUCKET, "Key": "to"})
    fails("NoSuchKey", 404, s3.copy_object, Bucket=BUCKET, Key="to", CopySource={"Bucket": BUCKET, "Key": "never"})


def fill(prefix, names):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: put(prefix + name), names))


@behaviour
def listings_page_in_order():
    names = [f"{number:03}" for number in range(25)]
    fill("page/", names)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="page/", PaginationConfig={"PageSize": 7})
    found = [entry["Key"] for page in pages for entry in page["Contents"]]
    assert found == ["page/" + name for name in names]
    after = s3.list_objects_v2(Bucket=BUCKET, Prefix="page/", StartAfter="page/022")
    assert [entry["Key"] for entry in after["Contents"]] == ["page/023", "page/024"]


@behaviour
def listings_roll_up_by_delimiter():
    fill("tree/", ["a/1", "a/2", "b", "c d/ü/1", "c d/2"])
    page = s3.list_objects_v2(Bucket=BUCKET, Prefix="tree/", Delimiter="/")
    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == ["tree/a/", "tree/c d/"]
    assert [entry["Key"] for entry in page["Contents"]] == ["tree/b"]
    assert page["KeyCount"] == 3


@behaviour
def the_first_listing_works_too():
    fill("v1/", ["a/1", "a/2", "b", "c"])
    paginator = s3.get_paginator("list_objects")
    pages = paginator.paginate(Bucket=BUCKET, Prefix="v1/", Delimiter="/", PaginationConfig={"PageSize": 1})
    found = [entry.get("Key") or entry.get("Prefix") for page in pages for entry in page.get("Contents", []) + page.get("CommonPrefixes", [])]
    assert found == ["v1/a/", "v1/b", "v1/c"]


@behaviour
def many_are_deleted_at_once():
    fill("gone/", ["a", "b c", "d+e"])
    keys = [{"Key": "gone/" + name} for name in ("a", "b c", "d+e", "never")]
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})
    assert len(answer["Deleted"]) == 4 and "Errors" not in answer
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="gone/")["KeyCount"] == 0


@behaviour
def a_missing_object_is_deleted_without_complaint():
    assert s3.delete_object(Bucket=BUCKET, Key="never")["ResponseMetadata"]["HTTPStatusCode"] == 204


@behaviour
def a_transfer_in_parts_comes_back():
    body = noise(17 * MEBIBYTE)
    parts = TransferConfig(multipart_threshold=5 * MEBIBYTE, multipart_chunksize=5 * MEBIBYTE, max_concurrency=4)
    s3.upload_fileobj(io.BytesIO(body), BUCKET, "parts", Config=parts, ExtraArgs={"ContentType": "video/mp4"})
    head = s3.head_object(Bucket=BUCKET, Key="parts")
    assert head["ETag"].endswith('-4"') and head["ContentType"] == "video/mp4"
    target = io.BytesIO()
    s3.download_fileobj(BUCKET, "parts", target, Config=parts)
    assert target.getvalue() == body
    md5 = hashlib.md5(b"".join(hashlib.md5(body[at : at + 5 * MEBIBYTE]).digest() for at in range(0, len(body), 5 * MEBIBYTE)))
    assert head["ETag"] == f'"{md5.hexdigest()}-4"'


@behaviour
def small_parts_and_wrong_order_are_refused():
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="bad")["UploadId"]
    target = {"Bucket": BUCKET, "Key": "bad", "UploadId": upload}
    parts = [{"PartNumber": n, "ETag": s3.upload_part(**target, PartNumber=n, Body=b"x")["ETag"]} for n in (1, 2)]
    complete = s3.complete_multipart_upload
    fails("EntityTooSmall", 400, complete, **target, MultipartUpload={"Parts": parts})
    fails("InvalidPartOrder", 400, complete, **target, MultipartUpload={"Parts": parts[::-1]})
    fails("InvalidPart", 400, complete, **target, MultipartUpload={"Parts": [{"PartNumber": 5, "ETag": '"0"'}]})
    assert [part["PartNumber"] for part in s3.list_parts(**target)["Parts"]] == [1, 2]
    assert upload in [entry["UploadId"] for entry in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]]
    s3.abort_multipart_upload(**target)
    fails("NoSuchUpload", 404, s3.list_parts, **target)


@behaviour
def parts_are_copied():
    put("whole", noise(6 * MEBIBYTE))
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="joined")["UploadId"]
    target = {"Bucket": BUCKET, "Key": "joined", "UploadId": upload}
    source = {"Bucket": BUCKET, "Key": "whole"}
    first = s3.upload_part_copy(**target, PartNumber=1, CopySource=source)
    second = s3.upload_part_copy(**target, PartNumber=2, CopySource=source, CopySourceRange="bytes=0-9")
    parts = [{"PartNumber": n, "ETag": part["CopyPartResult"]["ETag"]} for n, part in ((1, first), (2, second))]
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
    assert read("joined") == noise(6 * MEBIBYTE) + noise(6 * MEBIBYTE)[:10]


@behaviour
def presigned_addresses_work():
    # Of its own accord boto3 still signs addresses by version 2, which new buckets of Amazon's refuse too.
    signer = client(signature_version="s3v4")
    url = signer.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "signed ü"}, ExpiresIn=60)
    with urllib.request.urlopen(urllib.request.Request(url, data=b"by address", method="PUT")) as answer:
        assert answer.status == 200
    url = signer.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "signed ü"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"by address"


@behaviour
def unsigned_requests_are_denied():
    put("k")
    try:
        urllib.request.urlopen(f"{ENDPOINT}/{BUCKET}/k")
    except urllib.error.HTTPError as error:
        assert error.code == 403 and b"<Code>AccessDenied</Code>" in error.read()
        return
    raise AssertionError("an unsigned request was answered")


@behaviour
def a_wrong_secret_is_told_so():
    fails("SignatureDoesNotMatch", 403, client(secret="wrong").list_buckets)


@behaviour
def what_is_not_offered_says_so():
    fails("NotImplemented", 501, s3.list_object_versions, Bucket=BUCKET)
    fails("NotImplemented", 501, s3.get_object_tagging, Bucket=BUCKET, Key="k")
    fails("NotImplemented", 501, s3.put_bucket_policy, Bucket=BUCKET, Policy="{}")


@behaviour
def a_bucket_goes_only_when_it_is_empty():
    s3.create_bucket(Bucket="peers-second")
    s3.put_object(Bucket="peers-second", Key="k", Body=b"x")
    fails("BucketNotEmpty", 409, s3.delete_bucket, Bucket="peers-second")
    s3.delete_object(Bucket="peers-second", Key="k")
    s3.delete_bucket(Bucket="peers-second")
    fails("404", 404, s3.head_bucket, Bucket="peers-second")


class Missing(Exception):
    """A command that is not installed."""


def command(name, *arguments, **environment):
    beside = os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", "")
    program = shutil.which(name, path=beside)
    if not program:
        raise Missing(name)
    done = subprocess.run(
        [program, *arguments],
        env={"PATH": beside, "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}"
    return done.stdout


def aws(*arguments):
    return command(
        "aws",
        "--endpoint-url",
        ENDPOINT,
        *arguments,
        AWS_ACCESS_KEY_ID=ACCESS,
        AWS_SECRET_ACCESS_KEY=SECRET,
        AWS_DEFAULT_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true",
    )


def rclone(*arguments):
    return command(
        "rclone",
        *arguments,
        RCLONE_CONFIG="/dev/null",
        RCLONE_CONFIG_PEER_TYPE="s3",
        RCLONE_CONFIG_PEER_PROVIDER="Other",
        RCLONE_CONFIG_PEER_ENDPOINT=ENDPOINT,
        RCLONE_CONFIG_PEER_ACCESS_KEY_ID=ACCESS,
        RCLONE_CONFIG_PEER_SECRET_ACCESS_KEY=SECRET,
        RCLONE_CONFIG_PEER_REGION="us-east-1",
    )


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def make_tree(root):
    for name, size in (("a.jpg", 10), ("Lissabon 2024/ü.jpg", 40_000), ("Lissabon 2024/Tag 1/video.mp4", 9 * MEBIBYTE)):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise(size))
        # S3 tells times in whole seconds: a file of this very second would look newer than its copy.
        os.utime(path, (0, 0))


@behaviour
def aws_copies_syncs_and_removes():
    with tempfile.TemporaryDirectory() as temporary:
        root, back = pathlib.Path(temporary, "root"), pathlib.Path(temporary, "back")
        make_tree(root)
        aws("s3", "cp", "--recursive", str(root), f"s3://{BUCKET}/aws")
        assert "Tag 1/" in aws("s3", "ls", f"s3://{BUCKET}/aws/Lissabon 2024/")
        aws("s3", "sync", f"s3://{BUCKET}/aws", str(back))
        assert tree(back) == tree(root)
        again = aws("s3", "sync", str(root), f"s3://{BUCKET}/aws")
        assert "upload:" not in again, again
        aws("s3", "mv", f"s3://{BUCKET}/aws/a.jpg", f"s3://{BUCKET}/aws/b.jpg")
        aws("s3", "rm", "--recursive", f"s3://{BUCKET}/aws")
        assert s3.list_objects_v2(Bucket=BUCKET, Prefix="aws/")["KeyCount"] == 0


@behaviour
def rclone_copies_checks_and_removes():
    with tempfile.TemporaryDirectory() as temporary:
        root, back = pathlib.Path(temporary, "root"), pathlib.Path(temporary, "back")
        make_tree(root)
        rclone("copy", str(root), f"peer:{BUCKET}/rclone", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M")
        rclone("check", str(root), f"peer:{BUCKET}/rclone", "--download")
        rclone("sync", f"peer:{BUCKET}/rclone", str(back))
        assert tree(back) == tree(root)
        rclone("purge", f"peer:{BUCKET}/rclone")
        assert s3.list_objects_v2(Bucket=BUCKET, Prefix="rclone/")["KeyCount"] == 0


def main():
    failed = 0
    for check in BEHAVIOURS:
        name = check.__name__.replace("_", " ")
        try:
            check()
            print(f"ok      {name}")
        except Missing as missing:
            print(f"skipped {name}: the command {missing} is not installed")
        except Exception as error:  # Whatever goes wrong is a finding, and the next behaviour is still worth a line.
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}")
    print(f"{len(BEHAVIOURS)} behaviours, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
