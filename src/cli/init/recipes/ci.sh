#!/bin/sh
# Judges what unstick.toml describes. The exit status is that of `unstick`; the reports are kept.
cd "$(dirname "$0")" || exit
command -v unstick >/dev/null || cargo install unstick --locked || exit
# Build here what unstick.toml starts.
exec unstick --reports unstick-reports
