#!/usr/bin/env node
// A client of class `transfer`, with nothing but Node's own modules.
//
//     unstick client -- node examples/testees/client.js {host} {port} {dir}
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const readline = require('node:readline');

const LARGEST = 0xffffffff;
const [host, port, directory] = process.argv.slice(2);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The octets of a socket, by the count. */
class Replies {
  constructor(socket) {
    this.pieces = socket[Symbol.asyncIterator]();
    this.octets = Buffer.alloc(0);
  }

  async exactly(count) {
    const pieces = [this.octets];
    let there = this.octets.length;
    while (there < count) {
      const { value, done } = await this.pieces.next();
      if (done) throw new Error('the server closed inside a reply, or instead of one');
      pieces.push(value);
      there += value.length;
    }
    const all = Buffer.concat(pieces);
    this.octets = all.subarray(count);
    return all.subarray(0, count);
  }

  async receive() {
    const length = (await this.exactly(4)).readUInt32BE();
    return utf8.decode(await this.exactly(length));
  }
}

/** Writes octets, and waits where the socket holds enough. */
function write(socket, octets) {
  return new Promise((resolve, reject) => socket.write(octets, (error) => (error ? reject(error) : resolve())));
}

function framed(text) {
  const payload = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

/** The size of a regular file directly inside the directory; `undefined` where there is none. */
function size(name) {
  if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) return undefined;
  const found = fs.statSync(path.join(directory, name), { throwIfNoEntry: false });
  return found?.isFile() ? found.size : undefined;
}

async function sendFile(socket, command, name) {
  const octets = size(name);
  if (octets === undefined) return console.log(`${name}: not sent: there is no such file`);
  if (octets > LARGEST) return console.log(`${name}: not sent: it has more than ${LARGEST} octets`);
  const file = await fs.promises.open(path.join(directory, name));
  try {
    await write(socket, framed(command));
    await write(socket, framed(`${name},${octets}`));
    const chunk = Buffer.alloc(65536);
    for (let left = octets; left > 0; ) {
      const { bytesRead } = await file.read(chunk, 0, Math.min(left, chunk.length));
      if (bytesRead === 0) throw new Error(`${name} shrank while it was sent`);
      await write(socket, chunk.subarray(0, bytesRead));
      left -= bytesRead;
    }
  } finally {
    await file.close();
  }
  console.log(`${name}: sent`);
}

async function main() {
  const socket = net.connect({ host, port: Number(port) });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const replies = new Replies(socket);
  const lines = readline.createInterface({ input: process.stdin, crlfDelay: 0 })[Symbol.asyncIterator]();
  for (;;) {
    const { value: line, done } = await lines.next();
    if (done || line === 'q' || line === 'Q') break;
    if (line === 'file' || line === 'FILE') {
      await sendFile(socket, line, (await lines.next()).value ?? '');
    } else if (line !== '') {
      await write(socket, framed(line));
      console.log(await replies.receive());
    }
  }
  await write(socket, framed('q'));
  socket.destroySoon();
  process.stdin.destroy();
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
