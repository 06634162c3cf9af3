"""A server of a RESP-like protocol: resp.py MODE PORT [STARTS].

With STARTS, a file, it starts sixteen times and then no more.

right   errors are answered, and the connection is closed
late    an error that shows in a later read than the first of its command is lost: the connection
        is closed without a word
early   right too: an error is answered as soon as it shows, and the answer says what came behind it
dies    the process ends at a length of more than nine digits
hangs   nothing is answered any more after a length of more than nine digits, and a processor is kept busy
"""

import os
import socket
import sys
import threading


class Bad(Exception):
    pass


def number(line, kind):
    if line[:1] != kind or not line[1:].isdigit():
        raise Bad(b"-ERR Protocol error: expected '" + kind + b"'\r\n")
    if len(line) > 10:
        if MODE == "dies":
            os._exit(3)
        if MODE == "hangs":
            with ANSWERING:
                while True:
                    pass
        raise Bad(b"-ERR Protocol error: invalid length\r\n")
    return int(line[1:])


def command(buffer):
    """The words of the first command and its length; None while it is not whole."""
    end = buffer.find(b"\n")
    if end < 0:
        if len(buffer) > 64:
            raise Bad(b"-ERR Protocol error: too big count\r\n")
        return None
    count, at, words = number(buffer[:end].rstrip(b"\r"), b"*"), end + 1, []
    if count > 16:
        raise Bad(b"-ERR Protocol error: invalid multibulk length\r\n")
    for _ in range(count):
        end = buffer.find(b"\n", at)
        if end < 0:
            if len(buffer) - at > 64:
                raise Bad(b"-ERR Protocol error: too big bulk count\r\n")
            return None
        length = number(buffer[at:end].rstrip(b"\r"), b"$")
        if length > 4096:
            raise Bad(b"-ERR Protocol error: invalid bulk length\r\n")
        at = end + 1
        if len(buffer) < at + length + 2:
            return None
        words.append(buffer[at:at + length])
        at += length + 2
    return words, at


def serve(connection):
    buffer, reads = b"", 0
    with connection:
        while chunk := connection.recv(65536):
            reads += 1
            buffer += chunk
            try:
                while buffer and (whole := command(buffer)):
                    words, used = whole
                    buffer, reads = buffer[used:], 0
                    answer = b"+" + b" ".join(words).replace(b"\r", b"?").replace(b"\n", b"?") + b"\r\n"
                    with ANSWERING:
                        connection.sendall(answer)
            except Bad as error:
                if MODE == "early":
                    connection.sendall(b"-ERR %s\r\n" % (b"and more" if buffer.count(b"\n") > 1 else b"alone"))
                elif MODE != "late" or reads <= 1:
                    connection.sendall(error.args[0])
                return


MODE = sys.argv[1]
if len(sys.argv) > 3:
    with open(sys.argv[3], "a+") as starts:
        starts.write("x")
        starts.seek(0)
        if len(starts.read()) > 16:
            sys.exit("it starts no more")
ANSWERING = threading.Lock()
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
