#!/usr/bin/env python3
"""The exported vectors as an ordinary test.

    unstick vectors vectors
    VECTORS=vectors python3 examples/testees/test_vectors.py
"""

import json
import os
import pathlib
import struct
import unittest

from codec import Decoder, encode
from server import ProtocolError
from verified_server import DIGESTS, verdict

VECTORS = pathlib.Path(os.environ.get("VECTORS", "vectors"))


def octets(written):
    """Octets as the files write them: hexadecimal, a repetition, or a list of these."""
    if isinstance(written, str):
        return bytes.fromhex(written)
    if isinstance(written, list):
        return b"".join(map(octets, written))
    return bytes.fromhex(written["repeat"]) * written["times"]


def load(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


class Vectors(unittest.TestCase):
    def test_decoding(self):
        checks = 0
        for vector in load("decode.json"):
            stream, payloads = octets(vector["stream"]), [*map(octets, vector["payloads"])]
            for name, cuts in vector["cuts"].items():
                with self.subTest(vector["id"], cut=name):
                    decoder, came = Decoder(), []
                    for start, end in zip([0, *cuts], [*cuts, len(stream)]):
                        came += decoder.feed(stream[start:end])
                    self.assertEqual(came, payloads)
                    if vector["end"] == "clean":
                        decoder.finish()
                    elif vector["end"] == "error":
                        self.assertRaises(EOFError, decoder.finish)
                    checks += 1
        self.assertEqual(checks, load("manifest.json")["decode"]["checks"])

    def test_encoding(self):
        for vector in load("encode.json"):
            with self.subTest(vector["id"]):
                self.assertEqual(encode(octets(vector["payload"])), octets(vector["frame"]))

    def test_lengths(self):
        vectors = load("lengths.json")
        for vector in vectors["packed"]:
            self.assertEqual(struct.pack(">I", vector["value"]).hex(), vector["octets"])
            self.assertEqual(struct.unpack(">I", octets(vector["octets"])), (vector["value"],))
        for value in vectors["not_lengths"]:
            self.assertRaises(struct.error, struct.pack, ">I", int(value))
        for written in vectors["not_packed"]:
            self.assertRaises(struct.error, struct.unpack, ">I", octets(written))

    def test_verified_transfers(self):
        vectors = load("verified.json")
        for vector in vectors["commands"]:
            self.assertEqual(vector["message"] in DIGESTS, vector["answer"] is not None, vector)
        for vector in vectors["digests"]:
            with self.subTest(vector["id"]):
                digest = DIGESTS[vector["command"]](octets(vector["body"]))
                if vector["answer"] is None:
                    self.assertRaises(ProtocolError, verdict, digest, vector["message"])
                else:
                    answer = verdict(digest, vector["message"])
                    self.assertEqual(f"{vector['command']} {answer}", vector["answer"])


if __name__ == "__main__":
    unittest.main()
