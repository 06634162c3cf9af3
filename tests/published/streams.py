"""Drives a published stream parser as a filter: standard input goes in as it comes, and each event is a line.

PYTHONPATH=… python3 tests/published/streams.py PARSER
"""

import itertools
import os
import sys


def say(line):
    os.write(1, f"{line}\n".encode())


def pieces():
    while octets := os.read(0, 65_536):
        yield octets


def multipart():
    from multipart import MultipartError, MultipartSegment, PushMultipartParser

    parser, body = PushMultipartParser("XyZ"), b""
    try:
        for octets in itertools.chain(pieces(), [b""]):
            for event in parser.parse(octets):
                if isinstance(event, MultipartSegment):
                    say(f"part {event.name!r} {event.headerlist!r}")
                    body = b""
                elif event:
                    body += event
                else:
                    say(f"content {bytes(body)!r}")
    except MultipartError as error:
        say(f"error: {error}")


def sseclient():
    import sseclient as library

    class Source:
        def __iter__(self):
            return pieces()

        def close(self):
            pass

    for event in library.SSEClient(Source()).events():
        say(repr((event.id, event.event, event.data, event.retry)))


{"multipart": multipart, "sseclient-py": sseclient}[sys.argv[1]]()
say("end")
