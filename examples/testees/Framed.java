// A decoder of any framing that is given as a template (docs/framings.md), without a limit; options that
// only lines have are not among those that it knows.
//
//     unstick codec --framing '1? varint4' -- java examples/testees/Framed.java '1? varint4'
import java.io.BufferedReader;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Framed {
    static final HexFormat HEX = HexFormat.of();

    /** More octets are needed. */
    static final class Need extends RuntimeException {}

    /** Octets that are not a frame. */
    static final class Wrong extends RuntimeException {
        Wrong(String why) {
            super(why);
        }
    }

    /** Octets that must stand there, or a count of octets of any value. */
    record Part(byte[] literal, int count) {
        int size() {
            return literal.length + count;
        }
    }

    /** The field of a frame where its length stands. */
    record Found(BigInteger value, int end, boolean flag, boolean longer) {
        Found(BigInteger value, int end) {
            this(value, end, false, false);
        }
    }

    static final class Framing {
        /** Before the number, behind it, behind the payload. */
        final List<List<Part>> parts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        String kind = "line";
        int count;
        byte[] text;
        BigInteger adds = BigInteger.ZERO;
        String zero = "frame";
        boolean shortest, chain;

        Framing(String template) {
            int at = 0;
            boolean all = false;
            Matcher words = Pattern.compile("(?:[^\\s']|'(?:\\\\.|[^'\\\\])*')+").matcher(template);
            for (String word : words.results().map(MatchResult::group).toList()) {
                if (word.equals("chain")) chain = true;
                else if (word.equals("*")) at = 2;
                else if (word.startsWith("zero=")) zero = word.substring(5);
                else if (word.matches("[a-z-]+=.*")) shortest |= word.equals("forms=shortest");
                else if (word.endsWith("?")) {
                    int any = Integer.parseInt(word.substring(0, word.length() - 1));
                    parts.get(at).add(new Part(new byte[0], any));
                } else if (word.startsWith("x")) {
                    String[] halves = word.substring(1).split("\\^");
                    int times = halves.length > 1 ? Integer.parseInt(halves[1]) : 1;
                    parts.get(at).add(new Part(HEX.parseHex(halves[0].repeat(times)), 0));
                } else {
                    Matcher number = Pattern.compile("([a-z]+)(\\d*)(be|le)?('.*')?([+-].+)?").matcher(word);
                    if (!number.matches()) throw new Wrong(word + " is not a part");
                    kind = number.group(1) + (number.group(3) == null ? "" : number.group(3));
                    count = number.group(2).isEmpty() ? 0 : Integer.parseInt(number.group(2));
                    if (number.group(4) != null) text = unescaped(number.group(4));
                    all = "+all".equals(number.group(5));
                    if (number.group(5) != null && !all) adds = new BigInteger(number.group(5));
                    at = 1;
                }
            }
            // Without a number, the octets behind the payload end it.
            if (kind.equals("line") && text == null) text = parts.get(2).remove(parts.get(2).size() - 1).literal;
            int sizes = parts.stream().flatMap(List::stream).mapToInt(Part::size).sum();
            if (all) adds = BigInteger.valueOf(count / 8 + sizes);
        }

        static byte[] unescaped(String quoted) {
            Map<String, String> known = Map.of("r", "\r", "n", "\n", "t", "\t", "0", "\0");
            String inside = quoted.substring(1, quoted.length() - 1);
            String text = Pattern.compile("\\\\(x..|.)").matcher(inside).replaceAll(found -> {
                String c = found.group(1);
                String octet = c.length() > 1 ? "" + (char) Integer.parseInt(c.substring(1), 16) : known.getOrDefault(c, c);
                return Matcher.quoteReplacement(octet);
            });
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }

        boolean isFixed() {
            return kind.matches("[ui](be|le)?");
        }
    }

    final Framing framing;
    byte[] buffer = new byte[0];
    int at;
    boolean ended;

    Framed(String template) {
        framing = new Framing(template);
    }

    byte[] take(int from, int size) {
        if (from + size > buffer.length) throw new Need();
        return Arrays.copyOfRange(buffer, from, from + size);
    }

    int literals(int from, List<Part> parts) {
        for (Part part : parts) {
            int came = Math.max(0, Math.min(part.literal.length, buffer.length - from));
            if (came > 0 && !Arrays.equals(buffer, from, from + came, part.literal, 0, came))
                throw new Wrong("an octet that must stand there does not");
            from += part.size();
            if (from > buffer.length) throw new Need();
        }
        return from;
    }

    /** The payload of the frame at `at`, or null where it delivers nothing; moves on behind it. */
    byte[] next() {
        Framing f = framing;
        if (List.of("line", "cobs", "slip").contains(f.kind)) return delimited();
        List<byte[]> links = new ArrayList<>();
        int here = at;
        while (true) {
            here = literals(here, f.parts.get(0));
            Found found = read(here);
            here = found.end;
            if (f.shortest && found.longer) throw new Wrong("a longer form of a length");
            if (found.value.signum() == 0 && !f.zero.equals("frame")) {
                if (f.zero.equals("refuse")) throw new Wrong("a length of zero");
                ended = f.zero.equals("end");
                at = here;
                return null;
            }
            BigInteger length = found.value.subtract(f.adds);
            if (length.signum() < 0) throw new Wrong("a length below what it counts");
            here = literals(here, f.parts.get(1));
            byte[] mask = found.flag && f.kind.equals("wslen") ? take(here, 4) : new byte[4];
            if (found.flag && f.kind.equals("wslen")) here += 4;
            if (length.compareTo(BigInteger.valueOf(buffer.length - here)) > 0) throw new Need();
            byte[] link = take(here, length.intValue());
            for (int place = 0; place < link.length; place++) link[place] ^= mask[place % 4];
            links.add(link);
            here = literals(here + link.length, f.parts.get(2));
            boolean full = f.chain && length.bitCount() == f.count;
            if (full || f.kind.equals("mark") && !found.flag) continue;
            at = here;
            return joined(links);
        }
    }

    static byte[] joined(List<byte[]> links) {
        byte[] payload = new byte[links.stream().mapToInt(link -> link.length).sum()];
        int filled = 0;
        for (byte[] link : links) {
            System.arraycopy(link, 0, payload, filled, link.length);
            filled += link.length;
        }
        return payload;
    }

    byte[] delimited() {
        int from = literals(at, framing.parts.get(0));
        byte[] end = switch (framing.kind) {
            case "cobs" -> new byte[1];
            case "slip" -> new byte[] {(byte) 0xC0};
            default -> framing.text;
        };
        int found = from;
        while (true) {
            if (found + end.length > buffer.length) throw new Need();
            if (Arrays.equals(buffer, found, found + end.length, end, 0, end.length)) break;
            found++;
        }
        byte[] octets = take(from, found - from);
        at = found + end.length;
        return switch (framing.kind) {
            case "cobs" -> uncobs(octets);
            case "slip" -> octets.length == 0 ? null : unslip(octets);
            default -> octets;
        };
    }

    static BigInteger number(byte[] octets, boolean little) {
        byte[] big = octets.clone();
        for (int place = 0; little && place < big.length; place++) big[place] = octets[big.length - 1 - place];
        return new BigInteger(1, big);
    }

    Found read(int from) {
        Framing f = framing;
        if (f.isFixed()) {
            BigInteger value = number(take(from, f.count / 8), f.kind.endsWith("le"));
            if (f.kind.startsWith("i") && value.testBit(f.count - 1)) throw new Wrong("a negative length");
            return new Found(value, from + f.count / 8);
        }
        return switch (f.kind) {
            case "varint", "vlq" -> groups(from);
            case "header" -> header(from);
            case "dec", "hex" -> f.count == 0 ? digits(from) : digits(take(from, f.count), from + f.count);
            case "mark" -> {
                BigInteger word = number(take(from, 4), false);
                yield new Found(word.clearBit(31), from + 4, word.testBit(31), false);
            }
            default -> marked(from);
        };
    }

    /** A number whose first octet says how many follow. */
    Found marked(int from) {
        int first = Byte.toUnsignedInt(take(from, 1)[0]);
        switch (framing.kind) {
            case "quic" -> {
                int width = 1 << (first >> 6);
                BigInteger value = number(take(from, width), false);
                return new Found(value.clearBit(8 * width - 1).clearBit(8 * width - 2), from + width);
            }
            case "compact" -> {
                int width = first < 253 ? 0 : 1 << (first - 252);
                BigInteger value = number(take(from + 1, width), true);
                return new Found(width == 0 ? BigInteger.valueOf(first) : value, from + 1 + width);
            }
            case "berlen" -> {
                if (first == 128 || first == 255) throw new Wrong("an indefinite length");
                if (first < 128) return new Found(BigInteger.valueOf(first), from + 1);
                BigInteger value = number(take(from + 1, first - 128), false);
                if (value.bitLength() > 64) throw new Wrong("a length of too many bits");
                return new Found(value, from + 1 + first - 128);
            }
            case "wslen" -> {
                int small = first & 127, width = small < 126 ? 0 : small == 126 ? 2 : 8;
                BigInteger value = width == 0 ? BigInteger.valueOf(small) : number(take(from + 1, width), false);
                if (value.bitLength() > 63) throw new Wrong("a length with its top bit set");
                int least = width == 0 ? 0 : width == 2 ? 126 : 65_536;
                boolean longer = value.compareTo(BigInteger.valueOf(least)) < 0;
                return new Found(value, from + 1 + width, first > 127, longer);
            }
            default -> throw new Wrong(framing.kind + " is not known");
        }
    }

    Found groups(int from) {
        int most = framing.count == 0 ? 10 : framing.count;
        int bits = most == 5 ? 32 : most == 10 ? 64 : most * 7;
        BigInteger value = BigInteger.ZERO;
        for (int place = 0; place < most; place++) {
            int octet = Byte.toUnsignedInt(take(from + place, 1)[0]);
            BigInteger group = BigInteger.valueOf(octet & 127);
            value = framing.kind.equals("vlq")
                    ? value.shiftLeft(7).or(group)
                    : value.or(group.shiftLeft(7 * place));
            if (value.bitLength() > bits) throw new Wrong("a length of too many bits");
            if (octet < 128) return new Found(value, from + place + 1, false, place > 0 && octet == 0);
        }
        throw new Wrong("a length of too many octets");
    }

    Found digits(byte[] octets, int end) {
        int base = framing.kind.equals("hex") ? 16 : 10;
        String text = new String(octets, StandardCharsets.ISO_8859_1);
        if (!text.matches(base == 16 ? "[0-9a-fA-F]+" : "[0-9]{1,20}")) throw new Wrong("not a length");
        BigInteger value = new BigInteger(text, base);
        if (value.bitLength() > 64) throw new Wrong("a length of too many bits");
        return new Found(value, end, false, text.length() > 1 && text.startsWith("0"));
    }

    Found digits(int from) {
        int end = from;
        while (end < buffer.length && end - from < 21 && buffer[end] >= '0' && buffer[end] <= '9') end++;
        int came = Math.min(framing.text.length, buffer.length - end);
        boolean starts = Arrays.equals(buffer, end, end + came, framing.text, 0, came);
        if (end - from > 20 || !starts || end == from && came > 0) throw new Wrong("not a length");
        if (came < framing.text.length) throw new Need();
        return digits(Arrays.copyOfRange(buffer, from, end), end + came);
    }

    Found header(int from) {
        String all = new String(buffer, from, buffer.length - from, StandardCharsets.ISO_8859_1);
        int end = all.indexOf("\r\n\r\n");
        if (end < 0) throw new Need();
        String wanted = new String(framing.text, StandardCharsets.ISO_8859_1), said = null;
        for (String line : all.substring(0, end).split("\r\n")) {
            String[] halves = line.split(":", 2);
            if (halves.length < 2 || !halves[0].trim().equalsIgnoreCase(wanted)) continue;
            if (said != null && !said.equals(halves[1].trim())) throw new Wrong("two lengths");
            said = halves[1].trim();
        }
        if (said == null) throw new Wrong("a header block must say a length");
        return digits(said.getBytes(StandardCharsets.ISO_8859_1), from + end + 4);
    }

    static byte[] uncobs(byte[] octets) {
        List<byte[]> out = new ArrayList<>();
        if (octets.length == 0) throw new Wrong("a frame of nothing");
        for (int at = 0; at < octets.length; ) {
            int code = Byte.toUnsignedInt(octets[at]);
            if (at + code > octets.length) throw new Wrong("a group that is longer than what is there");
            out.add(Arrays.copyOfRange(octets, at + 1, at + code));
            at += code;
            if (code < 255 && at < octets.length) out.add(new byte[1]);
        }
        return joined(out);
    }

    static byte[] unslip(byte[] octets) {
        byte[] out = new byte[octets.length];
        int filled = 0;
        for (int at = 0; at < octets.length; at++) {
            byte octet = octets[at];
            if (octet == (byte) 0xDB) {
                int escaped = ++at < octets.length ? Byte.toUnsignedInt(octets[at]) : 0;
                if (escaped != 0xDC && escaped != 0xDD) throw new Wrong("an escape of nothing");
                octet = (byte) (escaped == 0xDC ? 0xC0 : 0xDB);
            }
            out[filled++] = octet;
        }
        return Arrays.copyOf(out, filled);
    }

    void feed(byte[] octets, Consumer<byte[]> deliver) {
        byte[] rest = Arrays.copyOfRange(buffer, at, buffer.length);
        buffer = joined(List.of(rest, octets));
        at = 0;
        try {
            while (at < buffer.length && !ended) {
                byte[] payload = next();
                if (payload != null) deliver.accept(payload);
            }
        } catch (Need more) {
            return;
        }
    }

    void finish() {
        if (at < buffer.length && !ended) throw new Wrong("the stream ends inside a frame");
    }

    static String answer(Framed decoder, String line) {
        StringBuilder came = new StringBuilder();
        String ended = "more";
        int place = 0;
        try {
            for (String word : line.trim().split("\\s+")) {
                int number = ++place;
                if (word.equals("$")) {
                    decoder.finish();
                    ended = "end";
                } else {
                    byte[] octets = HEX.parseHex(word.replace("-", ""));
                    decoder.feed(octets, payload ->
                            came.append(number).append(':').append(HEX.formatHex(payload)).append(' '));
                }
            }
        } catch (Wrong why) {
            return came + "error " + why.getMessage();
        }
        return came + (decoder.ended ? "end" : ended);
    }

    static void stream(Framed decoder) throws IOException {
        DataOutputStream out = new DataOutputStream(System.out);
        byte[] chunk = new byte[65_536];
        for (int count; (count = System.in.read(chunk)) >= 0; ) {
            List<byte[]> payloads = new ArrayList<>();
            try {
                decoder.feed(Arrays.copyOf(chunk, count), payloads::add);
            } finally {
                for (byte[] payload : payloads) {
                    out.writeInt(payload.length);
                    out.write(payload);
                }
                out.flush();
            }
        }
        decoder.finish();
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 2) {
            try {
                stream(new Framed(arguments[0]));
            } catch (Wrong why) {
                System.err.println(why.getMessage());
                System.exit(1);
            }
            return;
        }
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            System.out.println(answer(new Framed(arguments[0]), line));
            System.out.flush();
        }
    }
}
