#!/usr/bin/env node
// The server of `server.js` with verified transfers (VTR).
//
//     unstick server --class verified-transfer -- node examples/testees/verified_server.js {port} {dir}
"use strict";

const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { answer, directory, framed, receiveFile, serve } = require("./server.js");

const DIGITS = new Map([
  ["md5", 32],
  ["sha256", 64],
]);

async function receiveVerified(algorithm, reader) {
  const hash = createHash(algorithm);
  const kept = await receiveFile(
    reader,
    (part) => hash.update(part),
    async (file) => {
      const sent = await reader.message();
      if (sent?.length !== DIGITS.get(algorithm) || !/^[0-9a-f]*$/.test(sent)) {
        throw new Error("not a digest");
      }
      // `ok` has to outlive a loss of power: the file first, then its name.
      await file.sync();
      return sent === hash.digest("hex");
    },
  );
  if (!kept) return "mismatch";
  const handle = await fs.promises.open(directory);
  await handle.sync();
  await handle.close();
  return "ok";
}

serve(async (text, reader, socket) => {
  const [, algorithm] = /^file\+(.*)$/s.exec(text) ?? [];
  if (!DIGITS.has(algorithm)) return answer(text, reader);
  socket.write(framed(`${text} ready`));
  return framed(`${text} ${await receiveVerified(algorithm, reader)}`);
});
