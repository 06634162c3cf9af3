"""A server that answers each frame, two octets of length and a payload, by a line: frames.py PORT.

The mistake: an empty frame that is the last of what a read brought is taken for the end.
"""

import socket
import sys
import threading


def serve(connection):
    buffer = b""
    with connection:
        while data := connection.recv(65536):
            buffer += data
            while len(buffer) >= 2:
                length = int.from_bytes(buffer[:2], "big")
                if len(buffer) < 2 + length:
                    break
                payload, buffer = buffer[2 : 2 + length], buffer[2 + length :]
                if not payload and not buffer:
                    return
                connection.sendall(payload + b"\n")


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
