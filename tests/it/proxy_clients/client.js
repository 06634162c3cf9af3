// Clients with one planted mistake each: MISTAKE HOST PORT. Each asks twice and checks the answer.
'use strict';
const net = require('net');
const [, , mistake, host, port] = process.argv;

let answers = 0;
const fail = (why) => { console.error(why); process.exit(1); };

const connection = net.connect(+port, host, () => connection.write('go\n'));
connection.on('error', (error) => fail(error.message));
connection.on('end', () => fail('the stream ended'));

function answer(right, what) {
  if (!right) fail(`wrong answer: ${what}`);
  answers += 1;
  if (answers === 2) process.exit(0);
  connection.write('go\n');
}

let kept = Buffer.alloc(0);
const readers = {
  // Each chunk is taken for a document.
  'chunk-is-document'(chunk) {
    answer(JSON.parse(chunk).name === 'unstick', chunk);
  },
  'right-document'(chunk) {
    kept = Buffer.concat([kept, chunk]);
    if (kept.includes('\n')) {
      const whole = kept;
      kept = Buffer.alloc(0);
      answer(JSON.parse(whole).name === 'unstick', whole);
    }
  },
  // What follows the last line end of a chunk is dropped.
  'lost-remainder'(chunk) {
    const lines = chunk.toString().split('\n');
    lines.pop();
    for (const line of lines) answer(line === 'a line of text', line);
  },
  // A number of several octets is taken to be there as soon as its first octet is.
  'torn-number'(chunk) { varint(chunk, false); },
  'right-number'(chunk) { varint(chunk, true); },
};

let known = null;

function varint(chunk, careful) {
  kept = Buffer.concat([kept, chunk]);
  if (!known) {
    let length = 0;
    let at = 0;
    for (;;) {
      if (careful && at >= kept.length) return;
      const octet = kept[at] || 0;
      length |= (octet & 0x7f) << (7 * at);
      at += 1;
      if (!(octet & 0x80)) break;
    }
    known = { at, end: at + length };
  }
  if (kept.length < known.end) return;
  const payload = kept.subarray(known.at, known.end);
  kept = kept.subarray(known.end);
  known = null;
  answer(payload.length === 300 && payload.every((octet) => octet === 0x78), payload);
}

if (!readers[mistake]) fail(`no such client: ${mistake}`);
connection.on('data', readers[mistake]);
