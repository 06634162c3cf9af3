"""Sends frames back. The mistake: `recv(n)` gives up to n octets, and not n."""

import socket
import struct
import sys
import threading


def serve(connection):
    with connection:
        while header := connection.recv(4):
            (length,) = struct.unpack(">I", header)
            payload = connection.recv(length) if length else b""
            connection.sendall(header + payload)


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
