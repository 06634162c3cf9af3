// A client of class transfer, with nothing but the JDK. Compiled before, it starts sooner for each conversation:
//
//     javac -d classes examples/testees/Client.java
//     unstick client -- java -cp classes Client {host} {port} {dir}
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

public class Client {
    static final long LARGEST = 0xFFFF_FFFFL;
    static final PrintStream SHOWN = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private final OutputStream out;
    private final DataInputStream replies;
    private final Path directory;

    Client(Socket socket, Path directory) throws IOException {
        this.out = socket.getOutputStream();
        this.replies = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        this.directory = directory;
    }

    void send(String text) throws IOException {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        out.write(ByteBuffer.allocate(4 + payload.length).putInt(payload.length).put(payload).array());
    }

    String receive() throws IOException {
        long left = Integer.toUnsignedLong(replies.readInt());
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        byte[] chunk = new byte[65_536];
        while (left > 0) {
            int count = replies.read(chunk, 0, (int) Math.min(left, chunk.length));
            if (count < 0) throw new EOFException("the server closed inside a reply");
            payload.write(chunk, 0, count);
            left -= count;
        }
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload.toByteArray())).toString();
    }

    void sendFile(String command, String name) throws IOException {
        boolean inside = !name.isEmpty() && !name.equals(".") && !name.equals("..")
                && name.indexOf('/') < 0 && name.indexOf('\\') < 0;
        if (!inside || !Files.isRegularFile(directory.resolve(name))) {
            SHOWN.println(name + ": not sent: there is no such file");
            return;
        }
        Path path = directory.resolve(name);
        long size = Files.size(path);
        if (size > LARGEST) {
            SHOWN.println(name + ": not sent: it has more than " + LARGEST + " octets");
            return;
        }
        try (InputStream file = Files.newInputStream(path)) {
            send(command);
            send(name + "," + size);
            byte[] chunk = new byte[65_536];
            for (long left = size; left > 0; ) {
                int count = file.read(chunk, 0, (int) Math.min(left, chunk.length));
                if (count < 0) throw new EOFException(name + " shrank while it was sent");
                out.write(chunk, 0, count);
                left -= count;
            }
        }
        SHOWN.println(name + ": sent");
    }

    /** The next line that was typed; null at the end. */
    static String line(InputStream typed) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = typed.read(); octet != '\n'; octet = typed.read()) {
            if (octet < 0) return line.size() == 0 ? null : line.toString(StandardCharsets.UTF_8);
            line.write(octet);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    void run(InputStream typed) throws IOException {
        for (String text = line(typed); text != null; text = line(typed)) {
            if (text.equals("q") || text.equals("Q")) break;
            if (text.equals("file") || text.equals("FILE")) {
                String name = line(typed);
                sendFile(text, name == null ? "" : name);
            } else if (!text.isEmpty()) {
                send(text);
                SHOWN.println(receive());
            }
        }
        send("q");
    }

    public static void main(String[] arguments) {
        try (Socket socket = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            new Client(socket, Path.of(arguments[2])).run(new BufferedInputStream(System.in));
        } catch (IOException error) {
            System.err.println(error);
            System.exit(1);
        }
    }
}
