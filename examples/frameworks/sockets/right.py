"""Sends frames back. `exactly` asks again until all octets are there."""

import socket
import struct
import sys
import threading

LIMIT = 1 << 20


def exactly(connection, count):
    parts = []
    while count > 0:
        part = connection.recv(min(count, 65536))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def serve(connection):
    with connection:
        try:
            while True:
                header = exactly(connection, 4)
                (length,) = struct.unpack(">I", header)
                if length > LIMIT:
                    return
                connection.sendall(header + exactly(connection, length))
        except (EOFError, ConnectionError):
            pass


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
