"""Sends frames back. The mistake: `read(n)` gives up to n octets, and not n."""

import asyncio
import struct
import sys


async def serve(reader, writer):
    try:
        while header := await reader.read(4):
            (length,) = struct.unpack(">I", header)
            payload = await reader.read(length) if length else b""
            writer.write(header + payload)
            await writer.drain()
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
