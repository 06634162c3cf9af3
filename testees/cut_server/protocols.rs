//! Eight protocols, each as one function: a whole request at the beginning of some octets, and the reply.

/// The protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Resp,
    Mqtt,
    Dns,
    Postgres,
    Http,
    WebSocket,
    Smtp,
    Varint,
}

impl Protocol {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "resp" => Self::Resp,
            "mqtt" => Self::Mqtt,
            "dns" => Self::Dns,
            "postgres" => Self::Postgres,
            "http" => Self::Http,
            "websocket" => Self::WebSocket,
            "smtp" => Self::Smtp,
            "varint" => Self::Varint,
            _ => return None,
        })
    }
}

/// The octets of a request, and its reply.
type Request = Option<(usize, Vec<u8>)>;

/// State of a connection.
#[derive(Debug)]
pub(crate) struct Session {
    protocol: Protocol,
    /// The connection is past its first request.
    begun: bool,
    /// A mail's text is being sent.
    in_data: bool,
    over: bool,
}

impl Session {
    pub(crate) const fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            begun: false,
            in_data: false,
            over: false,
        }
    }

    pub(crate) fn greeting(&self, nonce: &str) -> Vec<u8> {
        match self.protocol {
            Protocol::Smtp if nonce.is_empty() => b"220 ready\r\n".to_vec(),
            Protocol::Smtp => format!("220 ready <{nonce}>\r\n").into_bytes(),
            _ => Vec::new(),
        }
    }

    /// Number of octets at a request's front, before it has said how long it is.
    pub(crate) const fn header(&self) -> usize {
        match self.protocol {
            Protocol::Dns | Protocol::Mqtt | Protocol::Varint => 2,
            Protocol::Postgres if self.begun => 5,
            Protocol::Resp | Protocol::Postgres | Protocol::Http | Protocol::Smtp => 4,
            Protocol::WebSocket => 6,
        }
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.over
    }

    /// A whole request at the beginning, if there is one. `value` is to be in the reply.
    pub(crate) fn next(&mut self, octets: &[u8], value: &str) -> Request {
        let found = match self.protocol {
            Protocol::Resp => resp(octets, value),
            Protocol::Mqtt => mqtt(octets),
            Protocol::Dns => dns(octets),
            Protocol::Postgres => postgres(octets, self.begun, value),
            Protocol::Http => http(octets, value),
            Protocol::WebSocket if self.begun => websocket(octets),
            Protocol::WebSocket => upgrade(octets),
            Protocol::Smtp => self.smtp(octets, value),
            Protocol::Varint => varint(octets, value),
        };
        self.begun |= found.is_some();
        found
    }

    fn smtp(&mut self, octets: &[u8], value: &str) -> Request {
        if self.in_data {
            let end = find(octets, b"\r\n.\r\n")? + 5;
            self.in_data = false;
            let text = String::from_utf8_lossy(&octets[..end]).chars().count();
            return Some((end, with(&format!("250 kept {text}"), value)));
        }
        let end = find(octets, b"\r\n")? + 2;
        let line = String::from_utf8_lossy(&octets[..end - 2]).to_uppercase();
        let reply = match line.split_whitespace().next().unwrap_or_default() {
            "DATA" => {
                self.in_data = true;
                b"354 go on\r\n".to_vec()
            }
            "QUIT" => {
                self.over = true;
                b"221 bye\r\n".to_vec()
            }
            "HELO" | "EHLO" | "MAIL" | "RCPT" | "NOOP" => with("250 ok", value),
            _ => b"500 unknown\r\n".to_vec(),
        };
        Some((end, reply))
    }
}

/// A line with a value in it, if there is one.
fn with(line: &str, value: &str) -> Vec<u8> {
    let space = if value.is_empty() { "" } else { " " };
    format!("{line}{space}{value}\r\n").into_bytes()
}

fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn number(octets: &[u8]) -> Option<usize> {
    str::from_utf8(octets).ok()?.parse().ok()
}

fn resp(octets: &[u8], value: &str) -> Request {
    let mut end = find(octets, b"\r\n")?;
    let count = number(octets.get(1..end)?)?;
    end += 2;
    let mut last = Vec::new();
    for _ in 0..count {
        let line = end + find(&octets[end..], b"\r\n")?;
        let len = number(octets.get(end + 1..line)?)?;
        last = octets.get(line + 2..line + 2 + len)?.to_vec();
        octets.get(line + 2 + len..line + 4 + len)?;
        end = line + 4 + len;
    }
    let mut reply = with("+OK", value);
    reply.extend(format!("${}\r\n", last.len()).into_bytes());
    reply.extend(last);
    reply.extend(b"\r\n");
    Some((end, reply))
}

/// A number of 7 bits an octet, least first, and how many octets it has.
fn base_128(octets: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0;
    for (place, octet) in octets.iter().take(4).enumerate() {
        number |= usize::from(octet & 0x7F) << (7 * place);
        if octet & 0x80 == 0 {
            return Some((number, place + 1));
        }
    }
    None
}

fn mqtt(octets: &[u8]) -> Request {
    let (len, header) = base_128(octets.get(1..)?)?;
    let body = octets.get(1 + header..1 + header + len)?;
    let id = |at: usize| {
        [
            body.get(at).copied().unwrap_or(0),
            body.get(at + 1).copied().unwrap_or(0),
        ]
    };
    let reply = match octets[0] >> 4 {
        1 => vec![0x20, 2, 0, 0],
        3 => {
            let topic = usize::from(id(0)[1]);
            [&[0x40, 2][..], &id(2 + topic)].concat()
        }
        8 => [&[0x90, 3][..], &id(0), &[0]].concat(),
        12 => vec![0xD0, 0],
        _ => Vec::new(),
    };
    Some((1 + header + len, reply))
}

fn dns(octets: &[u8]) -> Request {
    let len = usize::from(u16::from_be_bytes(*octets.first_chunk()?));
    let mut reply = octets.get(..2 + len)?.to_vec();
    if let Some(flags) = reply.get_mut(4) {
        *flags |= 0x80;
    }
    Some((2 + len, reply))
}

fn postgres(octets: &[u8], begun: bool, value: &str) -> Request {
    let at = usize::from(begun);
    let len = u32::from_be_bytes(*octets.get(at..)?.first_chunk()?) as usize;
    octets.get(..at + len)?;
    let message = |kind: u8, body: &[u8]| {
        let len = (body.len() as u32 + 4).to_be_bytes();
        [&[kind], &len[..], body].concat()
    };
    let ready = message(b'Z', b"I");
    let reply = if begun {
        let tag = format!("SELECT {}{value}\0", len - 4);
        [message(b'C', tag.as_bytes()), ready].concat()
    } else {
        [message(b'R', &[0; 4]), ready].concat()
    };
    Some((at + len, reply))
}

fn http(octets: &[u8], value: &str) -> Request {
    let head = find(octets, b"\r\n\r\n")? + 4;
    let mut end = head;
    let mut body = Vec::new();
    if find(&octets[..head], b"chunked").is_some() {
        loop {
            let line = end + find(&octets[end..], b"\r\n")?;
            let len = usize::from_str_radix(str::from_utf8(&octets[end..line]).ok()?, 16).ok()?;
            body.extend_from_slice(octets.get(line + 2..line + 2 + len)?);
            octets.get(line + 2 + len..line + 4 + len)?;
            end = line + 4 + len;
            if len == 0 {
                break;
            }
        }
    }
    let reply = format!(
        "HTTP/1.1 200 OK\r\nX-Value: -{value}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Some((end, [reply.as_bytes(), &body].concat()))
}

fn upgrade(octets: &[u8]) -> Request {
    let end = find(octets, b"\r\n\r\n")? + 4;
    let reply = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    Some((end, reply.to_vec()))
}

fn websocket(octets: &[u8]) -> Request {
    let short = usize::from(octets.get(1)? & 0x7F);
    let (len, at) = if short == 126 {
        (
            usize::from(u16::from_be_bytes(*octets.get(2..)?.first_chunk()?)),
            4,
        )
    } else {
        (short, 2)
    };
    let mask: [u8; 4] = *octets.get(at..)?.first_chunk()?;
    let masked = octets.get(at + 4..at + 4 + len)?;
    let payload: Vec<u8> = masked
        .iter()
        .enumerate()
        .map(|(place, octet)| octet ^ mask[place % 4])
        .collect();
    let mut reply = octets[..at].to_vec();
    reply[1] &= 0x7F;
    reply.extend(payload);
    Some((at + 4 + len, reply))
}

fn varint(octets: &[u8], value: &str) -> Request {
    let (len, header) = base_128(octets)?;
    let mut payload = octets.get(header..header + len)?.to_vec();
    payload.reverse();
    payload.extend(value.as_bytes());
    let mut reply = Vec::new();
    let mut rest = payload.len();
    while rest > 0x7F {
        reply.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    reply.push(rest as u8);
    reply.extend(payload);
    Some((header + len, reply))
}
