"""Clients with one planted mistake each: MISTAKE HOST PORT. Each asks twice and checks the answer.

The mistakes are common ones; `right-*` are the same clients without them.
"""
import socket
import struct
import sys

mistake, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection = socket.create_connection((host, port))


def exactly(count):
    octets = b""
    while len(octets) < count:
        more = connection.recv(count - len(octets))
        assert more, "the stream ended"
        octets += more
    return octets


def line():
    octets = b""
    while not octets.endswith(b"\r\n"):
        octets += exactly(1)
    return octets


def frame():
    if mistake == "short-header":
        (length,) = struct.unpack(">I", connection.recv(4))
    else:
        (length,) = struct.unpack(">I", exactly(4))
    if mistake == "short-payload":
        return connection.recv(length)
    return exactly(length)


def text():
    shown = ""
    octets = b""
    while not shown.endswith("\n"):
        if mistake == "torn-character":
            shown += connection.recv(1024).decode()
        else:
            octets += connection.recv(1024)
            if octets.endswith(b"\n"):
                shown = octets.decode()
    return shown


for _ in range(2):
    connection.sendall(b"go\n")
    if mistake in ("short-header", "short-payload", "right-frame"):
        assert frame() == b"hello, world"
    elif mistake in ("torn-character", "right-text"):
        assert text() == "größer als 日本\n"
    elif mistake == "one-read-one-line":
        assert connection.recv(1024) == b"+OK done\r\n"
    else:
        assert line() == b"+OK done\r\n"
