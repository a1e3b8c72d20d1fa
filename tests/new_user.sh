#!/usr/bin/env bash
# Follows the pages `docs/src/start/*.md` like a new user: makes a project from the files and the commands of a page only, and compares the
# output with the page. Then the same app runs behind every front, and on Vercel's builder if node is installed.
# usage: new_user.sh [--quick] [PAGE...]    pages: axum, actix_web, warp, tower, hyper; by default all of them
#     --quick  uses the target folder and the Cargo.lock of this repository, and installs no cargo-lodger
set -eu
cd "$(dirname "$0")"

oracles=
if type node npm readelf >/dev/null 2>&1; then
    oracles=$(oracles/vercel_install.sh)
else
    echo "new_user.sh: without node, npm and readelf, no app runs on Vercel's builder" >&2
fi
exec python3 -B new_user.py "$oracles" "$@"
