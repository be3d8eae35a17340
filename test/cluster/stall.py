#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A way to a server that stalls: stall.py TO_HOST:PORT STALL PORTFILE

Passes connections on.  While the file STALL exists nothing is passed in either
direction, and what is sent waits, as does the handshake of a new connection.
The port it listens on, on 127.0.0.1, is written to PORTFILE.
"""
import asyncio
import os
import sys

HOST, PORT = sys.argv[1].rsplit(":", 1)


async def passes(reader, writer):
    try:
        while True:
            data = await reader.read(65536)
            while os.path.exists(sys.argv[2]):
                await asyncio.sleep(0.05)
            if not data:
                break
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def connected(reader, writer):
    while os.path.exists(sys.argv[2]):
        await asyncio.sleep(0.05)
    there, back = await asyncio.open_connection(HOST, int(PORT))
    await asyncio.gather(passes(reader, back), passes(there, writer))


async def main():
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    with open(sys.argv[3] + ".new", "w") as f:
        print(server.sockets[0].getsockname()[1], file=f)
    os.rename(sys.argv[3] + ".new", sys.argv[3])
    async with server:
        await server.serve_forever()

asyncio.run(main())
