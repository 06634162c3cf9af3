#!/usr/bin/env python3
"""A codec of u32 big-endian frames, with nothing but the standard library.

    unstick codec -- python3 examples/testees/codec.py {mode}
"""

import struct
import sys


class Decoder:
    def __init__(self):
        self.buffer = bytearray()

    def feed(self, octets):
        """Yields each payload that is complete."""
        self.buffer += octets
        start = 0
        while len(self.buffer) - start >= 4:
            (length,) = struct.unpack_from(">I", self.buffer, start)
            if len(self.buffer) - start < 4 + length:
                break
            yield bytes(self.buffer[start + 4 : start + 4 + length])
            start += 4 + length
        del self.buffer[:start]

    def finish(self):
        if self.buffer:
            raise EOFError("the stream ends inside a frame")


def encode(payload):
    return struct.pack(">I", len(payload)) + payload


def stream():
    decoder = Decoder()
    while octets := sys.stdin.buffer.read1(65_536):
        for payload in decoder.feed(octets):
            sys.stdout.buffer.write(encode(payload))
        sys.stdout.buffer.flush()
    decoder.finish()


def lengths():
    for line in sys.stdin:
        word, _, value = line.strip().partition(" ")
        try:
            if word == "pack":
                print("octets", struct.pack(">I", int(value)).hex(), flush=True)
            else:
                (length,) = struct.unpack(">I", bytes.fromhex(value))
                print("length", length, flush=True)
        except (struct.error, ValueError) as error:
            print("error", error, flush=True)


if __name__ == "__main__":
    try:
        lengths() if sys.argv[1:] == ["lengths"] else stream()
    except EOFError as error:
        sys.exit(str(error))
