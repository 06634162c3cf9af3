#!/usr/bin/env node
// A server of class `transfer`, with nothing but Node itself.
//
//     unstick server -- node examples/testees/server.js {port} {dir}
"use strict";

const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");

const MAX_PAYLOAD = 1 << 20;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const [port, directory] = process.argv.slice(2);
let files = 0;

/** Hands out exactly as many octets as are asked for, however they come. */
class Reader {
  #chunks;
  #rest = Buffer.alloc(0);

  constructor(socket) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** At least one octet and at most `most`; null at the end of the stream. */
  async some(most) {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return null;
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  async exactly(count, mayEnd = false) {
    const parts = [];
    for (let left = count; left > 0; ) {
      const part = await this.some(left);
      if (part === null && mayEnd && parts.length === 0) return null;
      if (part === null) throw new Error("the stream ended early");
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  async message() {
    const prefix = await this.exactly(4, true);
    if (prefix === null) return null;
    const length = prefix.readUInt32BE(0);
    if (length > MAX_PAYLOAD) throw new Error(`a payload of ${length} octets is too large`);
    return utf8.decode(await this.exactly(length));
  }
}

function framed(text) {
  const payload = Buffer.from(text);
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(payload.length);
  return Buffer.concat([prefix, payload]);
}

function reply(text) {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const day = `${now.getFullYear()}年${two(now.getMonth() + 1)}月${two(now.getDate())}日`;
  const time = `${two(now.getHours())}时${two(now.getMinutes())}分${two(now.getSeconds())}秒`;
  return framed(`服务端于${day}${time}收到了你发来的“${text}”信息!`);
}

/**
 * Receives a file. `took` is given each piece of the body, and `decide` says in the end whether the file is
 * kept; without them it always is.
 */
async function receiveFile(reader, took = () => {}, decide = async () => true) {
  const [, name, digits] = /^(.*),([0-9]{1,10})$/su.exec(await reader.message()) ?? [];
  if (name === undefined || Number(digits) > 0xffffffff) throw new Error("not a header");
  const octets = Buffer.byteLength(name);
  if (octets < 1 || octets > 255 || [".", ".."].includes(name) || /[/\\\0]/.test(name)) {
    throw new Error("not a file name");
  }
  const partial = path.join(directory, `.incoming-${process.pid}-${files++}`);
  const file = await fs.promises.open(partial, "wx");
  try {
    for (let left = Number(digits); left > 0; ) {
      const part = await reader.some(left);
      if (part === null) throw new Error("the body was cut short");
      await file.write(part);
      took(part);
      left -= part.length;
    }
    const kept = await decide(file);
    await file.close();
    if (kept) await fs.promises.rename(partial, path.join(directory, name));
    else await fs.promises.rm(partial);
    return kept;
  } catch (error) {
    await file.close().catch(() => {});
    await fs.promises.rm(partial, { force: true });
    throw error;
  }
}

/** Answers one message: what is sent for it, or nothing. */
async function answer(text, reader) {
  if (text !== "file" && text !== "FILE") return reply(text);
  await receiveFile(reader);
  return null;
}

async function session(socket, answer) {
  const reader = new Reader(socket);
  for (let text; (text = await reader.message()) !== null; ) {
    if (text === "q" || text === "Q") return;
    const octets = await answer(text, reader, socket);
    if (octets !== null && !socket.write(octets)) {
      await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
    }
  }
}

function serve(answer) {
  net
    .createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on("error", () => {});
      session(socket, answer)
        .catch((error) => console.error(error.message))
        .finally(() => socket.end(() => socket.destroy()));
    })
    .listen({ port: Number(port), host: "127.0.0.1", backlog: 64 });
}

if (require.main === module) serve(answer);
else module.exports = { answer, directory, framed, receiveFile, serve };
