#!/usr/bin/env python3
"""The server of `server.py` with verified transfers (VTR): a digest, and an answer that is worth something.

    unstick server --class verified-transfer -- python3 examples/testees/verified_server.py {port} {dir}
"""

import hashlib
import os
import re
import sys
import tempfile

from server import CHUNK, ProtocolError, Server, Session

DIGESTS = {"file+md5": hashlib.md5, "file+sha256": hashlib.sha256}


def verdict(digest, sent):
    """What a digest message is worth."""
    if not re.fullmatch(f"[0-9a-f]{{{2 * digest.digest_size}}}", sent):
        raise ProtocolError(f"not a digest: {sent!r}")
    return "ok" if sent == digest.hexdigest() else "mismatch"


class VerifiedSession(Session):
    def answer(self, text):
        if text not in DIGESTS:
            super().answer(text)
            return
        self.send(f"{text} ready")
        self.send(f"{text} {self.receive_verified(DIGESTS[text]())}")

    def receive_verified(self, digest):
        name, left = self.header()
        handle, partial = tempfile.mkstemp(dir=self.server.directory, prefix=".incoming-")
        try:
            with open(handle, "wb") as file:
                while left:
                    file.write(octets := self.exactly(min(left, CHUNK)))
                    digest.update(octets)
                    left -= len(octets)
                if verdict(digest, self.message() or "") == "mismatch":
                    os.unlink(partial)
                    return "mismatch"
                # `ok` has to outlive a loss of power: the file first, then its name.
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, os.path.join(self.server.directory, name))
        except BaseException:
            os.unlink(partial)
            raise
        directory = os.open(self.server.directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return "ok"


if __name__ == "__main__":
    Server(int(sys.argv[1]), sys.argv[2], VerifiedSession).serve_forever()
