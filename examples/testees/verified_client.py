#!/usr/bin/env python3
"""The client of `client.py` with verified transfers (VTR): whatever `file` sends has a digest, where the
server knows what to do with it.

    unstick client --class verified-transfer -- python3 examples/testees/verified_client.py {host} {port} {dir} sha256
"""

import hashlib
import sys

from client import Client


class VerifiedClient(Client):
    def __init__(self, host, port, directory, algorithm):
        super().__init__(host, port, directory)
        self.algorithm = algorithm

    def send_opened(self, command, name, file, size):
        verified = f"file+{self.algorithm}"
        self.send(verified)
        answer = self.receive()
        if answer.startswith(f"{verified} refused: "):
            print(f"{name}: not stored: {answer}")
            return
        if answer != f"{verified} ready":
            print(f"{name}: the server cannot verify it")
            super().send_opened(command, name, file, size)
            return
        digest = hashlib.new(self.algorithm)
        for octets in self.send_octets(name, file, size):
            digest.update(octets)
        self.send(digest.hexdigest())
        answer = self.receive()
        if answer == f"{verified} ok":
            print(f"{name}: stored")
        elif answer == f"{verified} mismatch":
            print(f"{name}: not stored: it did not arrive as it was sent")
        elif answer.startswith(f"{verified} refused: "):
            print(f"{name}: not stored: {answer}")
        else:
            raise ValueError(f"the server answers a digest by {answer!r}")


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.reconfigure(encoding="utf-8")
    host, port, directory, algorithm = sys.argv[1:5]
    VerifiedClient(host, int(port), directory, algorithm).run(iter(sys.stdin.readline, ""))
