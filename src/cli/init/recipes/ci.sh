#!/bin/sh
# Judges what unstick.toml describes. The exit status is that of `unstick`; the reports are kept.
cd "$(dirname "$0")" || exit
# Until unstick is published, cargo finds none: have it on the PATH before this line.
command -v unstick >/dev/null || cargo install unstick --locked || exit
# Build here what unstick.toml starts.
exec unstick --reports unstick-reports
