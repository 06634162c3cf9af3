// Decoders of npm packages as a codec: streams a line, as docs/codec-contract.md has `--chunks`.
//
// usage: node published_codecs.mjs DECODER LIMIT --chunks, where the packages are installed in the working directory

import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const [name, limit, mode] = process.argv.slice(2)
const require = createRequire(pathToFileURL(process.cwd() + '/'))

/** Thrown where the octets at hand are over and the stream is not. */
class More extends Error {}

/** Each takes the chunks of a stream, with `null` for its end, and hands over payloads with a chunk's number. */
const decoders = {
  'it-length-prefixed': async () => {
    const entry = process.cwd() + '/node_modules/it-length-prefixed/dist/src/index.js'
    const { decode } = await import(pathToFileURL(entry))
    return (chunks, deliver) => {
      let number = 0
      function * source () {
        for (const chunk of chunks) {
          number++
          if (chunk === null) return
          yield chunk
        }
        throw new More()
      }
      for (const payload of decode(source(), { maxDataLength: Number(limit) })) {
        deliver(number, payload.subarray())
      }
    }
  },

  'length-prefixed-stream': () => lengthPrefixedStream({ allowEmpty: true }),
  'length-prefixed-stream without allowEmpty': () => lengthPrefixedStream({}),

  'mqtt-packet': () => mqtt('mqtt-packet'),
  'mqtt-packet-6': () => mqtt('mqtt-packet-6')
}

function lengthPrefixedStream (options) {
  const { decode } = require('length-prefixed-stream')
  return async (chunks, deliver) => {
    const decoder = decode({ limit: Number(limit), ...options })
    let number = 0
    let failed = null
    decoder.on('data', payload => deliver(number, payload))
    decoder.on('error', error => { failed ??= error })
    for (const chunk of chunks) {
      number++
      if (chunk === null) decoder.end()
      else decoder.write(chunk)
      await setImmediate()
      if (failed) throw failed
      if (chunk === null) return
    }
    throw new More()
  }
}

/** A PUBLISH with the topic `t` is what takes any payload. */
function mqtt (name) {
  const { parser } = require(name)
  return (chunks, deliver) => {
    const decoder = parser()
    let number = 0
    let failed = null
    decoder.on('packet', packet => deliver(number, packet.payload))
    decoder.on('error', error => { failed ??= error })
    for (const chunk of chunks) {
      number++
      // It has no word for the end.
      if (chunk === null) return
      decoder.parse(chunk)
      if (failed) throw failed
    }
    throw new More()
  }
}

async function answer (decode, line) {
  const words = []
  const chunks = line.split(' ').filter(word => word).map(word => {
    if (word === '$') return null
    return word === '-' ? Buffer.alloc(0) : Buffer.from(word, 'hex')
  })
  try {
    await decode(chunks, (number, payload) => words.push(`${number}:${Buffer.from(payload).toString('hex')}`))
    words.push('end')
  } catch (error) {
    words.push(error instanceof More ? 'more' : `error ${error.message.replaceAll('\n', ' ')}`)
  }
  return words.join(' ')
}

if (mode !== '--chunks') {
  console.error('only --chunks')
  process.exit(2)
}
const decode = await decoders[name]()
for await (const line of createInterface({ input: process.stdin })) {
  console.log(await answer(decode, line))
}
