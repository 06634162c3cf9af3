#!/usr/bin/env python3
"""Judges published codecs as they are, and prints a table: docs/published-codecs.md has it.

usage: tests/published/judge.py [LIBRARY…]       all, or those whose name begins so

UNSTICK names the program, where it is not target/release/unstick. Packages of fixed versions are installed into
a directory of this run, which is removed at its end. What has no toolchain here is left out with a word.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
UNSTICK = os.environ.get("UNSTICK", str(HERE.parent.parent / "target/release/unstick"))
LIMIT = 70_000
TWISTED = "26.4.0"
NPM = {
    "it-length-prefixed": "11.0.1",
    "length-prefixed-stream": "2.0.0",
    "mqtt-packet": "9.0.2",
    "mqtt-packet-6": "npm:mqtt-packet@6.6.0",
}
# Where a library has no word for the end of the stream, whoever calls it has to know what is left.
NO_END_OF_LINES = ["--skip", "frm/truncated*"]
NO_END = [*NO_END_OF_LINES, "--skip", "len/announced-*"]
LIMITED = ["--max-payload", str(LIMIT)]
# Packets of MQTT begin with what says how to read them, and those are other packets.
PUBLISHED = ["--skip", "frm/wrong-*", "--skip", "frm/below-*", *NO_END]
PUBLISH = "x30 varint4+3 x000174"


def rows(work):
    """The library, its decoder, the framing, options, and the command."""
    twisted = [str(work / "venv/bin/python"), str(HERE / "published_codecs.py")]
    for kind, framing, options in [
        ("int8", "u8", []),
        ("int16", "u16be", []),
        ("int32", "u32be", LIMITED),
        ("netstring", "netstring", LIMITED),
        ("line-only", "line'\\r\\n'", LIMITED),
        ("line", "line'\\r\\n'", LIMITED),
    ]:
        name = "".join(part.capitalize() for part in kind.split("-"))
        name += "StringReceiver" if "int" in kind else "Receiver"
        end = NO_END_OF_LINES if framing.startswith("line") else NO_END
        yield f"Twisted {TWISTED}", name, framing, [*options, *end], [*twisted, kind, str(LIMIT)]

    node = ["node", str(HERE / "published_codecs.mjs")]
    for library, decoder, framing, options in [
        ("it-length-prefixed", "decode", "varint9", LIMITED),
        ("length-prefixed-stream", "decode, allowEmpty", "varint", LIMITED),
        ("length-prefixed-stream", "decode", "varint zero=ignore", LIMITED),
        ("mqtt-packet", "parser", PUBLISH, PUBLISHED),
        ("mqtt-packet-6", "parser", PUBLISH, PUBLISHED),
    ]:
        kind = library
        if (library, decoder) == ("length-prefixed-stream", "decode"):
            kind += " without allowEmpty"
        version = NPM[library].rpartition("@")[2]
        name = library.removesuffix("-6")
        yield f"{name} {version}", decoder, framing, options, [*node, kind, str(LIMIT)]

    jars = ":".join(str(jar) for jar in pathlib.Path("/usr/share/java").glob("netty-*.jar"))
    netty = ["java", "-cp", f"{work}:{jars}", "NettyCodecs"]
    for order, framing, of in [
        ("big", "u16be", "0 2 0 2"),
        ("little", "u32le limit-counts=frame", "0 4 0 4"),
        ("little", "u16le+2", "0 2 -2 2"),
        ("big", "1? u32be+4 limit-counts=frame", "1 4 -4 5"),
        ("big", "u24be 6? limit-counts=frame", "0 3 6 9"),
        ("little", "i32le+all 12? limit-counts=frame", "0 4 -4 16"),
        ("big", "u64be limit-counts=frame", "0 8 0 8"),
    ]:
        options = list(NO_END)
        if "limit-counts" in framing:
            framing = framing.replace("limit-counts", f"max={LIMIT} limit-counts")
        command = [*netty, order, str(LIMIT), *of.split()]
        yield netty_version(), f"LengthFieldBasedFrameDecoder {of}", framing, options, command
    yield netty_version(), "ProtobufVarint32FrameDecoder", "varint5 forms=longer", NO_END, [*netty, "varint", "0"]
    for name, kind, framing in [
        ("LineBasedFrameDecoder", "line", "line'\\n' strip-cr"),
        ("DelimiterBasedFrameDecoder", "nul", "line'\\0'"),
    ]:
        options = [*LIMITED, *NO_END_OF_LINES]
        yield netty_version(), name, framing, options, [*netty, kind, str(LIMIT)]

    erlang = ["escript", str(HERE / "erlang_codecs.escript")]
    for kind, framing, options in [
        ("1", "u8", []),
        ("2", "u16be", []),
        ("4", "u32be", LIMITED),
        ("line", "line'\\n'", []),
    ]:
        name = f"decode_packet {kind}"
        yield "Erlang/OTP 25", name, framing, options, [*erlang, kind, str(LIMIT)]


def netty_version():
    jars = sorted(pathlib.Path("/usr/share/java").glob("netty-codec-4*.jar"))
    return "Netty " + (jars[0].stem.removeprefix("netty-codec-") if jars else "")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def install(work, wanted):
    """Has the packages of those that are wanted; those that cannot be had are not."""
    has = set()
    if wanted("Twisted") and run(sys.executable, "-m", "venv", work / "venv").returncode == 0:
        if run(work / "venv/bin/pip", "install", "--quiet", f"twisted=={TWISTED}").returncode == 0:
            has.add("Twisted")
    packages = [name for name in NPM if wanted(name)]
    if packages and shutil.which("npm"):
        (work / "package.json").write_text('{"private": true}')
        specs = [f"{name}@{NPM[name]}" for name in packages]
        if run("npm", "install", "--silent", *specs, cwd=work).returncode == 0:
            has.update(name.removesuffix("-6") for name in packages)
    jars = list(pathlib.Path("/usr/share/java").glob("netty-*-4*.jar"))
    if wanted("Netty") and jars and shutil.which("javac"):
        classes = ":".join(str(jar) for jar in jars)
        if run("javac", "-cp", classes, "-d", work, HERE / "NettyCodecs.java").returncode == 0:
            has.add("Netty")
    if wanted("Erlang") and shutil.which("escript"):
        has.add("Erlang/OTP")
    return has


def outcome(report):
    """What fails, by requirement: the cause where one is known, and the cases."""
    if not report["cases"]:
        return "could not be judged"
    broken = {}
    for check in report["cases"]:
        if check["verdict"] in ("fail", "flaky", "error"):
            key = (check.get("broken") or check["verdict"], check.get("cause") or "")
            broken.setdefault(key, []).append(check["id"])
    passed = sum(check["verdict"] == "pass" for check in report["cases"])
    told = []
    for (requirement, cause), cases in broken.items():
        cases = list(dict.fromkeys(cases))
        shown = ", ".join(f"`{case}`" for case in cases[:3]) + (" …" if len(cases) > 3 else "")
        told.append(f"{requirement}{': ' + cause if cause else ''} ({shown})")
    return "; ".join(told) or f"passes ({passed} checks)"


def main():
    names = sys.argv[1:]

    def wanted(library):
        return not names or any(library.startswith(name) or name.startswith(library) for name in names)

    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        has = install(work, wanted)
        print("| library | decoder | framing | verdict |\n|---|---|---|---|", flush=True)
        left_out = []
        for library, decoder, framing, options, command in rows(work):
            if not wanted(library):
                continue
            if library.rpartition(" ")[0] not in has:
                left_out.append(library)
                continue
            file = work / "report.json"
            file.unlink(missing_ok=True)
            judged = run(UNSTICK, "codec", "--json", file, "--framing", framing, *options, "--", *command, cwd=work)
            report = json.loads(file.read_text()) if file.exists() else {"cases": []}
            print(f"| {library} | {decoder} | `{framing}` | {outcome(report)} |", flush=True)
            if judged.returncode >= 2 or not report["cases"]:
                print(judged.stdout[-500:], judged.stderr[-1500:], file=sys.stderr)
        for library in dict.fromkeys(left_out):
            print(f"left out: {library} cannot be had here", file=sys.stderr)


main()
