#!/usr/bin/env node
// A decoder of any framing that is given as a template (docs/framings.md), without a limit.
//
//     unstick codec --framing '1? varint4' -- node examples/testees/framed.js '1? varint4'
"use strict";

const NEED = Symbol("more octets are needed");
const ENDED = Symbol("the peer said that this was all");

const wrong = (why) => {
  throw new RangeError(why);
};
const ESCAPES = { r: "\r", n: "\n", t: "\t", 0: "\0" };
const unescaped = (text) =>
  Buffer.from(
    text.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, c) =>
      c.length > 1 ? String.fromCharCode(parseInt(c.slice(1), 16)) : (ESCAPES[c] ?? c),
    ),
    "latin1",
  );

class Framing {
  constructor(template) {
    this.parts = [[], [], []]; // before the number, behind it, behind the payload
    this.options = {};
    let [at, adds] = [0, ""];
    for (const word of template.match(/(?:[^\s']|'(?:\\.|[^'\\])*')+/g)) {
      const [, name, value] = word.match(/^([a-z-]+)=(.*)$/) ?? [];
      const any = word.match(/^(\d+)\?$/);
      const literal = word.match(/^x([0-9a-f]+)(?:\^(\d+))?$/);
      if (name) this.options[name] = value;
      else if (word === "chain") this.chain = true;
      else if (word === "*") at = 2;
      else if (any) this.parts[at].push(Number(any[1]));
      else if (literal) {
        const octets = Buffer.from(literal[1], "hex");
        this.parts[at].push(Buffer.concat(Array(Number(literal[2] ?? 1)).fill(octets)));
      } else {
        const quote = word.match(/'(.*)'/);
        this.text = quote && unescaped(quote[1]);
        [, this.kind, adds] = word.replace(/'.*'/, "").match(/^([a-z0-9]+)(.*)$/);
        at = 1;
      }
    }
    this.kind ??= "line";
    if (this.kind === "line" && !this.text) this.text = this.parts[2].pop(); // It ends the payload.
    const size = (part) => (typeof part === "number" ? part : part.length);
    const fixed = this.kind.match(/^[ui](\d+)/);
    this.width = fixed && Number(fixed[1]) / 8;
    const all = () => this.parts.flat().reduce((sum, part) => sum + size(part), this.width);
    this.adds = BigInt(adds === "+all" ? all() : adds || 0);
    if (this.chain) this.full = (1n << BigInt(8 * this.width)) - 1n;
  }

  literals(buffer, at, parts) {
    for (const part of parts) {
      if (typeof part === "number") at += part;
      else {
        const came = buffer.subarray(at, at + part.length);
        if (!part.subarray(0, came.length).equals(came)) wrong("an octet that must stand there");
        at += part.length;
      }
      if (at > buffer.length) throw NEED;
    }
    return at;
  }

  /** The payload of the first frame, null for one that delivers nothing, and where it ends. */
  next(buffer) {
    if (["line", "cobs", "slip"].includes(this.kind)) return this.delimited(buffer);
    const links = [];
    for (let [at, last] = [0, false]; ; ) {
      at = this.literals(buffer, at, this.parts[0]);
      const found = this.read(buffer, at);
      if (this.options.forms === "shortest" && found.longer) wrong("a longer form of a length");
      at = found.end;
      const zero = this.options.zero ?? "frame";
      if (found.number === 0n && zero !== "frame") {
        if (zero === "refuse") wrong("a length of zero");
        return [zero === "end" ? ENDED : null, at];
      }
      const length = found.number - this.adds;
      if (length < 0n) wrong("a length below what it counts");
      at = this.literals(buffer, at, this.parts[1]);
      const mask = found.flag && this.kind === "wslen" ? buffer.subarray(at, (at += 4)) : null;
      if (BigInt(buffer.length - at) < length) throw NEED;
      const end = at + Number(length);
      const link = buffer.subarray(at, end);
      links.push(mask ? link.map((octet, place) => octet ^ mask[place % 4]) : link);
      at = this.literals(buffer, end, this.parts[2]);
      last = this.kind === "mark" ? found.flag : length !== this.full;
      if (last) return [links.length > 1 ? Buffer.concat(links) : Buffer.from(links[0]), at];
    }
  }

  delimited(buffer) {
    const at = this.literals(buffer, 0, this.parts[0]);
    const end = { cobs: Buffer.of(0), slip: Buffer.of(0xc0) }[this.kind] ?? this.text;
    const found = buffer.indexOf(end, at);
    if (found < 0) throw NEED;
    const octets = buffer.subarray(at, found);
    const payload = { cobs: uncobs, slip: unslip }[this.kind]?.(octets) ?? octets;
    return [this.kind === "slip" && payload.length === 0 ? null : payload, found + end.length];
  }

  /** The number, where it ends, its flag, and whether there is a shorter form. */
  read(buffer, at) {
    const take = (count) => {
      if (at + count > buffer.length) throw NEED;
      return buffer.subarray(at, at + count);
    };
    const big = (octets) => octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
    const little = (octets) => big(Buffer.from(octets).reverse());
    const [, name, count] = this.kind.match(/^([a-z]+)(\d*)/);
    if (this.width) {
      const octets = take(this.width);
      const number = this.kind.endsWith("le") ? little(octets) : big(octets);
      if (name === "i" && number >> BigInt(8 * this.width - 1)) wrong("a negative length");
      return { number, end: at + this.width };
    }
    switch (name) {
      case "varint":
      case "vlq": {
        const most = Number(count || 10);
        const bits = { 5: 32, 10: 64 }[most] ?? most * 7;
        let number = 0n;
        for (let place = 0; place < most; place++) {
          const octet = take(place + 1)[place];
          const group = BigInt(octet & 127);
          number = name === "vlq" ? (number << 7n) | group : number | (group << BigInt(7 * place));
          if (number >> BigInt(bits)) wrong("a length of too many bits");
          if (octet < 128) return { number, end: at + place + 1, longer: place > 0 && octet === 0 };
        }
        return wrong("a length of too many octets");
      }
      case "quic": {
        const width = 1 << (take(1)[0] >> 6);
        return { number: big(take(width)) % (1n << BigInt(8 * width - 2)), end: at + width };
      }
      case "compact": {
        const width = { 253: 2, 254: 4, 255: 8 }[take(1)[0]] ?? 0;
        const number = width ? little(take(1 + width).subarray(1)) : BigInt(take(1)[0]);
        return { number, end: at + 1 + width };
      }
      case "berlen": {
        const width = take(1)[0] - 128;
        if (width === 0 || width === 127) wrong("an indefinite length");
        if (width < 0) return { number: BigInt(width + 128), end: at + 1 };
        const number = big(take(1 + width).subarray(1));
        return number >> 64n ? wrong("a length of too many bits") : { number, end: at + 1 + width };
      }
      case "wslen": {
        const small = take(1)[0] & 127;
        const width = { 126: 2, 127: 8 }[small] ?? 0;
        const number = width ? big(take(1 + width).subarray(1)) : BigInt(small);
        if (number >> 63n) wrong("a length with its top bit set");
        const longer = number < { 2: 126n, 8: 65_536n, 0: 0n }[width];
        return { number, end: at + 1 + width, flag: take(1)[0] > 127, longer };
      }
      case "mark": {
        const word = take(4).readUInt32BE();
        return { number: BigInt(word % 2 ** 31), end: at + 4, flag: word >= 2 ** 31 };
      }
      case "header":
        return this.header(buffer, at);
      default:
        return this.digits(buffer, at, name, Number(count), take);
    }
  }

  digits(buffer, at, name, count, take) {
    if (count) {
      const text = take(count).toString("latin1");
      return { number: number(text, name === "hex"), end: at + count };
    }
    const [text] = buffer.toString("latin1", at, at + 21).match(/^[0-9]*/);
    const end = at + text.length + this.text.length;
    const behind = buffer.subarray(at + text.length, end);
    if (text.length > 20 || !this.text.subarray(0, behind.length).equals(behind)) wrong("no length");
    if (behind.length < this.text.length && (text || !behind.length)) throw NEED;
    return { number: number(text), end, longer: text.length > 1 && text[0] === "0" };
  }

  header(buffer, at) {
    const end = buffer.indexOf("\r\n\r\n", at);
    if (end < 0) throw NEED;
    const wanted = this.text.toString("latin1").toLowerCase();
    const lines = buffer.toString("latin1", at, end).split("\r\n");
    const fields = lines.map((line) => line.match(/^([^:]*):(.*)$/) ?? ["", "", ""]);
    const values = fields.filter(([, name]) => name.trim().toLowerCase() === wanted);
    const different = new Set(values.map(([, , value]) => value.trim()));
    if (different.size !== 1) wrong("a header block must say one length");
    return { number: number([...different][0]), end: end + 4 };
  }
}

function number(text, isHex = false) {
  const allowed = isHex ? /^[0-9a-fA-F]+$/ : /^[0-9]{1,20}$/;
  const value = allowed.test(text) ? BigInt(isHex ? `0x${text}` : text) : wrong("not a length");
  return value >> 64n ? wrong("a length of too many bits") : value;
}

function uncobs(octets) {
  const out = [];
  if (octets.length === 0) wrong("a frame of nothing");
  for (let at = 0; at < octets.length; ) {
    const code = octets[at];
    if (at + code > octets.length) wrong("a group that is longer than what is there");
    out.push(octets.subarray(at + 1, at + code));
    at += code;
    if (code < 255 && at < octets.length) out.push(Buffer.of(0));
  }
  return Buffer.concat(out);
}

function unslip(octets) {
  const out = [];
  for (let at = 0; at < octets.length; at++) {
    if (octets[at] !== 0xdb) out.push(octets[at]);
    else out.push({ 0xdc: 0xc0, 0xdd: 0xdb }[octets[++at]] ?? wrong("an escape of nothing"));
  }
  return Buffer.from(out);
}

class Decoder {
  #buffer = Buffer.alloc(0);

  constructor(template) {
    this.framing = new Framing(template);
    this.ended = false;
  }

  /** Yields each payload that is complete. */
  *feed(octets) {
    this.#buffer = Buffer.concat([this.#buffer, octets]);
    while (this.#buffer.length > 0 && !this.ended) {
      let found;
      try {
        found = this.framing.next(this.#buffer);
      } catch (why) {
        if (why === NEED) return;
        throw why;
      }
      this.#buffer = this.#buffer.subarray(found[1]);
      if (found[0] === ENDED) this.ended = true;
      else if (found[0]) yield found[0];
    }
  }

  finish() {
    if (this.#buffer.length > 0 && !this.ended) throw new Error("the stream ends inside a frame");
  }
}

async function stream(template) {
  const decoder = new Decoder(template);
  for await (const octets of process.stdin) {
    for (const payload of decoder.feed(octets)) {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(payload.length);
      process.stdout.write(Buffer.concat([length, payload]));
    }
  }
  decoder.finish();
}

async function chunks(template) {
  const lines = require("node:readline").createInterface({ input: process.stdin });
  for await (const line of lines) {
    const decoder = new Decoder(template);
    const came = [];
    let ended = "more";
    try {
      for (const [place, word] of line.split(" ").entries()) {
        if (word === "$") {
          decoder.finish();
          ended = "end";
          continue;
        }
        for (const payload of decoder.feed(Buffer.from(word.replace("-", ""), "hex")))
          came.push(`${place + 1}:${payload.toString("hex")}`);
      }
    } catch (error) {
      ended = `error ${error.message}`;
    }
    console.log([...came, decoder.ended ? "end" : ended].join(" "));
  }
}

const mode = process.argv.includes("--chunks") ? chunks : stream;
mode(process.argv[2]).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
