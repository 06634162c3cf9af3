#!/bin/bash -eu
# Builds the fuzz targets as ClusterFuzzLite and OSS-Fuzz expect them: each with its seed
# corpus, dictionary and options beside it, named after it.
cd "$SRC/unstick"
cargo fuzz build -O --debug-assertions
built=$(find fuzz/target -maxdepth 3 -path '*/release' -type d -path '*-*' | head -n 1)
# An ordinary program, and its macros run in the compiler: neither takes the sanitizer's flags.
env -u RUSTFLAGS cargo run --quiet --manifest-path fuzz/Cargo.toml --target-dir fuzz/target/tools \
    --no-default-features --example seeds -- "$WORK/seeds" >/dev/null
for options in fuzz/options/*.options; do
    target=$(basename "$options" .options)
    [ "$target" != empty ] || continue
    cp "$built/$target" "$OUT/"
    cp "$options" "$OUT/"
    (cd "$WORK/seeds/$target" && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
    [ ! -f "fuzz/dictionaries/$target.dict" ] || cp "fuzz/dictionaries/$target.dict" "$OUT/"
done
