# The checks, one line each. `.ci/run` runs most of them.

_default:
    @just --list

# Every check that has to pass.
check:
    .ci/run

# Formatting and lints.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# Each feature alone, and features of `lodger` together, by cargo-hack. `just features 3` takes more at once.
features *depth:
    tests/features.sh {{depth}}

# Spelling.
typos:
    tests/typos.sh

# Licences, sources and forbidden crates among the dependencies. `just deny advisories` looks for known vulnerabilities.
deny *checks:
    tests/deny.sh {{checks}}

# The messages of Lodger, against the page about troubleshooting.
messages:
    tests/messages.py

# The tests that SECURITY.md names, and the lint against `unsafe` code.
security:
    tests/security.py

# Crates of others in the public API, against the list of those that are meant to be there.
external-types:
    tests/external_types.py

# The published crates with the oldest versions of their dependencies; builds those first, which takes minutes.
minimal-versions:
    tests/minimal_versions.sh

# The documentation as docs.rs builds it, with its links.
doc:
    tests/doc.sh

# The book, into target/book, with its links.
book:
    tests/book.sh

# All tests. The tests of AWS's emulator need `just rie` first.
test:
    cargo test --workspace --all-features

# The inspector of `cargo lodger dev` in Chromium. `just page --screenshots FOLDER` also takes pictures.
page *arguments:
    cli/tests/page.sh {{arguments}}

# Each fuzz target for a minute: `just fuzz 600 events` runs one target for ten. fuzz/README.md lists them.
fuzz *arguments:
    fuzz/run.sh {{arguments}}

# Lines of the published libraries that tests run; needs cargo-tarpaulin, and builds everything once more.
coverage:
    cargo tarpaulin --engine llvm --target-dir target/coverage --skip-clean --all-features -p lodger-core -p lodger-runtime-api -p lodger \
        -p lodger-tests --lib --tests --bins --follow-exec --no-fail-fast --timeout 900 --exclude-files 'target/*' \
        -- --skip on_lambda_writes_a_panic_as_one_event
    find tests -name '*.profraw' -delete

# Mutation tests of the events, the replies and the Runtime API client; needs cargo-mutants, and takes hours. `just mutants --shard 0/8` runs an eighth.
mutants *options:
    cargo mutants --in-place {{options}}

# The example for axum on http://127.0.0.1:3000.
run:
    cargo run -p example-axum

# Lodger beside other crates: the tables and plots of the book. Parts: lambda, vercel, server, growth, threads, local (which needs wrk).
# `just bench lambda --rounds 3` measures one part quickly.
bench *arguments:
    cargo run --quiet --release -p lodger-benches -- {{arguments}}
    docs/plots.py

# Instructions of an invocation, compared with benches/instructions.json. `just instructions --update` writes the file.
instructions *arguments:
    benches/instructions.sh {{arguments}}
    docs/plots.py

# A million invocations, requests and messages on each host: memory, descriptors and lost responses, and tasks on the server and Vercel. `just soak 100000 server`.
soak *arguments:
    cargo run --quiet --release -p lodger-soak -- {{arguments}}

# Requests per second under Lodger and under the server of each framework; needs wrk.
local-parity:
    benches/local.sh

# Slow and hostile clients against Lodger's server and `axum::serve`; needs slowhttptest, wrk and h2load, and takes 15 minutes.
load *attacks:
    tests/load.py {{attacks}}

# Time to the first byte of a stream on Lambda, compared with a buffered response.
first-byte *rounds:
    cargo run --quiet --release --manifest-path benches/apps/Cargo.toml --target-dir target --features first-byte --bin first-byte {{rounds}}

# Installs AWS's Runtime Interface Emulator, and prints its path.
rie:
    tests/oracles/rie.sh

# All programs of other vendors: cargo lambda, ministack, SAM CLI, Powertools and Mangum, and Vercel's own.
oracles: cargo-lambda cargo-lambda-invoke foreign ministack sam sam-build models vercel deploy

# The apps under `cargo lambda watch` and as servers, with the arrival times of streams.
cargo-lambda:
    tests/oracles/cargo_lambda.sh

# Events to the examples under `cargo lambda watch`, sent with `cargo lambda invoke`.
cargo-lambda-invoke:
    tests/oracles/cargo_lambda_invoke.sh

# Functions without Lodger under `cargo lodger`: an app under lambda_http, and a handler in Python.
foreign *functions:
    tests/oracles/foreign.sh {{functions}}

# `cargo lodger dev`: seconds from an edit to its response beside `cargo lambda watch`, the time of a request, and its memory.
dev-figures *rounds:
    cli/tests/figures.py {{rounds}}

# The apps behind ministack's fronts and as servers.
ministack:
    tests/oracles/ministack.sh

# The apps behind SAM CLI's local API Gateway and as servers.
sam:
    tests/oracles/sam.sh

# The four functions of the example, built by `sam build`, and run under AWS's emulator.
sam-build:
    tests/oracles/sam_build.sh

# The gateway's events, read by Powertools and Mangum.
models:
    tests/oracles/models.sh

# The apps built, started, called and uploaded by Vercel's own programs; needs node.
vercel:
    tests/oracles/vercel.sh

# The example that every tool deploys, packaged by its tools and run: `just deploy sam`. Without a name, all tools.
deploy *tools:
    tests/oracles/deploy.sh {{tools}}

# Builds the package in a folder for `vercel deploy --prebuilt`: `just prebuilt examples/vercel-axum`.
prebuilt folder *options:
    cargo run -p cargo-lodger -- package --vercel --manifest-path {{folder}}/Cargo.toml {{options}}

# The packages for crates.io: fields, files, sizes, and the form of the changelog.
package:
    tests/package.py

# The compiler versions that the dependencies of the published crates need.
msrv:
    tests/msrv.py

# The public API, compared with the last release, by cargo-semver-checks.
semver *options:
    tests/semver.sh {{options}}

# The pages of the book for beginners, followed in new projects: `just new-user axum`.
new-user *pages:
    tests/new_user.sh {{pages}}
