#!/usr/bin/env python3
"""Judges programs of five languages again and again: right ones, which must never be accused, and one whose verdict
must be the same each time. CONTRIBUTING.md says when.

usage: tests/real/steady.py [--rounds N] [--loops K] [--jobs J] [--unstick PATH] [--keep DIR] [NAME…]

    --rounds N      how often each program is judged (default 1)
    --loops K       busy loops beside, which make the machine slow (default 0)
    --jobs J        programs that are judged at a time (default 1)
    --unstick PATH  the program (default: UNSTICK, or target/release/unstick)
    --keep DIR      where the reports of those that were accused are left (default: nowhere)
    NAME…           the programs, or the beginnings of their names (default: all; --list prints them)

A program whose language is not installed is skipped with a word.

Exit status: 0 nothing was accused, and no verdict changed; 1 something was, or could not be judged.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from processes import Loops, Started, run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples"
# A virtual machine that does not run for long starts sooner so.
JAVA = ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
SERVED = ["{port}", "{dir}"]
CONNECTED = ["{host}", "{port}", "{dir}"]
MEMORY = ["--run", "trf/memory-of-a-body"]
ECHO = ["--class", "framing", "--max-payload", "1048576"]


class Judged:
    """A program that is judged: its role, its source, the words behind its name, and options for unstick.

    One that is not `right` has to have one and the same verdict each time.
    """

    def __init__(self, name, role, source, words=(), options=(), right=True):
        self.name = name
        self.role = role
        self.source = source
        self.words = list(words)
        self.options = list(options)
        self.right = right

    def tools(self):
        return {
            ".py": [sys.executable],
            ".js": ["node"],
            ".go": ["go"],
            ".c": ["cc"],
            ".java": ["java", "javac"],
        }[self.source.suffix]

    def command(self, place):
        """The command that starts it, after it was built into a directory of its own."""
        source, binary = str(self.source), str(place / self.name)
        environment = os.environ | {"GO111MODULE": "off"}
        built = {
            ".go": ["go", "build", "-o", binary, source],
            ".c": ["cc", "-O1", "-o", binary, source],
            ".java": ["javac", "-d", binary, source],
        }.get(self.source.suffix)
        if built:
            status, told = run(built, env=environment)
            if status:
                raise RuntimeError(f"{self.name} could not be built\n{told}")
        start = {
            ".py": [sys.executable, source],
            ".js": ["node", source],
            ".java": [*JAVA, "-cp", binary, self.source.stem],
        }
        return start.get(self.source.suffix, [binary]) + self.words


def in_five(role, stem, *arguments, suffixes=("py", "js", "go", "c"), java=None):
    sources = [EXAMPLES / "testees" / f"{stem}.{suffix}" for suffix in suffixes]
    sources += [EXAMPLES / "testees" / java] if java else []
    return [Judged(f"{role}-{source.suffix[1:]}", role, source, *arguments) for source in sources]


PROGRAMS = [
    *in_five("server", "server", SERVED, suffixes=("py", "js", "go"), java="Server.java"),
    Judged("server-c", "server", EXAMPLES / "frameworks/c/right.c", ["{port}"], ECHO),
    *in_five("client", "client", CONNECTED, java="Client.java"),
    *in_five("codec", "codec", ["{mode}"], suffixes=("py", "js", "go")),
    Judged("codec-c", "codec", EXAMPLES / "testees/codec.c"),
    Judged("codec-java", "codec", EXAMPLES / "testees/Codec.java", [], ["--lines"]),
    *(
        Judged(f"memory-{suffix}", "server", EXAMPLES / "testees" / source, SERVED, MEMORY)
        for suffix, source in [("go", "server.go"), ("js", "server.js"), ("java", "Server.java")]
    ),
    Judged(
        "allocates-go", "server", ROOT / "testees/allocates_announced.go", ["{port}"], ["--class", "framing"], right=False
    ),
]


def judged(arguments, program, command, number):
    """One run: its exit status, what was decided, and the seconds that it took."""
    with tempfile.TemporaryDirectory() as place:
        report = pathlib.Path(place) / "report.json"
        words = [arguments.unstick, program.role, *program.options, "--json", str(report), "--", *command]
        began = time.monotonic()
        status, told = run(words)
        took = time.monotonic() - began
        cases = json.loads(report.read_text())["cases"] if report.exists() else []
        decided = sorted(
            (case["verdict"], case.get("broken") or "", case.get("cause") or "")
            for case in cases
            if case["verdict"] in ("fail", "flaky", "error")
        )
        accused = bool(decided or status or not cases)
        if accused and arguments.keep:
            kept = arguments.keep / f"{program.name}-{number}"
            kept.with_suffix(".txt").write_text(told)
            if report.exists():
                shutil.copy(report, kept.with_suffix(".json"))
        # What is decided of a wrong program: the verdicts, the requirements and the causes, once each.
        return status, sorted(set(decided)), took, accused, len(cases)


def table(program, runs):
    accused = sum(run[3] for run in runs)
    different = len({(status, tuple(decided)) for status, decided, *_ in runs})
    took = [run[2] for run in runs]
    checks = {run[4] for run in runs}
    return (
        f"| {program.name} | {len(runs)} | {'-'.join(map(str, sorted({min(checks), max(checks)})))} | {accused} | "
        f"{different} | {min(took):.1f} to {max(took):.1f} |"
    )


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--loops", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--unstick", default=os.environ.get("UNSTICK", str(ROOT / "target/release/unstick")))
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    chosen = [
        program
        for program in PROGRAMS
        if not arguments.names or any(program.name.startswith(name) for name in arguments.names)
    ]
    if arguments.list:
        print("\n".join(program.name for program in chosen))
        return 0
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    # An end by a signal runs the blocks that end what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    runs = {}
    with tempfile.TemporaryDirectory() as place:
        commands = {}
        for program in chosen:
            missing = [tool for tool in program.tools() if not shutil.which(tool)]
            if missing:
                print(f"{program.name}: skipped, {missing[0]} is not installed", flush=True)
            else:
                commands[program] = program.command(pathlib.Path(place))
        with Loops(arguments.loops), concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            started = {
                pool.submit(judged, arguments, program, command, number + 1): program
                for number in range(arguments.rounds)
                for program, command in commands.items()
            }
            try:
                for done in concurrent.futures.as_completed(started):
                    program, one = started[done], done.result()
                    runs.setdefault(program, []).append(one)
                    if one[3] and program.right:
                        print(f"{program.name}: exit {one[0]}, {one[1]}", flush=True)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                Started.end_all()
    print("\n| program | runs | checks | accused | different outcomes | seconds |\n|---|---|---|---|---|---|")
    is_bad = False
    for program, of_it in runs.items():
        print(table(program, of_it), flush=True)
        accused = sum(run[3] for run in of_it)
        different = len({(status, tuple(decided)) for status, decided, *_ in of_it})
        is_bad |= accused > 0 if program.right else different > 1
    return int(is_bad)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
