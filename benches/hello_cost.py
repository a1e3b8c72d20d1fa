#!/usr/bin/env python3
"""Prints the cost of hello apps as a table: dependencies, CPU time of a cold build, and sizes of the binary.

The apps are axum alone under `axum::serve`, axum with Lodger, and axum with lambda_http. Each is a new project in a temporary folder,
with the newest versions of its dependencies. "Small" is the profile of the page `docs/src/production/performance.md`: fat LTO, one
codegen unit, no symbols.
usage: hello_cost.py [NAME...]    names: axum, lodger, lodger-lambda, lambda_http; by default all of them
"""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
AXUM, SMALL_AXUM = 'axum = "0.8"', 'axum = { version = "0.8", default-features = false }'
TOKIO = 'tokio = { version = "1", features = ["macros", "rt-multi-thread"] }'
APP = 'axum::Router::new().route("/", axum::routing::get(|| async { "hello" }))'
MAIN = "#[tokio::main]\nasync fn main() -> Result<(), {}> {{ {} }}\n"
LODGER = MAIN.format("lodger::Error", f"lodger::run({APP}).await")
SERVE = f'axum::serve(tokio::net::TcpListener::bind("0.0.0.0:3000").await?, {APP}).await'
# Name -> axum, the dependency beside axum and tokio, and `main.rs`.
APPS = {
    "axum": (AXUM, "", MAIN.format("std::io::Error", SERVE)),
    "lodger": (AXUM, f'lodger = {{ path = "{ROOT}/adapters", features = ["axum"] }}', LODGER),
    "lodger-lambda": (
        SMALL_AXUM, f'lodger = {{ path = "{ROOT}/adapters", default-features = false, features = ["axum", "lambda"] }}', LODGER),
    "lambda_http": (AXUM, 'lambda_http = "1"', MAIN.format("lambda_http::Error", f"lambda_http::run({APP}).await")),
}
SMALL = '[profile.small]\ninherits = "release"\nlto = "fat"\ncodegen-units = 1\nstrip = true\n'


def run(folder, *command):
    """Runs a command in a project, and returns its output. No variable of the caller changes the profiles."""
    changing = ("CARGO_PROFILE", "CARGO_TARGET", "RUSTFLAGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(changing)}
    return subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def create(folder, name):
    """Creates the project of an app."""
    axum, dependency, main = APPS[name]
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "main.rs").write_text(main)
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "hello"\nedition = "2024"\n\n[dependencies]\n{axum}\n'
        f'{TOKIO}\n{dependency}\n\n{SMALL}\n[workspace]\n')


def count_crates(folder):
    """Returns the number of crates that a build for this machine compiles, without the app."""
    lines = run(folder, "cargo", "tree", "--quiet", "--prefix=none", "--edges=normal,build", "--format={p}").splitlines()
    return len({line.removesuffix(" (*)") for line in lines}) - 1


def build(folder, profile):
    """Builds the app, and returns the seconds of CPU time, which other programs change little, and the size of the binary in bytes."""
    run(folder, "cargo", "fetch", "--quiet")
    before = os.times()
    run(folder, "cargo", "build", "--quiet", f"--profile={profile}")
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, (folder / "target" / {"dev": "debug"}.get(profile, profile) / "hello").stat().st_size


def main(names):
    if unknown := set(names) - set(APPS):
        sys.exit(f"hello_cost.py: unknown name {', '.join(sorted(unknown))}: expected {', '.join(APPS)}")
    print("| | crates | debug build, CPU s | release build, CPU s | release, MB | small, MB |\n|---|---|---|---|---|---|")
    for name in names or APPS:
        with tempfile.TemporaryDirectory(prefix="lodger-hello-") as folder:
            folder = pathlib.Path(folder) / "hello"
            create(folder, name)
            crates = count_crates(folder)
            (debug, _), (release, size), (_, small) = (build(folder, profile) for profile in ("dev", "release", "small"))
        print(f"| {name} | {crates} | {debug:.0f} | {release:.0f} | {size / 1e6:.2f} | {small / 1e6:.2f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
