// Sends frames back. The mistake: what a "data" event brings is taken for one message.
"use strict";

const net = require("node:net");

const server = net.createServer((socket) => {
  socket.on("data", (chunk) => {
    const length = chunk.readUInt32BE(0);
    const payload = chunk.subarray(4, 4 + length);
    const header = Buffer.alloc(4);
    header.writeUInt32BE(payload.length);
    socket.write(Buffer.concat([header, payload]));
  });
  socket.on("error", () => {});
});
server.listen(Number(process.argv[2]), "127.0.0.1");
