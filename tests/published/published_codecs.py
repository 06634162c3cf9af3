"""Twisted's receivers as a codec: streams a line, as docs/codec-contract.md has `--chunks`.

usage: published_codecs.py RECEIVER LIMIT --chunks
"""

import sys

from twisted.internet.testing import StringTransport
from twisted.protocols import basic

KINDS = {
    "int8": basic.Int8StringReceiver,
    "int16": basic.Int16StringReceiver,
    "int32": basic.Int32StringReceiver,
    "netstring": basic.NetstringReceiver,
    "line-only": basic.LineOnlyReceiver,
    "line": basic.LineReceiver,
}


class Transport(StringTransport):
    """A connection that says whether the receiver has given it up."""

    lost = False

    def loseConnection(self):
        self.lost = True

    abortConnection = loseConnection


def receiver(kind, limit, deliver):
    """A receiver of the kind, as a user makes one: a subclass with its limit."""

    class Receiver(KINDS[kind]):
        MAX_LENGTH = limit

        def stringReceived(self, payload):
            deliver(payload)

        lineReceived = stringReceived

    one = Receiver()
    one.makeConnection(Transport())
    return one


def answer(line, kind, limit):
    payloads = []
    number = 0
    one = receiver(kind, limit, lambda payload: payloads.append((number, payload)))
    end = "more"
    for number, chunk in enumerate(line.split(), 1):
        if chunk == "$":
            # No receiver has a word for an end inside a frame.
            end = "end"
            break
        one.dataReceived(b"" if chunk == "-" else bytes.fromhex(chunk))
        if one.transport.lost:
            end = "error the receiver closes"
            break
    return " ".join([*(f"{at}:{payload.hex()}" for at, payload in payloads), end])


def main():
    kind, limit, mode = sys.argv[1:]
    if mode != "--chunks":
        sys.exit("only --chunks")
    for line in sys.stdin:
        print(answer(line, kind, int(limit)), flush=True)


main()
