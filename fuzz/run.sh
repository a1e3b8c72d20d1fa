#!/usr/bin/env bash
# Runs fuzz targets. usage: fuzz/run.sh [SECONDS] [TARGET...]. By default, each target runs for 60 seconds.
#
# LODGER_FUZZ_SANITIZER=address finds memory errors of dependencies too. It needs a nightly compiler, or RUSTC_BOOTSTRAP=1, and the runs
# take twice as long: Lodger itself has no unsafe code.
set -eu
cd "$(dirname "$0")/.."

readonly version=0.13.2
if ! cargo fuzz --version 2>/dev/null | grep -qF " $version"; then
    cargo install cargo-fuzz --locked --version "$version"
fi

seconds=60
if [[ ${1-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
fi
# The same flags for the build and for each run, which would otherwise build again. More units compile in parallel.
flags=(--sanitizer "${LODGER_FUZZ_SANITIZER:-none}" --codegen-units 16)
if [ $# = 0 ]; then
    mapfile -t targets < <(cargo fuzz list)
    set -- "${targets[@]}"
    # All targets in parallel.
    cargo fuzz build "${flags[@]}"
else
    for target in "$@"; do
        cargo fuzz build "${flags[@]}" "$target"
    done
fi

failed=()
for target in "$@"; do
    echo "== $target"
    # The inputs that a run finds stay here, for the next run. The committed ones stay as they are.
    corpus=target/fuzz-corpus/$target
    mkdir -p "$corpus" "fuzz/artifacts/$target"
    if [ -d "fuzz/corpus/$target" ]; then
        cp -r "fuzz/corpus/$target/." "$corpus"
    fi
    options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0)
    if [ -f "fuzz/dictionaries/$target.dict" ]; then
        options+=(-dict="fuzz/dictionaries/$target.dict")
    fi
    # An input of an earlier run is no finding of this one.
    started=$(mktemp)
    if ! cargo fuzz run "${flags[@]}" "$target" "$corpus" -- "${options[@]}"; then
        failed+=("$target")
        input=$(find "fuzz/artifacts/$target" -type f -newer "$started" | head -1)
        if [ -n "$input" ]; then
            echo "== $target has found an input with a wrong result. Reproduce it with"
            echo "   cargo fuzz run ${flags[*]} $target $input"
        else
            echo "== $target has failed without an input. Its messages are above."
        fi
    fi
    rm "$started"
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}"
    exit 1
fi
