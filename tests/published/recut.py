#!/usr/bin/env python3
"""Recuts published stream parsers: versions with a mistake that depends on the cut, which must be found at their
places, and versions without, which must not be accused. docs/recutting.md has the table that it prints.

usage: tests/published/recut.py [PACKAGE…]       all, or those whose name begins so

UNSTICK names the program, where it is not target/release/unstick. Packages are installed into a directory of this run,
which is removed at its end. Those without Node or Python 3 are left out with a word.

Exit status: 0 each came out as written here; 1 one did not.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
UNSTICK = os.environ.get("UNSTICK", str(HERE.parent.parent / "target/release/unstick"))

CSV = 'é,"x\r\ny"\r\n"b ""c""",😀\r\n'
TABLE = 'id,name,note\r\n1,"a ""b"", c",x\r\n2,é€😀,"line1\r\nline2"\r\n3,"",\r\n,4,"end"\r\n'
EVENTS = "id: 1\r\ndata: xé\r\ndata: y\r\n\r\n: c\nretry: 9\n"
FORM = '--XyZ\r\nContent-Disposition: form-data; name="aé"\r\n\r\nv\r\n--Xy\r\n--XyZ--\r\n'
JSON = '["é€😀",{"k":1.5}]'
JSON_LINES = '{"a":"é"}\r\n{"b":1}\n\n[2]'
LINES = "ab\r\n\r\nc\n\nd\rx\n"
MIXED = "ab\r\ncé\n\r\n\nd😀\rx\ne"
PACKETS = b"\x30\x81\x01\0\1t" + b"z" * 126 + b"\x32\x09\0\3t/a\0\1hi\xc0\0"
FRAMES = "SEND\r\nx:é\r\n\r\nhi\0\n"
PAGE = "<p>x\r\n&amp;é</p>\r\n"
SHORT_EVENTS = "data: x\r\nid: 2\r\n\r\ndata: é\n\n"

# The registry, the package, its versions, the input, and the places of each version at which a single cut shows a
# mistake, or the pair of places where one is not enough; none for a version without.
NPM, PYPI = "npm", "PyPI"
PUBLISHED = [
    (NPM, "byline", LINES, {"4.1.1": [3, 5], "4.2.1": []}),
    (NPM, "clarinet", JSON, {"0.8.1": [2, 3, 4, 5, 6, 7, 8, 9, 10], "0.12.6": [(5, 6)]}),
    (NPM, "csv-parse", CSV, {"1.1.10": [10, 26], "1.2.0": []}),
    (NPM, "csv-streamify", TABLE, {"1.0.0": [35, 37, 38, 40, 41, 42], "4.0.0": [35, 37, 38, 40, 41, 42]}),
    (NPM, "eventsource-parser", EVENTS, {"3.0.0": [6, 17], "4.1.3": []}),
    (NPM, "fast-csv", TABLE, {"2.0.0": [13, 31, 59, 66, 76], "2.4.1": []}),
    (NPM, "formidable", FORM, {"1.2.6": [47]}),
    (NPM, "jsonparse", JSON, {"0.0.4": [3, 5, 6, 8, 9, 10], "0.0.5": [(5, 6)]}),
    (NPM, "lazy", MIXED, {"1.0.11": [10]}),
    (NPM, "mqtt-packet", PACKETS, {"6.6.0": [2], "9.0.2": []}),
    (NPM, "ndjson", JSON_LINES, {"1.2.3": [7], "2.0.0": []}),
    (NPM, "papaparse", CSV, {"5.4.1": [1, 2, 3, 4, 5, 6, 9, 10, 22, 23, 24, 26]}),
    (NPM, "parse5-sax-parser", PAGE, {"5.0.0": [5]}),
    (NPM, "split", MIXED, {"0.1.2": [6, 13, 14, 15], "1.0.1": []}),
    (NPM, "stompit", FRAMES, {"1.0.0": [5, 9, 11, 13]}),
    (PYPI, "multipart", FORM, {"1.1.0": [5, 6], "1.2.0": []}),
    (PYPI, "sseclient-py", SHORT_EVENTS, {"1.6": [7, 8, (5, 6)], "1.7": []}),
]


def installed(registry, package, version, work):
    """The command that runs a version, and the environment that it is found by."""
    place = work / f"{package}-{version}"
    if registry == NPM:
        words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place), f"{package}@{version}"]
        command, found = ["node", str(HERE / "streams.cjs"), package], {"NODE_PATH": str(place / "node_modules")}
    else:
        words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(place)]
        words.append(f"{package}=={version}")
        command = [sys.executable, str(HERE / "streams.py"), package]
        found = {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"{package} {version} could not be installed\n{done.stderr}")
    return command, found


def places(report):
    """The places of single cuts that make a difference, and the sets of those that need more."""
    found = []
    for case in report["cases"]:
        if case["verdict"] in ("fail", "flaky", "error"):
            after = case.get("cut", {}).get("after", [])
            if re.search(r"/turn1@\d+$", case["id"]):
                found.append(int(case["id"].rpartition("@")[2]))
            elif len(after) > 1:
                found.append(tuple(after))
    return found


def recut(command, environment, octets, work):
    file, report = work / "input", work / "report.json"
    file.write_bytes(octets)
    report.unlink(missing_ok=True)
    words = [UNSTICK, "recut", "--filter", str(file), "--json", str(report), "--", *command]
    done = subprocess.run(words, env=os.environ | environment, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return places(json.loads(report.read_text()))


def main():
    chosen = [row for row in PUBLISHED if not sys.argv[1:] or any(row[1].startswith(name) for name in sys.argv[1:])]
    is_bad = False
    print("| package | version | places where a cut shows it |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        for registry, package, text, versions in chosen:
            if not shutil.which("npm" if registry == NPM else "python3"):
                print(f"{package}: skipped, there is no {registry}", file=sys.stderr)
                continue
            octets = text if isinstance(text, bytes) else text.encode()
            for version, expected in versions.items():
                found = recut(*installed(registry, package, version, work), octets, work)
                shown = ", ".join(str(place) for place in found) or "none"
                print(f"| {package} ({registry}) | {version} | {shown} |", flush=True)
                if found != expected:
                    is_bad = True
                    print(f"{package} {version}: expected {expected}", file=sys.stderr)
    return int(is_bad)


if __name__ == "__main__":
    sys.exit(main())
