//! Framings by name.

/// A framing that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// The template that it stands for, in the language.
    pub template: &'static str,
    /// The protocol, in a few words.
    pub about: &'static str,
}

const fn preset(name: &'static str, template: &'static str, about: &'static str) -> Preset {
    Preset {
        name,
        template,
        about,
    }
}

/// All presets, by name.
pub const PRESETS: &[Preset] = &[
    preset(
        "amqp",
        "3? u32be * xce",
        "AMQP 0-9-1: type, channel, size, payload, end octet",
    ),
    preset(
        "ber",
        "1? berlen forms=longer",
        "BER and LDAP: a tag of one octet and a length",
    ),
    preset(
        "bgp",
        "xff^16 u16be+19 1?",
        "BGP (RFC 4271): marker, length, type",
    ),
    preset(
        "bitcoin",
        "16? u32le 4?",
        "Bitcoin: magic, command, length, checksum",
    ),
    preset("bittorrent", "u32be zero=keepalive", "BitTorrent peers"),
    preset("cassandra", "5? u32be", "Cassandra's native protocol"),
    preset(
        "cobs",
        "cobs",
        "consistent overhead byte stuffing, and a zero octet behind",
    ),
    preset("diameter", "x01 u24be+20 16?", "Diameter (RFC 6733)"),
    preset("dns", "u16be", "DNS over TCP (RFC 1035)"),
    preset("grpc", "1? u32be", "gRPC messages: a flag, a length"),
    preset("http2", "u24be 6?", "HTTP/2 (RFC 9113)"),
    preset("iec104", "x68 u8", "IEC 60870-5-104"),
    preset("irc", "line'\\r\\n'", "IRC lines"),
    preset("kafka", "i32be", "Kafka"),
    preset(
        "libp2p",
        "varint9 forms=shortest",
        "libp2p and multiformats: unsigned-varint",
    ),
    preset(
        "lsp",
        "header'Content-Length'",
        "the Language Server Protocol's base protocol",
    ),
    preset("minecraft", "varint3", "Minecraft: Java Edition"),
    preset("mllp", "x0b * x1c0d", "HL7's lower layer protocol"),
    preset("modbus", "2? x0000 u16be+1 1?", "Modbus/TCP"),
    preset("mongodb", "i32le+all 12?", "MongoDB's wire protocol"),
    preset(
        "mqtt",
        "1? varint4",
        "MQTT: a fixed header and a remaining length",
    ),
    preset(
        "mysql",
        "u24le 1? chain",
        "MySQL: a length, a sequence number; long packets in parts",
    ),
    preset("netstring", "dec':' * x2c forms=shortest", "netstrings"),
    preset(
        "onc-rpc",
        "mark",
        "ONC RPC record marking (RFC 5531): records in fragments",
    ),
    preset("pkt-line", "hex4+4 zero=end", "git's pkt-lines"),
    preset(
        "postgres",
        "1? u32be+4",
        "PostgreSQL: a type, a length that counts itself",
    ),
    preset(
        "protobuf",
        "varint forms=longer",
        "protobuf, length-delimited",
    ),
    preset("slip", "slip", "SLIP (RFC 1055)"),
    preset("smpp", "u32be+16 12?", "SMPP"),
    preset("smtp", "line'\\r\\n'", "SMTP lines"),
    preset(
        "syslog",
        "dec' '",
        "syslog over TCP, octet counting (RFC 6587)",
    ),
    preset("tds", "2? u16be+8 4?", "TDS (SQL Server)"),
    preset("thrift", "i32be", "Thrift's framed transport"),
    preset("tls", "3? u16be", "TLS records"),
    preset("tpkt", "x0300 u16be+4", "TPKT (RFC 1006)"),
    preset(
        "websocket",
        "1? wslen forms=shortest",
        "WebSocket frames (RFC 6455)",
    ),
    preset("zookeeper", "i32be", "ZooKeeper"),
];

/// The preset of this name.
pub(super) fn find(name: &str) -> Option<&'static Preset> {
    let name = match name {
        "modbus-tcp" => "modbus",
        "git" => "pkt-line",
        "ldap" => "ber",
        "rpc" => "onc-rpc",
        name => name,
    };
    PRESETS.iter().find(|preset| preset.name == name)
}
