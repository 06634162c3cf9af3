//! A server that sends frames of a framing back, or with `--chunks` a codec, with a mistake planted:
//! `framed --framing TEMPLATE [--fault NAME] [--max-payload N] (--port PORT | --chunks)`; `framed --faults`
//! lists what there is.

mod decoder;

use std::io::{self, BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};

use decoder::{Decoder, Shape};

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    };
    if words.iter().any(|word| word == "--faults") {
        return list();
    }
    let template = value("--framing").expect("--framing TEMPLATE");
    let shape = decoder::SHAPES
        .into_iter()
        .find(|shape| shape.template == template);
    let shape = shape.expect("one of the framings that there are");
    let fault = value("--fault").unwrap_or_default();
    let known = decoder::FAULTS
        .iter()
        .any(|one| one.name == fault && one.exists_in(&shape));
    assert!(
        known || fault.is_empty(),
        "{template} has no mistake {fault}"
    );
    let limit = value("--max-payload").map_or(u64::from(u32::MAX) * 2, |limit| {
        limit.parse().expect("a number")
    });
    match value("--port") {
        Some(port) => serve(&port, shape, &fault, limit),
        None => answer(shape, &fault, limit),
    }
}

/// Faults, where they can be planted, and what they break.
fn list() {
    for shape in decoder::SHAPES {
        for fault in decoder::FAULTS
            .iter()
            .filter(|fault| fault.exists_in(&shape))
        {
            println!(
                "{}\t{}\t{}",
                shape.template,
                fault.name,
                fault.breaks.join(" ")
            );
        }
    }
}

fn serve(port: &str, shape: Shape, fault: &str, limit: u64) {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port is free");
    for stream in listener.incoming() {
        let decoder = Decoder::new(shape, fault, limit);
        let Ok(stream) = stream else { continue };
        std::thread::spawn(move || echo(stream, decoder));
    }
}

/// Octets that the decoder takes for a frame go back as they came.
fn echo(mut stream: TcpStream, mut decoder: Decoder) -> io::Result<()> {
    let mut buffer = vec![0; 65_536];
    loop {
        let count = stream.read(&mut buffer)?;
        let mut out = Vec::new();
        let mut deliver = |_: &[u8], frame: &[u8]| out.extend_from_slice(frame);
        let went = match count {
            0 => decoder.finish(&mut deliver),
            _ => decoder.feed(&buffer[..count], &mut deliver),
        };
        stream.write_all(&out)?;
        if count == 0 || went.is_err() {
            return Ok(());
        }
    }
}

/// A stream a line, as the contract of codecs has it.
fn answer(shape: Shape, fault: &str, limit: u64) {
    for line in io::stdin().lock().lines() {
        let line = line.expect("text");
        let mut decoder = Decoder::new(shape, fault, limit);
        let mut out = String::new();
        let mut ended = "more".to_owned();
        for (at, word) in line.split_ascii_whitespace().enumerate() {
            let mut deliver = |payload: &[u8], _: &[u8]| {
                let hex: String = payload.iter().map(|octet| format!("{octet:02x}")).collect();
                out += &format!("{}:{hex} ", at + 1);
            };
            let went = match word {
                "$" => decoder
                    .finish(&mut deliver)
                    .map(|()| ended = "end".to_owned()),
                word => decoder.feed(&octets(word), &mut deliver),
            };
            if let Err(why) = went {
                ended = format!("error {why}");
                break;
            }
        }
        println!("{out}{ended}");
        io::stdout().flush().expect("it is read");
    }
}

fn octets(hex: &str) -> Vec<u8> {
    let digit = |octet: u8| char::from(octet).to_digit(16).unwrap_or(0) as u8;
    let pairs = hex.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}
