#!/usr/bin/env node
// A codec of u32 big-endian frames, with nothing but Node itself.
//
//     unstick codec -- node examples/testees/codec.js {mode}
"use strict";

class Decoder {
  #buffer = Buffer.alloc(0);

  /** Yields each payload that is complete. */
  *feed(octets) {
    this.#buffer = Buffer.concat([this.#buffer, octets]);
    while (this.#buffer.length >= 4) {
      const end = 4 + this.#buffer.readUInt32BE(0);
      if (this.#buffer.length < end) break;
      yield this.#buffer.subarray(4, end);
      this.#buffer = this.#buffer.subarray(end);
    }
  }

  finish() {
    if (this.#buffer.length > 0) throw new Error("the stream ends inside a frame");
  }
}

function encode(payload) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

async function stream() {
  const decoder = new Decoder();
  for await (const octets of process.stdin) {
    for (const payload of decoder.feed(octets)) process.stdout.write(encode(payload));
  }
  decoder.finish();
}

async function lengths() {
  const lines = require("node:readline").createInterface({ input: process.stdin });
  for await (const line of lines) {
    const [word, value = ""] = line.split(" ");
    const octets = Buffer.from(value, "hex");
    try {
      if (word === "pack") {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(Number(value));
        console.log(`octets ${length.toString("hex")}`);
      } else if (octets.length !== 4) {
        throw new RangeError(`${octets.length} octets are no length`);
      } else {
        console.log(`length ${octets.readUInt32BE(0)}`);
      }
    } catch (error) {
      console.log(`error ${error.message.replaceAll("\n", " ")}`);
    }
  }
}

module.exports = { Decoder, encode };

if (require.main === module) {
  const mode = process.argv[2] === "lengths" ? lengths : stream;
  mode().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
