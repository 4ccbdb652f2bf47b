"""What is packed for the edge, and what is refused.

    BUNDLE=target/edge/verifier.zip python package_test.py

BUNDLE was packed with tests/configuration.json, whose key is that of RFC 8032, section 7.1, test 1.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import package  # noqa: E402

SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def spellings(key):
    """Every way in which a key's bytes are commonly written."""
    standard, url = base64.b64encode(key), base64.urlsafe_b64encode(key)
    listed = json.dumps(list(key), separators=(",", ":")).encode()
    return [key, key[::-1], key.hex().encode(), key.hex().upper().encode(), standard, url, url.rstrip(b"="),
            listed, listed.replace(b",", b", ")]


def traces(file, key):
    """The entries of a zip in which a key is written, in any spelling."""
    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents["the zip itself"] = file.read_bytes()
    return {name for name, content in contents.items() if any(text in content for text in spellings(key))}


class Packing(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_the_same_entries_give_the_same_bytes(self):
        one, other = self.folder / "one.zip", self.folder / "other" / "other.zip"
        entries = {"b": bytes(range(256)) * 99, "a": b"text"}
        package.pack(one, entries)
        os.utime(one, (0, 0))
        package.pack(other, dict(reversed(entries.items())))
        self.assertEqual(one.read_bytes(), other.read_bytes())
        with zipfile.ZipFile(one) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(archive.namelist(), ["a", "b"])
            self.assertEqual(archive.read("b"), entries["b"])

    def test_requirement_25_only_public_keys_are_packed(self):
        sound = json.loads((HERE / "configuration.json").read_text())
        self.assertEqual(json.loads(package.public_only(json.dumps(sound), "x")), sound)
        key, x = sound["keys"][0], sound["keys"][0]["x"]
        seed = base64.urlsafe_b64encode(SEED).decode().rstrip("=")
        refused = [
            {**sound, "keys": [{**key, "d": seed}]},
            {**sound, "keys": [{**key, "seed": seed}]},
            {**sound, "keys": [{"kid": "a", "seed": seed}]},
            {**sound, "keys": [{"kid": "a", "x": x + seed}]},
            {**sound, "keys": [{"kid": "a", "x": [x]}]},
            {**sound, "keys": {"kid": "a", "x": x}},
            {**sound, "keys": [seed]},
            {**sound, "seed": seed},
            {**sound, "private": {}},
            {**sound, "audience": {"d": seed}},
            {"keys": sound["keys"]},
            [sound],
            seed,
        ]
        for configuration in refused:
            with self.subTest(configuration), self.assertRaisesRegex(package.Refused, "just an audience and public keys"):
                package.public_only(json.dumps(configuration), "x")
        twice = json.dumps(sound).replace('"audience"', '"keys": ["%s"], "audience"' % seed, 1)
        for text in ["", "not JSON", twice]:
            with self.subTest(text), self.assertRaises(package.Refused):
                package.public_only(text, "x")

    def test_requirement_25_the_gate_at_the_edge_is_built_without_what_signs(self):
        tree = ["cargo", "tree", "--locked", "--edges", "normal,features", "--package"]
        of = lambda crate: subprocess.run([*tree, crate], cwd=package.ROOT, check=True, capture_output=True, text=True).stdout
        signs = 'heirloom-session feature "mint"'
        self.assertNotIn(signs, of("heirloom-verifier"))
        self.assertIn(signs, of("heirloom-login"))

    def test_newer_symbols_are_refused(self):
        line = "0000000000000000      DF *UND*  0000000000000000 (GLIBC_{}) symbol\n".format
        package.check_symbols(line("2.2.5") + line("2.34"), "x")
        for newer in ["2.35", "2.34.1", "3.0", "2.100"]:
            with self.subTest(newer), self.assertRaisesRegex(package.Refused, newer):
                package.check_symbols(line("2.2.5") + line(newer), "x")
        with self.assertRaisesRegex(package.Refused, "no C library symbols"):
            package.check_symbols("", "x")

    def test_a_gate_for_tests_is_refused(self):
        package.check_production(b"a gate", "x")
        for trace in [b"asked to panic", str(package.ROOT).encode() + b"/x.rs", str(Path.home()).encode() + b"/.cargo"]:
            with self.subTest(trace), self.assertRaises(package.Refused):
                package.check_production(b"\0" + trace + b"\0", "x")

    def test_a_key_is_found_in_any_spelling(self):
        file = self.folder / "bundle.zip"
        for text in spellings(SEED):
            package.pack(file, {"a": b"nothing", "b": b"before" + text + b"after"})
            self.assertIn("b", traces(file, SEED))
        package.pack(file, {"a": b"nothing"})
        self.assertEqual(traces(file, SEED), set())


@unittest.skipUnless("BUNDLE" in os.environ, "BUNDLE names no bundle")
class Bundle(unittest.TestCase):
    def setUp(self):
        self.file = Path(os.environ["BUNDLE"])

    def test_it_holds_three_files_and_fits_its_budget(self):
        with zipfile.ZipFile(self.file) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(archive.namelist(), ["configuration.json", "index.mjs", "verifier.node"])
            self.assertEqual({entry.date_time for entry in archive.infolist()}, {(1980, 1, 1, 0, 0, 0)})
        self.assertLessEqual(self.file.stat().st_size, package.LARGEST)

    def test_packed_again_it_is_the_same(self):
        with zipfile.ZipFile(self.file) as archive, tempfile.TemporaryDirectory() as folder:
            again = Path(folder) / "again.zip"
            package.pack(again, {name: archive.read(name) for name in archive.namelist()})
            self.assertEqual(again.read_bytes(), self.file.read_bytes())

    def test_requirement_25_it_holds_the_public_key_and_no_private_one(self):
        self.assertEqual(traces(self.file, PUBLIC), {"configuration.json"})
        self.assertEqual(traces(self.file, SEED), set())


if __name__ == "__main__":
    unittest.main()
