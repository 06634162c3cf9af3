// Sends frames back. What has come is kept, and as many frames are taken from it as are whole.
"use strict";

const net = require("node:net");

const LIMIT = 1 << 20;

const server = net.createServer((socket) => {
  let parts = [];
  let held = 0;
  let needed = 4;
  socket.on("data", (chunk) => {
    parts.push(chunk);
    held += chunk.length;
    // Only when enough has come is it put together: each octet is copied once.
    while (held >= needed) {
      const octets = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      const length = octets.readUInt32BE(0);
      if (length > LIMIT) return socket.destroy();
      needed = 4 + length;
      parts = [octets];
      if (held < needed) return;
      socket.write(octets.subarray(0, needed));
      parts = [octets.subarray(needed)];
      held -= needed;
      needed = 4;
    }
  });
  socket.on("error", () => {});
});
server.listen(Number(process.argv[2]), "127.0.0.1");
