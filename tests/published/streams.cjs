// Drives a published stream parser as a filter: standard input goes in as it comes, and each event is a line.
//
//     NODE_PATH=… node tests/published/streams.cjs PARSER
'use strict';

const fs = require('node:fs');

const say = (line) => fs.writeSync(1, `${line}\n`);
const shown = (value) => say(JSON.stringify(value));
const failed = (error) => say(`error: ${error.message ?? error}`);
const ended = () => say('end');
const input = process.stdin;

/** A parser that input is piped into, and that emits what it reads. */
const piped = (parser, show = shown) => input.pipe(parser).on('data', show).on('error', failed).on('end', ended);

const PARSERS = {
  byline: (byline) => {
    input.setEncoding('utf8');
    return byline(input, { keepEmptyLines: true }).on('data', (line) => shown(String(line))).on('end', ended);
  },
  clarinet: (clarinet) => {
    const parser = clarinet.createStream();
    for (const event of ['openobject', 'closeobject', 'openarray', 'closearray', 'key', 'value', 'end'])
      parser.on(event, (value) => say(`${event} ${JSON.stringify(value)}`));
    input.pipe(parser.on('error', failed));
  },
  'csv-parse': (csv) => piped((csv.parse ?? csv)({ relax_column_count: true })),
  'csv-streamify': (csv) => piped(csv({ objectMode: true })),
  'eventsource-parser': ({ createParser }) => {
    const parser = createParser({
      onEvent: shown,
      onRetry: (time) => say(`retry ${time}`),
      onComment: (text) => say(`comment ${text}`),
      onError: failed,
    });
    input.setEncoding('utf8').on('data', (text) => parser.feed(text)).on('end', ended);
  },
  'fast-csv': (csv) => csv.fromStream(input).on('data', shown).on('error', failed).on('end', ended),
  formidable: ({ IncomingForm }) => {
    const form = new IncomingForm();
    input.headers = { 'content-type': 'multipart/form-data; boundary=XyZ', 'content-length': '100000' };
    form.onPart = (part) => {
      const pieces = [];
      shown([part.name, part.filename, part.mime, part.headers]);
      part.on('data', (octets) => pieces.push(octets));
      part.on('end', () => shown([part.name, Buffer.concat(pieces).toString('latin1')]));
    };
    form.on('error', failed).on('end', ended).parse(input);
  },
  jsonparse: (Parser) => {
    const parser = new Parser();
    parser.onError = failed;
    parser.onValue = function onValue(value) {
      shown([this.stack.length, this.key, value]);
    };
    input.on('data', (octets) => parser.write(octets)).on('end', ended);
  },
  lazy: (lazy) => {
    new lazy(input).lines.map(String).forEach(shown);
    input.on('end', ended);
  },
  'mqtt-packet': (mqtt) => {
    const parser = mqtt.parser({ protocolVersion: 4 }).on('packet', shown).on('error', failed);
    input.on('data', (octets) => parser.parse(octets)).on('end', ended);
  },
  ndjson: (ndjson) => piped(ndjson.parse()),
  papaparse: (papa) => piped(papa.parse(papa.NODE_STREAM_INPUT, {})),
  'parse5-sax-parser': (Parser) => {
    const parser = new (Parser.SAXParser ?? Parser)({ sourceCodeLocationInfo: true });
    for (const event of ['startTag', 'endTag', 'comment', 'text']) parser.on(event, (token) => shown([event, token]));
    input.setEncoding('utf8').pipe(parser.on('end', ended));
    parser.resume();
  },
  split: (split) => piped(split()),
  stompit: () => {
    const Incoming = require('stompit/lib/IncomingFrameStream');
    const frames = new Incoming();
    const next = () => {
      const frame = frames.read();
      if (!frame) return frames.once('readable', next);
      return frame.readString('utf8', (error, body) => {
        if (error) failed(error);
        else shown([frame.command, frame.headers, body]);
        next();
      });
    };
    frames.once('readable', next).on('error', failed).on('end', ended);
    input.pipe(frames);
  },
};

async function main(name) {
  let parser;
  try {
    parser = name === 'stompit' ? undefined : require(name);
  } catch (error) {
    // A package that can only be imported, and NODE_PATH is not looked at then.
    if (error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED' && error.code !== 'ERR_REQUIRE_ESM') throw error;
    parser = await import(`${process.env.NODE_PATH}/${name}/dist/index.js`);
  }
  PARSERS[name](parser);
}

main(process.argv[2]);
