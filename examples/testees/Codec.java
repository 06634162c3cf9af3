// A codec of u32 big-endian frames, with nothing but the JDK. Starting a JVM for each stream
// would take minutes, so it speaks the line-based mode.
//
//     unstick codec --lines -- java examples/testees/Codec.java
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.HexFormat;

public class Codec {
    static final HexFormat HEX = HexFormat.of();

    /** What has come of the stream and is no whole frame yet. */
    private ByteArrayOutputStream pending = new ByteArrayOutputStream();

    void feed(byte[] octets) {
        pending.writeBytes(octets);
        ByteBuffer buffer = ByteBuffer.wrap(pending.toByteArray());
        while (buffer.remaining() >= 4) {
            long length = Integer.toUnsignedLong(buffer.getInt(buffer.position()));
            if (buffer.remaining() - 4 < length) break;
            byte[] payload = new byte[(int) length];
            buffer.getInt();
            buffer.get(payload);
            System.out.println("payload " + HEX.formatHex(payload));
        }
        pending = new ByteArrayOutputStream();
        pending.write(buffer.array(), buffer.position(), buffer.remaining());
    }

    static byte[] pack(long length) {
        if (length < 0 || length > 0xFFFFFFFFL) throw new IllegalArgumentException("no length");
        return ByteBuffer.allocate(4).putInt((int) length).array();
    }

    static long unpack(byte[] octets) {
        if (octets.length != 4) throw new IllegalArgumentException("a length is 4 octets");
        return Integer.toUnsignedLong(ByteBuffer.wrap(octets).getInt());
    }

    String answer(String word, String value) throws IOException {
        switch (word) {
            case "reset" -> pending.reset();
            case "feed" -> feed(HEX.parseHex(value));
            case "end" -> {
                if (pending.size() > 0) return "error the stream ends inside a frame";
            }
            case "encode" -> {
                byte[] payload = HEX.parseHex(value);
                return "octets " + HEX.formatHex(pack(payload.length)) + value;
            }
            case "pack" -> {
                return "octets " + HEX.formatHex(pack(Long.parseLong(value)));
            }
            case "unpack" -> {
                return "length " + unpack(HEX.parseHex(value));
            }
            default -> throw new IllegalArgumentException("what is " + word + "?");
        }
        return "ok";
    }

    public static void main(String[] arguments) throws IOException {
        Codec codec = new Codec();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] words = line.split(" ", 2);
            String answer;
            try {
                answer = codec.answer(words[0], words.length > 1 ? words[1] : "");
            } catch (IllegalArgumentException error) {
                answer = "error " + error.getMessage();
            }
            System.out.println(answer);
        }
    }
}
