#!/usr/bin/env python3
"""A decoder of any framing that is given as a template (docs/framings.md), without a limit.

    unstick codec --framing '1? varint4' -- python3 examples/testees/framed.py '1? varint4'
"""

import re
import struct
import sys


class Need(Exception):
    """More octets are needed."""


class Framing:
    def __init__(self, template):
        self.options = dict(re.findall(r"(?:^| )([a-z-]+)=(\S+)", template))
        self.chain = "chain" in template.split()
        self.adds, self.count_all, self.number = 0, False, None
        self.parts = [[], [], []]  # before the number, behind it, behind the payload
        at = 0
        for word in re.findall(r"(?:[^\s']|'(?:\\.|[^'\\])*')+", template):
            quote = re.search(r"'(.*)'", word)
            text = quote and quote[1].encode().decode("unicode_escape").encode("latin-1")
            word = re.sub("'.*'", "", word)
            if "=" in word or word in ("chain", "strip-cr"):
                continue
            if word == "*":
                at = 2
            elif word[-1] == "?":
                self.parts[at].append(int(word[:-1]))
            elif word[0] == "x":
                octets, _, times = word[1:].partition("^")
                self.parts[at].append(bytes.fromhex(octets) * int(times or 1))
            else:
                kind, sign, adds = re.fullmatch(r"([a-z]+\d*[a-z]*)(?:([+-])(\w+))?", word).groups()
                self.number, self.text, at = kind, text, 1
                self.count_all = adds == "all"
                if adds and not self.count_all:
                    self.adds = int(adds) if sign == "+" else -int(adds)
        if self.count_all:
            parts = sum(self.parts, [])
            sizes = sum(part if isinstance(part, int) else len(part) for part in parts)
            self.adds = sizes + int(re.search(r"\d+", self.number)[0]) // 8
        if self.number in (None, "line"):  # What stands behind the payload ends it.
            self.text = self.text if self.number else self.parts[2].pop() if self.parts[2] else b""
            if not self.number:
                self.parts[0] += self.parts[1]
            self.number = "line"

    def literals(self, buffer, at, parts):
        for part in parts:
            if isinstance(part, int):
                at += part
            else:
                came = buffer[at : at + len(part)]
                if not part.startswith(came):
                    raise ValueError("an octet that must stand there does not")
                at += len(part)
            if at > len(buffer):
                raise Need
        return at

    def next(self, buffer):
        """The payload of the first frame, None for one that delivers nothing, and where it ends."""
        if self.number in ("cobs", "slip", "line"):
            return self.delimited(buffer)
        payload, at, last = b"", 0, False
        while not last:
            at = self.literals(buffer, at, self.parts[0])
            number, at, flag, canonical = self.read(buffer, at)
            if self.options.get("forms") == "shortest" and not canonical:
                raise ValueError("a longer form of a length")
            zero = self.options.get("zero", "frame")
            if number == 0 and zero in ("keepalive", "ignore", "end"):
                return (Ended if zero == "end" else None), at
            length = number - self.adds
            if length < 0 or number == 0 and zero == "refuse":
                raise ValueError("a length below what it counts")
            at = self.literals(buffer, at, self.parts[1])
            mask = buffer[at : at + 4] if flag and self.number == "wslen" else b""
            at += len(mask)
            if flag and self.number == "wslen" and len(mask) < 4 or at + length > len(buffer):
                raise Need
            link = buffer[at : at + length]
            if mask:
                link = bytes(octet ^ mask[place % 4] for place, octet in enumerate(link))
            payload, at = payload + link, self.literals(buffer, at + length, self.parts[2])
            full = 256 ** (int(self.number[1:3].rstrip("bl")) // 8) - 1 if self.chain else None
            last = flag if self.number == "mark" else length != full
        return payload, at

    def delimited(self, buffer):
        at = self.literals(buffer, 0, self.parts[0])
        end = {"cobs": b"\0", "slip": b"\xc0"}.get(self.number, self.text)
        found = buffer.find(end, at)
        if found < 0:
            raise Need
        payload, found = buffer[at:found], found + len(end)
        if self.number == "cobs":
            payload = uncobs(payload)
        elif self.number == "slip":
            if re.search(rb"\xdb(?![\xdc\xdd])", payload):
                raise ValueError("an escape of nothing")
            payload = payload.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb") or None
        return payload, found

    def read(self, buffer, at):
        """The number, where it ends, its flag, and whether it is in its shortest form."""

        def take(count):
            if at + count > len(buffer):
                raise Need
            return buffer[at : at + count]

        kind = self.number
        if fixed := re.fullmatch(r"([ui])(\d+)(be|le)?", kind):
            width, order = int(fixed[2]) // 8, "little" if fixed[3] == "le" else "big"
            number = int.from_bytes(take(width), order, signed=fixed[1] == "i")
            if number < 0:
                raise ValueError("a negative length")
            return number, at + width, False, True
        if groups := re.fullmatch(r"(varint|vlq)(\d*)", kind):
            most, number = int(groups[2] or 10), 0
            bits = {5: 32, 10: 64}.get(most, most * 7)
            for place in range(most):
                octet = take(place + 1)[-1]
                bit = octet & 127
                number = number | bit << 7 * place if groups[1] == "varint" else number << 7 | bit
                if number >> bits:
                    raise ValueError("a length of too many bits")
                if octet < 128:
                    return number, at + place + 1, False, place == 0 or octet > 0
            raise ValueError("a length of too many octets")
        if kind == "quic":
            width = 1 << (take(1)[0] >> 6)
            return int.from_bytes(take(width), "big") % (1 << 8 * width - 2), at + width, False, True
        if kind == "compact":
            width = {253: 3, 254: 5, 255: 9}.get(take(1)[0], 1)
            number = int.from_bytes(take(width)[1:], "little") if width > 1 else take(1)[0]
            return number, at + width, False, width == 1 or number > (0, 252, 65_535, 2**32)[width // 3]
        if kind == "berlen":
            count = take(1)[0] - 128
            if count in (0, 127):
                raise ValueError("an indefinite length")
            if count < 0:
                return count + 128, at + 1, False, True
            number = int.from_bytes(take(1 + count)[1:], "big")
            if number >> 64:
                raise ValueError("a length of too many bits")
            return number, at + 1 + count, False, True
        if kind == "wslen":
            small, flag = take(1)[0] & 127, take(1)[0] > 127
            width = {126: 3, 127: 9}.get(small, 1)
            number = int.from_bytes(take(width)[1:], "big") if width > 1 else small
            if number >> 63:
                raise ValueError("a length with its top bit set")
            return number, at + width, flag, number >= {3: 126, 9: 65_536}.get(width, 0)
        if kind == "mark":
            (word,) = struct.unpack(">I", take(4))
            return word % 2**31, at + 4, word >= 2**31, True
        return self.read_text(buffer, at, kind)

    def read_text(self, buffer, at, kind):
        if kind == "header":
            end = buffer.find(b"\r\n\r\n", at)
            if end < 0:
                raise Need
            lines = [line.partition(b":") for line in buffer[at:end].split(b"\r\n")]
            name = self.text.lower()
            values = {bytes(value.strip()) for key, _, value in lines if key.strip().lower() == name}
            if len(values) != 1:
                raise ValueError("a header block must say one length")
            return digits(values.pop(), 10), end + 4, False, True
        if kind == "dec":
            found = re.match(rb"[0-9]{0,21}", buffer[at : at + 21])[0]
            behind = buffer[at + len(found) : at + len(found) + len(self.text)]
            if not self.text.startswith(behind) or len(found) > 20:
                raise ValueError("a length with what is not a digit")
            if len(behind) < len(self.text) and (found or not behind):
                raise Need
            shortest = len(found) == 1 or not found.startswith(b"0")
            return digits(found, 10), at + len(found) + len(self.text), False, shortest
        base, width = (10, int(kind[3:])) if kind.startswith("dec") else (16, int(kind[3:]))
        if at + width > len(buffer):
            raise Need
        return digits(buffer[at : at + width], base), at + width, False, True


Ended = object()


def digits(text, base):
    allowed = rb"[0-9]{1,20}" if base == 10 else rb"[0-9a-fA-F]+"
    if not re.fullmatch(allowed, text) or int(text, base) >> 64:
        raise ValueError("not a length")
    return int(text, base)


def uncobs(octets):
    out, at = bytearray(), 0
    while at < len(octets):
        code = octets[at]
        if at + code > len(octets):
            raise ValueError("a group that is longer than what is there")
        out += octets[at + 1 : at + code]
        at += code
        if code < 255 and at < len(octets):
            out.append(0)
    if not octets:
        raise ValueError("a frame of nothing")
    return bytes(out)


class Decoder:
    def __init__(self, template):
        self.framing, self.buffer, self.ended = Framing(template), bytearray(), False

    def feed(self, octets):
        """Yields each payload that is complete."""
        self.buffer += octets
        while self.buffer and not self.ended:
            try:
                payload, end = self.framing.next(self.buffer)
            except Need:
                return
            del self.buffer[:end]
            self.ended = payload is Ended
            if payload is not None and not self.ended:
                yield payload

    def finish(self):
        if self.buffer and not self.ended:
            raise ValueError("the stream ends inside a frame")


def stream(template):
    decoder = Decoder(template)
    while octets := sys.stdin.buffer.read1(65_536):
        for payload in decoder.feed(octets):
            sys.stdout.buffer.write(struct.pack(">I", len(payload)) + payload)
        sys.stdout.buffer.flush()
    decoder.finish()


def chunks(template):
    for line in sys.stdin:
        decoder, came, ended = Decoder(template), [], "more"
        try:
            for place, word in enumerate(line.split(), 1):
                if word == "$":
                    decoder.finish()
                    ended = "end"
                else:
                    for payload in decoder.feed(bytes.fromhex(word.replace("-", ""))):
                        came.append(f"{place}:{payload.hex()}")
        except ValueError as error:
            ended = f"error {error}"
        print(*came, "end" if decoder.ended else ended, flush=True)


if __name__ == "__main__":
    try:
        chunks(sys.argv[1]) if "--chunks" in sys.argv[2:] else stream(sys.argv[1])
    except ValueError as error:
        sys.exit(str(error))
