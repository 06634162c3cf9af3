//! Sends frames back. `read_exact` waits for all octets, and says so where the stream ends before.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: u32 = 1 << 20;

/// Serves a connection.
pub(crate) async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    loop {
        let length = stream.read_u32().await?;
        if length > LIMIT {
            return Ok(());
        }
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await?;
        stream.write_u32(length).await?;
        stream.write_all(&payload).await?;
    }
}
