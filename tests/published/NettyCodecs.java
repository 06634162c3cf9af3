import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DelimiterBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.protobuf.ProtobufVarint32FrameDecoder;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * Netty's frame decoders as a codec: streams a line, as docs/codec-contract.md has `--chunks`.
 *
 * <p>usage: java NettyCodecs KIND LIMIT [OFFSET WIDTH ADJUSTMENT STRIP] --chunks
 */
final class NettyCodecs {
    private NettyCodecs() {
    }

    private static ChannelHandler decoder(String[] args) {
        int limit = Integer.parseInt(args[1]);
        return switch (args[0]) {
            case "big" -> lengthField(ByteOrder.BIG_ENDIAN, limit, args);
            case "little" -> lengthField(ByteOrder.LITTLE_ENDIAN, limit, args);
            case "varint" -> new ProtobufVarint32FrameDecoder();
            case "line" -> new LineBasedFrameDecoder(limit, true, true);
            case "nul" -> new DelimiterBasedFrameDecoder(limit, true, true, Unpooled.wrappedBuffer(new byte[] {0}));
            default -> throw new IllegalArgumentException("there is no decoder " + args[0]);
        };
    }

    private static ChannelHandler lengthField(ByteOrder order, int limit, String[] args) {
        int[] of = new int[4];
        for (int at = 0; at < 4; at++) {
            of[at] = Integer.parseInt(args[2 + at]);
        }
        return new LengthFieldBasedFrameDecoder(order, limit, of[0], of[1], of[2], of[3], true);
    }

    /** Octets of messages that have come out. */
    private static void taken(EmbeddedChannel channel, int number, StringBuilder out) {
        for (ByteBuf payload; (payload = channel.readInbound()) != null; payload.release()) {
            out.append(number).append(':').append(ByteBufUtil.hexDump(payload)).append(' ');
        }
    }

    private static String answer(String line, String[] args) {
        StringBuilder out = new StringBuilder();
        EmbeddedChannel channel = new EmbeddedChannel(decoder(args));
        int number = 0;
        try {
            for (String word : line.trim().split(" +")) {
                number++;
                if (word.equals("$")) {
                    channel.finish();
                    taken(channel, number, out);
                    return out.append("end").toString();
                }
                byte[] octets = word.equals("-") || word.isEmpty() ? new byte[0] : HexFormat.of().parseHex(word);
                channel.writeInbound(Unpooled.wrappedBuffer(octets));
                taken(channel, number, out);
            }
            return out.append("more").toString();
        } catch (RuntimeException error) {
            taken(channel, number, out);
            return out.append("error ").append(String.valueOf(error.getMessage()).replace('\n', ' ')).toString();
        }
    }

    public static void main(String[] args) throws Exception {
        if (!args[args.length - 1].equals("--chunks")) {
            System.err.println("only --chunks");
            System.exit(2);
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;) {
            System.out.println(answer(line, args));
            System.out.flush();
        }
    }
}
