//! Sends frames back. The mistake: `read` gives what is there, up to the length of the buffer.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Serves a connection.
#[expect(
    clippy::unused_io_amount,
    reason = "the mistake, where the count is dropped"
)]
pub(crate) async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut header = [0; 4];
    while stream.read(&mut header).await? > 0 {
        let length = u32::from_be_bytes(header) % (1 << 20);
        let mut payload = vec![0; length as usize];
        if length > 0 {
            stream.read(&mut payload).await?;
        }
        stream.write_all(&header).await?;
        stream.write_all(&payload).await?;
    }
    Ok(())
}
