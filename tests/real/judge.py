#!/usr/bin/env python3
"""Recuts real servers, which are right: an accusation is a fault of unstick. docs/recutting.md names them.

usage: tests/real/judge.py [--rounds N] [--loops K] [--cuts C] [--unstick PATH] [--keep DIR] [NAME…]

    --rounds N      how often each recording is recut (default 1)
    --loops K       busy loops beside, which make the machine slow (default 0)
    --cuts C        passed on to `unstick recut` (default: its own)
    --unstick PATH  the program (default: UNSTICK, or target/release/unstick)
    --keep DIR      where recordings and reports are left (default: nowhere)
    NAME…           the servers, or the beginnings of their names (default: all; --list prints them)

Each server is started from the smallest configuration on a port of the loopback interface. One conversation, which is
written here as raw octets, is held with it through `unstick record`, and `unstick recut` holds it again on fresh
processes. Servers that are not installed are skipped with a word; CONTRIBUTING.md names the packages. Some demand root.

Exit status: 0 no server was accused; 1 a server was accused, or could not be recorded or judged.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from processes import Loops, Started, run

HERE = pathlib.Path(__file__).resolve()
LOCAL = "127.0.0.1"
# The longest wait for a server to start, and for an answer, in seconds: a loaded machine needs some.
PATIENCE = 60
WEBSOCKETS = "15.0.1"
WS = "8.18.0"


class Server:
    """A server, and a conversation with it.

    Each turn is the octets that are sent, and the end of their answer: a regular expression that matches at the end,
    a number of octets, or None, where no answer comes. The shell script runs in an empty directory, with `$1`, the
    port, and `$2`, the directory; `$T` is the directory of templates that `prepare` fills once, `$P` a program.
    """

    def __init__(self, name, program, script, turns, *, greeting=None, framing=None, prepare=None, paths=(), needs=()):
        self.name = name
        self.program = program
        self.script = script
        self.turns = turns
        self.greeting = greeting
        self.framing = framing
        self.prepare = prepare
        self.paths = paths
        self.needs = needs

    def found(self):
        """The path of the program, where it and what it needs is installed."""
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
        places = sorted(
            (str(place) for pattern in self.paths for place in pathlib.Path("/").glob(pattern.lstrip("/"))),
            reverse=True,
        )
        program = next(iter(places), None) or shutil.which(self.program, path=path)
        return program if program and all(shutil.which(need, path=path) for need in self.needs) else None

    def command(self, templates):
        return ["sh", "-c", self.names(templates) + self.script, "sh"]

    def names(self, templates):
        """The piece of script that sets `$P` and `$T`."""
        return f"P={shlex.quote(self.found())} T={shlex.quote(str(templates))}\n"


def written(file, text):
    """A piece of script that writes a configuration, in which PORT, DIR and TEMPLATES are filled in."""
    fill = "s|PORT|$1|g; s|DIR|$2|g; s|TEMPLATES|$T|g"
    return f"cat > \"$2/{file}\" <<'END'\n{text}\nEND\nsed -i \"{fill}\" \"$2/{file}\"\n"


def lines(*turns):
    return [(f"{text}\r\n".encode(), end) for text, end in turns]


# Protocols, as far as the conversations need them.


def resp(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def memcached(operation, key=b"", value=b"", extras=b""):
    body = extras + key + value
    return struct.pack(">BBHBBHIIQ", 0x80, operation, len(key), len(extras), 0, 0, len(body), 7, 0) + body


def postgres(kind, *parts):
    body = b"".join(parts)
    return kind + struct.pack(">I", len(body) + 4) + body


def mysql(body, number=0):
    return len(body).to_bytes(3, "little") + bytes([number]) + body


def dns(number, name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    query = struct.pack(">HHHHHH", number, 0, 1, 0, 0, 0) + labels + struct.pack(">HH", kind, 1)
    return struct.pack(">H", len(query)) + query


def ber(tag, *parts):
    body = b"".join(parts)
    return bytes([tag, len(body)]) + body


def ldap(number, operation):
    return ber(0x30, ber(0x02, bytes([number])), operation)


def ldap_search(base, attribute):
    of = [ber(0x04, base), ber(0x0A, b"\2"), ber(0x0A, b"\0"), ber(0x02, b"\0"), ber(0x02, b"\0"), ber(0x01, b"\0")]
    return ber(0x63, *of, ber(0x87, attribute), ber(0x30))


def http2(kind, flags, stream, body=b""):
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + body


def websocket(operation, payload):
    mask = b"\x37\xfa\x21\x3d"
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else struct.pack(">BH", 0x80 | 126, len(payload))
    return bytes([0x80 | operation]) + size + mask + bytes(octet ^ mask[at % 4] for at, octet in enumerate(payload))


# Conversations that several servers hold.

HTTP = [
    (b"GET / HTTP/1.1\r\nHost: a.test\r\nAccept: */*\r\n\r\n", rb"hello\n"),
    (b"HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n", rb"\r\n\r\n"),
    (b"GET /absent HTTP/1.1\r\nHost: a.test\r\n\r\n", rb"</html>\s*"),
    (b"GET / HTTP/1.1\r\nHost: a.test\r\nRange: bytes=1-3\r\n\r\n", rb"\r\n\r\nell"),
    (
        b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        rb"</html>\s*",
    ),
]
HAPROXY = [
    (b"GET / HTTP/1.1\r\nHost: a.test\r\nAccept: */*\r\n\r\n", rb"hello"),
    (b"HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n", rb"\r\n\r\n"),
    (b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello", rb"hello"),
    (b"GET /absent HTTP/1.1\r\nHost: a.test\r\n\r\n", rb"hello"),
]
ZONE = "@ 60 IN SOA ns.test. root.test. 1 60 60 60 60\n@ 60 IN NS ns.test.\nns 60 IN A 127.0.0.1\na 60 IN A 127.0.0.1"
DNS = [
    (dns(1, "a.test", 1), "u16"),
    (dns(2, "b.test", 1), "u16"),
    (dns(3, "test", 6), "u16"),
    (dns(4, "a.test", 28), "u16"),
]
READY = rb"Z\x00\x00\x00\x05I"
POSTGRES_START = (postgres(b"", b"\0\3\0\0user\0postgres\0database\0postgres\0\0"), READY)
POSTGRES_END = (postgres(b"X"), None)
POSTGRES_DATA = (
    'mkdir "$T/data"; chown postgres "$T/data"\n'
    'setpriv --reuid postgres --regid postgres --init-groups "${P%/*}/initdb" -D "$T/data" -A trust -E UTF8 --no-sync --wal-segsize=1'
)
POSTGRES = (
    'cp -a "$T/data" "$2/data"; chown postgres "$2"\nexec setpriv --reuid postgres --regid postgres --init-groups '
    '$P -D "$2/data" -p $1 -h 127.0.0.1 -k "$2" -c fsync=off -c shared_buffers=1MB'
)
POSTGRES_OF = {
    "framing": "postgres",
    "prepare": POSTGRES_DATA,
    "paths": ["/usr/lib/postgresql/*/bin/postgres"],
    "needs": ["setpriv"],
}
MYSQL_ROWS = rb"\x05\x00\x00.\xfe.{4}.*\x05\x00\x00.\xfe.{4}"
MYSQL_OK = rb"\x07\x00\x00.\x00\x00\x00.{4}"
HTTP2_GET = b"\x82\x86\x84\x41\x06a.test"
WEBSOCKET = [
    (
        b"GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        rb"\r\n\r\n",
    ),
    (websocket(1, b"hello"), rb"\x81\x05hello"),
    (websocket(9, b"there?"), rb"\x8a\x06there\?"),
    (websocket(2, b"x" * 300), 304),
    (websocket(8, b"\x03\xe8"), rb"\x88\x02\x03\xe8"),
]

SERVERS = [
    Server(
        "redis",
        "redis-server",
        'exec $P --port $1 --bind 127.0.0.1 --save "" --dir "$2"',
        [
            (resp(b"PING"), rb"\+PONG\r\n"),
            (resp(b"SET", b"greeting", b"hello\r\nworld"), rb"\+OK\r\n"),
            (resp(b"GET", b"greeting"), rb"world\r\n"),
            (resp(b"INCR", b"visits"), rb":\d+\r\n"),
            (resp(b"LRANGE", b"none", b"0", b"-1"), rb"\*0\r\n"),
            (resp(b"QUIT"), rb"\+OK\r\n"),
        ],
    ),
    Server(
        "memcached-text",
        "memcached",
        "exec $P -u root -l 127.0.0.1 -p $1 -U 0",
        lines(
            ("set k 5 0 5\r\nhello", rb"STORED\r\n"),
            ("get k", rb"END\r\n"),
            ("set n 0 0 1\r\n1", rb"STORED\r\n"),
            ("incr n 4", rb"5\r\n"),
            ("gets k", rb"END\r\n"),
            ("delete k", rb"DELETED\r\n"),
        ),
    ),
    Server(
        "memcached-binary",
        "memcached",
        "exec $P -u root -l 127.0.0.1 -p $1 -U 0",
        [
            (memcached(0x0B), rb"\x81\x0b.{22}\d[\w.]+"),
            (memcached(0x01, b"k", b"hello", bytes(8)), 24),
            (memcached(0x00, b"k"), rb"hello"),
            (memcached(0x00, b"absent"), rb"Not found"),
            (memcached(0x05, b"n", extras=struct.pack(">QQI", 1, 0, 0)), 32),
            (memcached(0x07), 24),
        ],
        framing="x80 7? u32be 12?",
    ),
    Server(
        "postgresql-simple",
        "postgres",
        POSTGRES,
        [
            POSTGRES_START,
            (postgres(b"Q", b"SELECT 1 + 1 AS two\0"), READY),
            (postgres(b"Q", b"CREATE TEMP TABLE t (n int); INSERT INTO t VALUES (7), (8)\0"), READY),
            (postgres(b"Q", b"SELECT n FROM t ORDER BY n\0"), READY),
            (postgres(b"Q", b"SELECT absent\0"), READY),
            POSTGRES_END,
        ],
        **POSTGRES_OF,
    ),
    Server(
        "postgresql-extended",
        "postgres",
        POSTGRES,
        [
            POSTGRES_START,
            (postgres(b"P", b"s\0SELECT $1::text || '!'\0\0\0") + postgres(b"D", b"Ss\0") + postgres(b"S"), READY),
            (
                postgres(b"B", b"\0s\0\0\0\0\1\0\0\0\5hello\0\0")
                + postgres(b"D", b"P\0")
                + postgres(b"E", b"\0\0\0\0\0")
                + postgres(b"S"),
                READY,
            ),
            (postgres(b"C", b"Ss\0") + postgres(b"S"), READY),
            POSTGRES_END,
        ],
        **POSTGRES_OF,
    ),
    Server(
        "mariadb",
        "mariadbd",
        # Without grant tables and InnoDB, an empty directory is all that it needs.
        'mkdir "$2/data"\nexec $P --no-defaults --user=root --datadir="$2/data" --port=$1 --bind-address=127.0.0.1 '
        '--socket="$2/socket" --skip-grant-tables --skip-networking=0 --skip-innodb --default-storage-engine=MyISAM',
        [
            (
                mysql(
                    struct.pack("<IIB23x", 0x0008_A201, 1 << 24, 33) + b"someone\0\0mysql_native_password\0",
                    1,
                ),
                MYSQL_OK,
            ),
            (mysql(b"\3SELECT 1 + 1, 'two'"), MYSQL_ROWS),
            (mysql(b"\x16SELECT ?"), MYSQL_ROWS),
            # The statement that was prepared last: its number counts over all connections.
            (mysql(b"\x17\xff\xff\xff\xff\0\1\0\0\0\0\1\xfd\0\5hello"), MYSQL_ROWS),
            (mysql(b"\x0e"), MYSQL_OK),
            (mysql(b"\1"), None),
        ],
        greeting=rb"mysql_native_password\x00",
        framing="mysql",
    ),
    Server(
        "mosquitto",
        "mosquitto",
        "exec $P -p $1",
        [
            (b"\x10\x0e\0\4MQTT\4\2\0\x3c\0\2ab", rb"\x20\x02\x00\x00"),
            (b"\x82\x08\0\1\0\3a/b\0", rb"\x90\x03\x00\x01\x00"),
            (b"\x32\xcd\1\0\3a/b\0\5" + b"x" * 198, 210),
            (b"\xc0\0", rb"\xd0\x00"),
            (b"\xe0\0", None),
        ],
        framing="mqtt",
    ),
    Server(
        "nginx",
        "nginx",
        'mkdir "$2/www"; echo hello > "$2/www/index.html"\n'
        + written(
            "conf",
            "daemon off; master_process off; pid DIR/pid; error_log DIR/log;\nevents {}\n"
            "http { access_log off; client_body_temp_path DIR/b; proxy_temp_path DIR/p;\n"
            "fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;\n"
            "server { listen 127.0.0.1:PORT; root DIR/www; } }",
        )
        + 'exec $P -c "$2/conf" -p "$2"',
        HTTP,
    ),
    Server(
        "lighttpd",
        "lighttpd",
        'mkdir "$2/www"; echo hello > "$2/www/index.html"\n'
        + written(
            "conf",
            'server.document-root = "DIR/www"\nserver.bind = "127.0.0.1"\nserver.port = PORT\n'
            'server.errorlog = "DIR/log"\nserver.upload-dirs = ( "DIR" )\nindex-file.names = ( "index.html" )',
        )
        + 'exec $P -D -f "$2/conf"',
        HTTP,
    ),
    Server(
        "haproxy",
        "haproxy",
        written(
            "conf",
            "defaults\n mode http\n timeout client 30s\n timeout server 30s\n timeout connect 5s\n"
            "frontend f\n bind 127.0.0.1:PORT\n http-request return status 200 content-type text/plain string hello",
        )
        + 'exec $P -db -f "$2/conf"',
        HAPROXY,
    ),
    Server(
        "beanstalkd",
        "beanstalkd",
        "exec $P -l 127.0.0.1 -p $1",
        lines(
            ("use jobs", rb"USING jobs\r\n"),
            ("put 10 0 60 5\r\nhello", rb"INSERTED \d+\r\n"),
            ("watch jobs", rb"WATCHING \d+\r\n"),
            ("reserve-with-timeout 5", rb"RESERVED \d+ 5\r\nhello\r\n"),
            ("delete 1", rb"DELETED\r\n"),
            ("list-tubes-watched", rb"- jobs\n\r\n"),
        ),
    ),
    Server(
        "nats",
        "nats-server",
        "exec $P -a 127.0.0.1 -p $1",
        lines(
            ('CONNECT {"verbose":false,"pedantic":false,"lang":"raw"}\r\nPING', rb"PONG\r\n"),
            ("SUB news 1\r\nPING", rb"PONG\r\n"),
            ("PUB news 5\r\nhello", rb"MSG news 1 5\r\nhello\r\n"),
            ("UNSUB 1\r\nPING", rb"PONG\r\n"),
        ),
        greeting=rb"INFO .*\r\n",
    ),
    Server(
        "unbound",
        "unbound",
        written(
            "conf",
            'server:\n interface: 127.0.0.1\n port: PORT\n do-udp: no\n username: ""\n chroot: ""\n'
            ' directory: "DIR"\n pidfile: "DIR/pid"\n use-syslog: no\n local-zone: "test." static\n'
            ' local-data: "test. 60 IN SOA ns.test. root.test. 1 60 60 60 60"\n'
            ' local-data: "a.test. 60 IN A 127.0.0.1"\nremote-control:\n control-enable: no',
        )
        + 'exec $P -d -c "$2/conf"',
        DNS,
        framing="dns",
    ),
    Server(
        "knot",
        "knotd",
        written("zone", ZONE)
        + written(
            "conf",
            "server:\n  listen: 127.0.0.1@PORT\n  rundir: DIR\n  user: root:root\n  tcp-workers: 1\n  udp-workers: 1\n"
            "  background-workers: 1\ndatabase:\n  storage: DIR\nlog:\n  - target: stderr\n    any: warning\n"
            "zone:\n  - domain: test\n    file: DIR/zone\n    storage: DIR",
        )
        + 'exec $P -c "$2/conf"',
        DNS,
        framing="dns",
    ),
    Server(
        "bind9",
        "named",
        written("zone", ZONE)
        + written(
            "conf",
            'options { directory "DIR"; listen-on port PORT { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none;\n'
            "recursion no; dnssec-validation no; session-keyfile none; lock-file none; };\ncontrols { };\n"
            'zone "test" { type primary; file "DIR/zone"; };',
        )
        + 'exec $P -g -n 1 -c "$2/conf"',
        DNS,
        framing="dns",
    ),
    Server(
        "exim",
        "exim4",
        'mkdir "$2/spool" "$2/log"; chown -R Debian-exim "$2"\n'
        + written(
            "conf",
            "primary_hostname = server.test\nspool_directory = DIR/spool\nlog_file_path = DIR/log/%slog\n"
            "pid_file_path = DIR/pid\ndaemon_smtp_ports = PORT\nlocal_interfaces = 127.0.0.1\nqueue_only\n"
            "host_lookup =\nrfc1413_hosts =\ntls_advertise_hosts =\nacl_smtp_rcpt = accept\n"
            "begin routers\nhere:\n  driver = redirect\n  data = :blackhole:",
        )
        + 'exec $P -C "$2/conf" -bdf',
        lines(
            ("EHLO client.test", rb"250 [^\r]*\r\n"),
            ("MAIL FROM:<a@client.test>", rb"250 [^\r]*\r\n"),
            ("RCPT TO:<b@server.test>", rb"250 [^\r]*\r\n"),
            ("DATA", rb"354 [^\r]*\r\n"),
            ("Subject: hello\r\n\r\n..two dots\r\nthe end\r\n.", rb"250 [^\r]*\r\n"),
            ("QUIT", rb"221 [^\r]*\r\n"),
        ),
        greeting=rb"220 [^\r]*\r\n",
        framing="smtp",
    ),
    Server(
        "dovecot",
        "dovecot",
        'mkdir -p "$2/mail/cur" "$2/mail/new" "$2/mail/tmp"\n'
        r'printf "Subject: hello\r\n\r\nworld\r\n" > "$2/mail/cur/1.a:2,S"; chown -R mail:mail "$2/mail"' + "\n"
        + written(
            "conf",
            "protocols = imap\nlisten = 127.0.0.1\nbase_dir = DIR/run\nstate_dir = DIR/state\nlog_path = DIR/log\n"
            "ssl = no\ndisable_plaintext_auth = no\nmail_location = maildir:DIR/mail\nfirst_valid_uid = 1\n"
            "passdb {\n driver = static\n args = nopassword=y\n}\n"
            "userdb {\n driver = static\n args = uid=mail gid=mail home=DIR/mail\n}\n"
            "service anvil {\n chroot =\n}\n"
            "service imap-login {\n chroot =\n inet_listener imap {\n  port = PORT\n }\n"
            " inet_listener imaps {\n  port = 0\n }\n}",
        )
        + 'exec $P -F -c "$2/conf"',
        lines(
            ("a1 LOGIN someone any", rb"a1 OK [^\r]*\r\n"),
            ("a2 SELECT INBOX", rb"a2 OK [^\r]*\r\n"),
            ("a3 FETCH 1 (FLAGS BODY.PEEK[])", rb"a3 OK [^\r]*\r\n"),
            ("a4 SEARCH TEXT {5}", rb"\+ [^\r]*\r\n"),
            ("world", rb"a4 OK [^\r]*\r\n"),
            ("a5 LOGOUT", rb"a5 OK [^\r]*\r\n"),
        ),
        greeting=rb"\* OK [^\r]*\r\n",
        framing="line'\\r\\n'",
    ),
    Server(
        "vsftpd",
        "vsftpd",
        'mkdir "$2/ftp" "$2/empty"; echo hello > "$2/ftp/hello.txt"\n'
        + written(
            "conf",
            "listen=YES\nlisten_ipv6=NO\nlisten_address=127.0.0.1\nlisten_port=PORT\nbackground=NO\n"
            "anonymous_enable=YES\nlocal_enable=NO\nanon_root=DIR/ftp\nsecure_chroot_dir=DIR/empty\n"
            "xferlog_enable=NO\nconnect_from_port_20=NO\nseccomp_sandbox=NO",
        )
        + 'exec $P "$2/conf"',
        lines(
            ("USER anonymous", rb"331 [^\r]*\r\n"),
            ("PASS guest@client.test", rb"230 [^\r]*\r\n"),
            ("TYPE I", rb"200 [^\r]*\r\n"),
            ("SIZE hello.txt", rb"213 6\r\n"),
            ("EPSV", rb"229 [^\r]*\r\n"),
            ("QUIT", rb"221 [^\r]*\r\n"),
        ),
        greeting=rb"220 [^\r]*\r\n",
        framing="line'\\r\\n'",
    ),
    Server(
        "slapd",
        "slapd",
        'mkdir "$2/db"\n'
        + written("data", "dn: dc=test\nobjectClass: dcObject\nobjectClass: organization\no: hello\ndc: test")
        + written(
            "conf",
            "include /etc/ldap/schema/core.schema\npidfile DIR/pid\nargsfile DIR/args\n"
            'database ldif\nsuffix "dc=test"\ndirectory DIR/db',
        )
        + 'slapadd -f "$2/conf" -l "$2/data"\nexec $P -d 0 -f "$2/conf" -h ldap://127.0.0.1:$1',
        [
            (ldap(1, ber(0x60, ber(0x02, b"\3"), ber(0x04), ber(0x80))), rb"\x02\x01\x01\x61\x07\n\x01\x00\x04\x00\x04\x00"),
            (ldap(2, ldap_search(b"dc=test", b"objectClass")), rb"\x02\x01\x02\x65\x07\n\x01\x00\x04\x00\x04\x00"),
            (
                ldap(3, ber(0x6E, ber(0x04, b"dc=test"), ber(0x30, ber(0x04, b"o"), ber(0x04, b"hello")))),
                rb"\x02\x01\x03\x6f\x07\n\x01\x06\x04\x00\x04\x00",
            ),
            (ldap(4, ldap_search(b"dc=absent", b"objectClass")), rb"\x02\x01\x04\x65.*"),
            (ldap(5, ber(0x42)), None),
        ],
        framing="ber",
        needs=["slapadd"],
    ),
    Server(
        "nghttpd",
        "nghttpd",
        'mkdir "$2/www"; echo hello > "$2/www/index.html"\nexec $P --no-tls -a 127.0.0.1 -d "$2/www" $1',
        [
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + http2(4, 0, 0), rb"\x00\x00\x00\x04\x01\x00\x00\x00\x00"),
            (http2(4, 1, 0) + http2(1, 5, 1, HTTP2_GET), rb"hello\n(\x00\x00\x00\x00\x01\x00\x00\x00\x01)?"),
            (http2(6, 0, 0, b"12345678"), rb"\x00\x00\x08\x06\x01\x00\x00\x00\x0012345678"),
            (http2(1, 5, 3, b"\x82\x86\x44\x07/absent\xbf"), rb"</html>(\x00\x00\x00\x00\x01\x00\x00\x00\x03)?"),
            (http2(7, 0, 0, bytes(8)), None),
        ],
        framing="http2 preface=24",
    ),
    Server(
        "websockets",
        sys.executable,
        written(
            "server.py",
            "import asyncio, sys, websockets\n\nasync def echo(socket):\n    async for message in socket:\n"
            "        await socket.send(message)\n\nasync def main():\n"
            "    async with websockets.serve(echo, '127.0.0.1', int(sys.argv[1])):\n        await asyncio.Future()\n\n"
            "asyncio.run(main())",
        )
        + 'exec "$T/venv/bin/python" "$2/server.py" $1',
        WEBSOCKET,
        prepare=f'$P -m venv "$T/venv" && "$T/venv/bin/pip" install --quiet websockets=={WEBSOCKETS}',
    ),
    Server(
        "ws",
        "node",
        written(
            "server.mjs",
            "import { createRequire } from 'module';\nconst { WebSocketServer } = createRequire('TEMPLATES/')('ws');\n"
            "new WebSocketServer({ host: '127.0.0.1', port: PORT }).on('connection', (socket) =>\n"
            "  socket.on('message', (message, binary) => socket.send(message, { binary })));",
        )
        + 'exec $P "$2/server.mjs"',
        WEBSOCKET,
        prepare=f"cd \"$T\" && echo '{{}}' > package.json && npm install --silent ws@{WS}",
        needs=["npm"],
    ),
]


# The client.


def is_whole(answer, end):
    if end == "u16":
        return len(answer) >= 2 and len(answer) >= 2 + int.from_bytes(answer[:2], "big")
    if isinstance(end, int):
        return len(answer) >= end
    return re.search(rb"(?s:" + end + rb")\Z", answer) is not None


def read_answer(connection, end, turn):
    answer = b""
    while not is_whole(answer, end):
        try:
            octets = connection.recv(65536)
        except OSError as error:
            octets = b""
            answer += f" ({error})".encode()
        if not octets:
            sys.exit(f"turn {turn}: no whole answer: {answer!r}")
        answer += octets


def hold(server, address):
    """Holds the conversation as a client."""
    with socket.create_connection(address, PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.greeting:
            read_answer(connection, server.greeting, 0)
        for turn, (octets, end) in enumerate(server.turns, 1):
            connection.sendall(octets)
            if end is not None:
                read_answer(connection, end, turn)
        # Waits for a server that closes by itself after a farewell.
        connection.shutdown(socket.SHUT_WR)
        try:
            while connection.recv(65536):
                pass
        except OSError:
            pass


# Processes: each is ended by whoever started it.


def free_port():
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return probe.getsockname()[1]


def await_listening(process, port):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            socket.create_connection((LOCAL, port), 1).close()
            return True
        except OSError:
            # A process that has ended will not listen any more; the wait is the pause between two looks.
            try:
                process.wait(0.05)
                return False
            except subprocess.TimeoutExpired:
                pass
    return False


def segments():
    """System V shared memory, which a database that is killed leaves behind: creator and number of users by id."""
    try:
        rows = pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    except OSError:
        return {}
    return {row.split()[1]: (int(row.split()[4]), int(row.split()[6])) for row in rows}


def name_segments(before):
    """Names new segments that nobody uses and whose creator has ended. They may be somebody else's, so they stay."""
    for segment, (creator, users) in segments().items():
        if segment not in before and not users and not pathlib.Path(f"/proc/{creator}").exists():
            print(f"shared memory {segment} is left by process {creator}: `ipcrm -m {segment}` removes it")


# Judging.


def sent(recording):
    """All octets that the client sent: hexadecimal digits, runs of them, or a list of both."""

    def octets(part):
        if isinstance(part, str):
            return bytes.fromhex(part)
        if isinstance(part, list):
            return b"".join(map(octets, part))
        return bytes.fromhex(part["repeat"]) * part["times"]

    return b"".join(octets(step["send"]) for step in recording["steps"] if "send" in step)


def record(unstick, server, command, work):
    """Records the conversation: the file, or what was in the way."""
    recording = work / f"{server.name}.json"
    port = free_port()
    place = work / "recorded"
    place.mkdir(mode=0o755)
    with open(work / "server.log", "wb") as log:
        with Started([*command, str(port), str(place)], stdout=log, stderr=log) as process:
            if not await_listening(process, port):
                return None, "it does not listen: " + (work / "server.log").read_text(errors="replace")[-1500:]
            client = [sys.executable, str(HERE), "--hold", server.name, "{host}", "{port}"]
            options = ["--to", f"{LOCAL}:{port}", "-o", str(recording)]
            status, told = run([unstick, "record", *options, "--", *client])
    # The client ends early where an answer is not as written here, of which `record` only warns.
    if status or sent(json.loads(recording.read_text())) != b"".join(octets for octets, _ in server.turns):
        return None, told[-1500:] + (work / "server.log").read_text(errors="replace")[-1500:]
    return recording, told


def judge(arguments, server, work, keep):
    """Records and recuts one server: a row of the table for each round."""
    templates = work / "templates"
    templates.mkdir()
    if server.prepare:
        status, told = run(["sh", "-c", server.names(templates) + server.prepare])
        if status:
            return None, "could not be prepared: " + told[-1500:]
    command = server.command(templates)
    recording, told = record(arguments.unstick, server, command, work)
    if not recording:
        return None, "could not be recorded: " + told
    rounds = []
    for number in range(1, arguments.rounds + 1):
        report = work / f"{server.name}.report{number}.json"
        options = ["--json", str(report)]
        options += ["--framing", server.framing] if server.framing else []
        options += ["--cuts", arguments.cuts] if arguments.cuts else []
        began = time.monotonic()
        status, told = run([arguments.unstick, "recut", str(recording), *options, "--", *command, "{port}", "{dir}"])
        seconds = time.monotonic() - began
        cases = json.loads(report.read_text())["cases"] if report.exists() else []
        verdicts = {}
        for case in cases:
            verdicts[case["verdict"]] = verdicts.get(case["verdict"], 0) + 1
        rounds.append((status, len(cases), verdicts, seconds))
        print(f"{server.name} {number}: exit {status}, {said(verdicts)}, {seconds:.1f} s", flush=True)
        if status or not cases or set(verdicts) - {"pass", "acceptable", "skipped"}:
            print(told[-6000:], flush=True)
    if keep:
        for file in work.glob(f"{server.name}*.json"):
            shutil.copy(file, keep)
    return rounds, ""


def said(verdicts):
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())) or "no check"


def row(server, rounds):
    statuses = ", ".join(sorted({str(status) for status, *_ in rounds}))
    told = " / ".join(dict.fromkeys(said(verdicts) for _, _, verdicts, _ in rounds))
    seconds = [seconds for *_, seconds in rounds]
    framing = f"`{server.framing}`" if server.framing else ""
    spread = f"{min(seconds):.1f} to {max(seconds):.1f}" if len(seconds) > 1 else f"{seconds[0]:.1f}"
    return f"| {server.name} | {len(server.turns)} | {framing} | {len(rounds)} | {statuses} | {told} | {spread} |"


def main():
    if sys.argv[1:2] == ["--hold"]:
        _, _, name, host, port = sys.argv
        return hold(next(server for server in SERVERS if server.name == name), (host, int(port)))
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--loops", type=int, default=0)
    parser.add_argument("--cuts")
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--list", action="store_true")
    built = HERE.parent.parent.parent / "target/release/unstick"
    parser.add_argument("--unstick", default=os.environ.get("UNSTICK", str(built)))
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    chosen = [
        server
        for server in SERVERS
        if not arguments.names or any(server.name.startswith(name) for name in arguments.names)
    ]
    if arguments.list:
        for server in chosen:
            print(server.name, server.found() or "(not installed)")
        return 0
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    # An end by a signal runs the blocks that end what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    before = segments()
    table, is_bad = [], False
    try:
        with Loops(arguments.loops):
            for server in chosen:
                if not server.found():
                    print(f"{server.name}: skipped, it is not installed", flush=True)
                    continue
                with tempfile.TemporaryDirectory() as work:
                    work = pathlib.Path(work)
                    work.chmod(0o755)
                    rounds, told = judge(arguments, server, work, arguments.keep)
                if rounds is None:
                    print(f"{server.name}: {told}", flush=True)
                    table.append(f"| {server.name} | {len(server.turns)} | | 0 | | {told.split(':')[0]} | |")
                else:
                    table.append(row(server, rounds))
                is_bad |= not rounds or any(status or not count for status, count, *_ in rounds)
    finally:
        name_segments(before)
        print("\n| server | turns | framing | runs | exit | checks | seconds |\n|---|---|---|---|---|---|---|")
        print("\n".join(table), flush=True)
    return int(is_bad)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
