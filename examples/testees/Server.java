// A server of class transfer, with nothing but the JDK.
//
//     javac -d classes examples/testees/Server.java
//     unstick server -- java -cp classes Server {port} {dir}
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Server {
    static final int MAX_PAYLOAD = 1 << 20;
    static final Pattern HEADER = Pattern.compile("(.*),([0-9]{1,10})", Pattern.DOTALL);
    static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu年MM月dd日HH时mm分ss秒");

    private final DataInputStream in;
    private final OutputStream out;
    private final Path directory;

    Server(Socket socket, Path directory) throws IOException {
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        this.out = socket.getOutputStream();
        this.directory = directory;
    }

    /** The next message; null at an end between two. */
    String message() throws IOException {
        int first = in.read();
        if (first < 0) return null;
        long length = (long) first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
        if (length > MAX_PAYLOAD) throw new IOException("a payload of " + length + " octets is too large");
        byte[] payload = new byte[(int) length];
        in.readFully(payload);
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
    }

    void reply(String text) throws IOException {
        String reply = "服务端于" + LocalDateTime.now().format(TIME) + "收到了你发来的“" + text + "”信息!";
        byte[] payload = reply.getBytes(StandardCharsets.UTF_8);
        out.write(ByteBuffer.allocate(4 + payload.length).putInt(payload.length).put(payload).array());
    }

    void receiveFile() throws IOException {
        String text = message();
        if (text == null) throw new EOFException("the client closed instead of a header");
        Matcher header = HEADER.matcher(text);
        if (!header.matches()) throw new IOException("not a header");
        String name = header.group(1);
        long left = Long.parseLong(header.group(2));
        int octets = name.getBytes(StandardCharsets.UTF_8).length;
        boolean inside = octets > 0 && octets <= 255 && !name.equals(".") && !name.equals("..")
                && name.indexOf('/') < 0 && name.indexOf('\\') < 0 && name.indexOf('\0') < 0;
        if (!inside || left > 0xFFFF_FFFFL) throw new IOException("not a name and a length");
        Path partial = Files.createTempFile(directory, ".incoming-", "");
        try {
            try (OutputStream file = Files.newOutputStream(partial)) {
                byte[] chunk = new byte[65_536];
                while (left > 0) {
                    int count = in.read(chunk, 0, (int) Math.min(left, chunk.length));
                    if (count < 0) throw new EOFException("the client closed inside a file");
                    file.write(chunk, 0, count);
                    left -= count;
                }
            }
            Files.move(partial, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    void session() throws IOException {
        for (String text = message(); text != null && !text.equals("q") && !text.equals("Q"); text = message()) {
            if (text.equals("file") || text.equals("FILE")) {
                receiveFile();
            } else {
                reply(text);
            }
        }
    }

    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[1]);
        try (ServerSocket listener =
                new ServerSocket(Integer.parseInt(arguments[0]), 128, InetAddress.getLoopbackAddress())) {
            while (true) {
                Socket socket = listener.accept();
                new Thread(() -> {
                    try (socket) {
                        new Server(socket, directory).session();
                    } catch (IOException error) {
                        System.err.println(error);
                    }
                }).start();
            }
        }
    }
}
