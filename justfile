# The checks, one line each. `.ci/run` runs them, and two of the oracles.

_default:
    @just --list

# All that has to pass.
check:
    .ci/run

# Formatting and lints.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# Each feature alone, none, and all of them.
features:
    tests/features.sh

# The published crates with the oldest versions of their dependencies; takes minutes, because it builds those first.
minimal-versions:
    tests/minimal_versions.sh

# Adapters for frameworks outside the workspace, poem and salvo; takes minutes, because it builds those first.
adapters:
    tests/adapters.sh

# The documentation, its links included.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps

# Everything. The tests of AWS's emulator need `just rie` first.
test:
    cargo test --workspace --all-features

# The example, on http://127.0.0.1:3000.
run:
    cargo run -p example-axum

# Lodger's server against each framework's own; needs wrk.
local-parity:
    benches/local.sh

# How long it takes to the first byte of a stream, and to the last of an answer as a whole, on Lambda.
first-byte *rounds:
    cargo run --quiet --release -p lodger-benches --bin first_byte {{rounds}}

# AWS's emulator, installed if it is not there; prints where it is.
rie:
    tests/oracles/rie.sh

# What others made, against what we made: cargo lambda, ministack, SAM CLI's API Gateway, Powertools, Mangum, and Vercel's own
# programs.
oracles: cargo-lambda ministack sam models vercel

# The apps under `cargo lambda watch` and as servers, streams with the times at which they arrive.
cargo-lambda:
    tests/oracles/cargo_lambda.sh

# The apps behind ministack's fronts and as servers.
ministack:
    tests/oracles/ministack.sh

# The apps behind SAM CLI's local API Gateway and as servers.
sam:
    tests/oracles/sam.sh

# The gateway's events, judged by Powertools and Mangum.
models:
    tests/oracles/models.sh

# The apps built, started, called and uploaded by Vercel's own programs; needs node.
vercel:
    tests/oracles/vercel.sh

# What `vercel deploy --prebuilt` deploys, of the package in a folder: `just prebuilt examples/vercel-axum`.
prebuilt folder *command:
    examples/vercel-prebuilt.sh {{folder}} {{command}}
