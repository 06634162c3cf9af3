//! The two servers of docs/frameworks.md: `frameworks wrong|right PORT`.

mod right;
mod wrong;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let [_, which, port] = words.as_slice() else {
        panic!("usage: frameworks wrong|right PORT");
    };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        match which.as_str() {
            "wrong" => tokio::spawn(wrong::serve(stream)),
            _ => tokio::spawn(right::serve(stream)),
        };
    }
}
