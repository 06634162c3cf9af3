// Sends frames back. LengthFieldBasedFrameDecoder keeps what has come, and hands over whole payloads.
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;

class Right {
    static final int LIMIT = 1 << 20;

    static class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object payload) {
            context.writeAndFlush(payload);
        }

        // Without this the decoder passes over a frame that is too long, and goes on behind it.
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable error) {
            context.close();
        }
    }

    public static void main(String[] words) throws Exception {
        var server = new ServerBootstrap()
                .group(new NioEventLoopGroup(2))
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(
                                new LengthFieldBasedFrameDecoder(4 + LIMIT, 0, 4, 0, 4),
                                new LengthFieldPrepender(4),
                                new Echo());
                    }
                });
        server.bind("127.0.0.1", Integer.parseInt(words[0])).sync();
    }
}
