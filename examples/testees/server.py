#!/usr/bin/env python3
"""A server of class `transfer`, with nothing but the standard library.

    unstick server -- python3 examples/testees/server.py {port} {dir}
"""

import os
import re
import socketserver
import struct
import sys
import tempfile
import time

MAX_PAYLOAD = 1 << 20
CHUNK = 65_536
HEADER = re.compile(r"(.*),([0-9]{1,10})", re.DOTALL)


class ProtocolError(Exception):
    """The peer broke the protocol: close, and answer nothing more (SES-8)."""


class Session(socketserver.StreamRequestHandler):
    """One connection. `self.rfile` is buffered, and its read(n) returns n octets or fewer at the end."""

    def handle(self):
        try:
            while (text := self.message()) is not None and text not in ("q", "Q"):
                self.answer(text)
        except (ProtocolError, OSError) as error:
            print(f"{self.client_address}: {error}", file=sys.stderr)

    def answer(self, text):
        if text in ("file", "FILE"):
            self.receive_file()
        else:
            self.reply(text)

    def exactly(self, count):
        octets = self.rfile.read(count)
        if len(octets) < count:
            raise ProtocolError("the stream ended early")
        return octets

    def message(self):
        """The next message; None at a clean end of the stream."""
        first = self.rfile.read(1)
        if not first:
            return None
        (length,) = struct.unpack(">I", first + self.exactly(3))
        if length > MAX_PAYLOAD:
            raise ProtocolError(f"a payload of {length} octets is too large")
        try:
            return self.exactly(length).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ProtocolError(str(error)) from error

    def reply(self, text):
        now = time.strftime("%Y年%m月%d日%H时%M分%S秒")
        self.send(f"服务端于{now}收到了你发来的“{text}”信息!")

    def send(self, text):
        payload = text.encode("utf-8")
        self.wfile.write(struct.pack(">I", len(payload)) + payload)

    def header(self):
        """The name and the length that the next message announces."""
        header = self.message()
        match = HEADER.fullmatch(header or "")
        if not match or int(match[2]) > 0xFFFF_FFFF:
            raise ProtocolError(f"not a header: {header!r}")
        name, left = match[1], int(match[2])
        if not 1 <= len(name.encode()) <= 255 or name in (".", "..") or re.search(r"[/\\\0]", name):
            raise ProtocolError(f"not a file name: {name!r}")
        return name, left

    def receive_file(self):
        name, left = self.header()
        handle, partial = tempfile.mkstemp(dir=self.server.directory, prefix=".incoming-")
        try:
            with open(handle, "wb") as file:
                while left:
                    file.write(octets := self.exactly(min(left, CHUNK)))
                    left -= len(octets)
            os.replace(partial, os.path.join(self.server.directory, name))
        except BaseException:
            os.unlink(partial)
            raise


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port, directory, session=Session):
        self.directory = directory
        super().__init__(("127.0.0.1", port), session)


if __name__ == "__main__":
    Server(int(sys.argv[1]), sys.argv[2]).serve_forever()
