#!/usr/bin/env python3
"""The server that a beginner writes: it works on the author's machine, with the author's client.

    unstick server -- python3 examples/testees/beginner.py {port} {dir}

Its mistakes: `recv(n)` is taken to return n octets (FRM-2), and the body of a file is read in
chunks of 1,024 octets without looking at how many are left (TRF-4). And a few more.
"""

import os
import socket
import struct
import sys
import threading
import time


def receive(connection):
    length = struct.unpack(">I", connection.recv(4))[0]
    return connection.recv(length).decode("utf-8")


def send(connection, text):
    payload = text.encode("utf-8")
    connection.send(struct.pack(">I", len(payload)) + payload)


def receive_file(connection, directory):
    name, size = receive(connection).rsplit(",", 1)
    size = int(size)
    received = 0
    with open(os.path.join(directory, name), "wb") as file:
        while received < size:
            data = connection.recv(1024)
            if not data:
                break
            file.write(data)
            received += len(data)


def serve(connection, directory):
    with connection:
        while True:
            text = receive(connection)
            if text in ("q", "Q"):
                break
            if text in ("file", "FILE"):
                receive_file(connection, directory)
            else:
                now = time.strftime("%Y年%m月%d日%H时%M分%S秒")
                send(connection, f"服务端于{now}收到了你发来的“{text}”信息!")


def main(port, directory):
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, directory), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
