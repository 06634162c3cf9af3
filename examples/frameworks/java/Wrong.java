// Sends frames back. The mistake: read(buffer) gives what is there, up to the length of the buffer.
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;

class Wrong {
    static void serve(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            byte[] header = new byte[4];
            while (in.read(header) > 0) {
                int length = ByteBuffer.wrap(header).getInt();
                byte[] payload = new byte[Math.floorMod(length, 1 << 20)];
                in.read(payload);
                out.write(header);
                out.write(payload);
                out.flush();
            }
        } catch (Exception error) {
            System.err.println(error);
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
