#!/usr/bin/env python3
"""A client of class `transfer`, with nothing but the standard library.

    unstick client -- python3 examples/testees/client.py {host} {port} {dir}
"""

import os
import socket
import struct
import sys

CHUNK = 65_536
LARGEST = 0xFFFF_FFFF


class Client:
    def __init__(self, host, port, directory):
        self.socket = socket.create_connection((host, port))
        self.replies = self.socket.makefile("rb")
        self.directory = directory

    def send(self, text):
        payload = text.encode("utf-8")
        self.socket.sendall(struct.pack(">I", len(payload)) + payload)

    def exactly(self, count):
        octets = self.replies.read(count)
        if len(octets) < count:
            raise EOFError("the server closed inside a reply, or instead of one")
        return octets

    def receive(self):
        (length,) = struct.unpack(">I", self.exactly(4))
        return self.exactly(length).decode("utf-8")

    def send_file(self, command, name):
        path = os.path.join(self.directory, name)
        if name in (".", "..") or "/" in name or "\\" in name or not os.path.isfile(path):
            print(f"{name}: not sent: there is no such file")
            return
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST:
                print(f"{name}: not sent: it has more than {LARGEST} octets")
                return
            self.send_opened(command, name, file, size)

    def send_opened(self, command, name, file, size):
        self.send(command)
        for _ in self.send_octets(name, file, size):
            pass
        print(f"{name}: sent")

    def send_octets(self, name, file, left):
        """Sends header and body, and hands over each piece that has been sent."""
        self.send(f"{name},{left}")
        while left:
            octets = file.read(min(left, CHUNK))
            if not octets:
                raise EOFError(f"{name} shrank while it was sent")
            self.socket.sendall(octets)
            left -= len(octets)
            yield octets

    def run(self, lines):
        for line in lines:
            text = line.removesuffix("\n")
            if text in ("q", "Q"):
                break
            if text in ("file", "FILE"):
                self.send_file(text, next(lines, "").removesuffix("\n"))
            elif text:
                self.send(text)
                print(self.receive())
            sys.stdout.flush()
        self.send("q")
        self.socket.close()


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.reconfigure(encoding="utf-8")
    host, port, directory = sys.argv[1:4]
    Client(host, int(port), directory).run(iter(sys.stdin.readline, ""))
