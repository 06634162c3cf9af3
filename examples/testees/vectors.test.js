// The exported vectors as an ordinary test.
//
//     unstick vectors vectors
//     VECTORS=vectors node --test examples/testees/vectors.test.js
"use strict";

const assert = require("node:assert/strict");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");

const { Decoder, encode } = require("./codec.js");

const load = (name) =>
  JSON.parse(fs.readFileSync(path.join(process.env.VECTORS ?? "vectors", name), "utf-8"));

/** Octets as the files write them: hexadecimal, a repetition, or a list of these. */
function octets(written) {
  if (typeof written === "string") return Buffer.from(written, "hex");
  if (Array.isArray(written)) return Buffer.concat(written.map(octets));
  return Buffer.alloc(written.repeat.length * 0.5 * written.times, written.repeat, "hex");
}

test("decoding", () => {
  let checks = 0;
  for (const vector of load("decode.json")) {
    const stream = octets(vector.stream);
    const payloads = vector.payloads.map(octets);
    for (const [name, cuts] of Object.entries(vector.cuts)) {
      const decoder = new Decoder();
      const came = [];
      let from = 0;
      for (const end of [...cuts, stream.length]) {
        for (const payload of decoder.feed(stream.subarray(from, end))) came.push(payload);
        from = end;
      }
      assert.deepEqual(came, payloads, `${vector.id}, cut ${name}`);
      if (vector.end === "clean") decoder.finish();
      if (vector.end === "error") assert.throws(() => decoder.finish(), Error, vector.id);
      checks += 1;
    }
  }
  assert.equal(checks, load("manifest.json").decode.checks);
});

test("encoding", () => {
  for (const { id, payload, frame } of load("encode.json")) {
    assert.deepEqual(encode(octets(payload)), octets(frame), id);
  }
});

test("lengths", () => {
  const { packed, not_lengths } = load("lengths.json");
  const length = Buffer.alloc(4);
  for (const { value, octets } of packed) {
    length.writeUInt32BE(value);
    assert.equal(length.toString("hex"), octets);
    assert.equal(length.readUInt32BE(0), value);
  }
  for (const value of not_lengths) assert.throws(() => length.writeUInt32BE(Number(value)));
});

/** A server's reading of the message behind a body; null for a protocol error. */
function answer(command, body, message) {
  const algorithm = command.slice("file+".length);
  const digest = createHash(algorithm).update(body).digest("hex");
  if (message.length !== digest.length || !/^[0-9a-f]*$/.test(message)) return null;
  return `${command} ${message === digest ? "ok" : "mismatch"}`;
}

test("verified transfers", () => {
  const vectors = load("verified.json");
  for (const { message, answer } of vectors.commands) {
    const known = ["file+md5", "file+sha256"].includes(message);
    assert.equal(answer, known ? `${message} ready` : null, message);
  }
  for (const { id, command, body, message, answer: expected } of vectors.digests) {
    assert.equal(answer(command, octets(body), message), expected, id);
  }
});
