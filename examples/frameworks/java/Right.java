// Sends frames back. DataInputStream.readFully reads until the buffer is full, or throws EOFException.
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;

class Right {
    static final int LIMIT = 1 << 20;

    static void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            OutputStream out = socket.getOutputStream();
            while (true) {
                int length = in.readInt();
                // A length with the top bit set is a large one, and an int takes it for a negative one.
                if (length < 0 || length > LIMIT) {
                    return;
                }
                byte[] frame = ByteBuffer.allocate(4 + length).putInt(length).array();
                in.readFully(frame, 4, length);
                out.write(frame);
                out.flush();
            }
        } catch (IOException error) {
            // The stream ended, cleanly or inside a frame: there is nobody left to answer.
        }
    }

    public static void main(String[] words) throws Exception {
        var server = new ServerSocket(Integer.parseInt(words[0]), 50, InetAddress.getByName("127.0.0.1"));
        while (true) {
            Socket socket = server.accept();
            new Thread(() -> serve(socket)).start();
        }
    }
}
