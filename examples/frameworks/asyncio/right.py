"""Sends frames back. `readexactly` waits for all octets, and says so where the stream ends before."""

import asyncio
import struct
import sys

LIMIT = 1 << 20


async def serve(reader, writer):
    try:
        while True:
            header = await reader.readexactly(4)
            (length,) = struct.unpack(">I", header)
            if length > LIMIT:
                break
            writer.write(header + await reader.readexactly(length))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
