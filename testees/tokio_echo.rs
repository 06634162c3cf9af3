//! A frame echo server as the Tokio community writes one: `tokio-util`'s
//! `LengthDelimitedCodec` as it comes. Class `framing`.
//!
//! `tokio_echo --port PORT`

use futures_util::SinkExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_stream::StreamExt;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

async fn echo(stream: TcpStream) -> std::io::Result<()> {
    let mut frames = Framed::new(stream, LengthDelimitedCodec::new());
    while let Some(frame) = frames.next().await {
        frames.send(frame?.freeze()).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(2).and_then(|port| port.parse().ok());
    let listener = TcpListener::bind(("127.0.0.1", port.expect("--port PORT"))).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(echo(stream));
    }
}
