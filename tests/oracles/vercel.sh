#!/usr/bin/env bash
# Builds, starts, calls and uploads apps with Vercel's own programs: the builder for Rust with its development server and its
# proxy, the command line, and the emulator of the older runtimes.
# usage: vercel.sh [PART...]    parts: build, executable, proxy, dev, cli, provided; by default all of them
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case " ${*:-cli} " in
    *" cli "*) oracles=$("$here/vercel_install.sh" cli) ;;
    *) oracles=$("$here/vercel_install.sh") ;;
esac
exec python3 -B "$here/vercel.py" "$oracles" "$@"
