#!/usr/bin/env python3
"""Packages the published crates like `cargo publish`, and checks what crates.io and its readers need.

These are the fields of the manifest, the absence of code that runs at compile time, the files and the size of the package, links of the
README, which has no repository around it there, and the form of CHANGELOG.md (https://keepachangelog.com/en/1.1.0/).
`minimal_versions.sh` compiles the packaged files.
"""

import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = {"Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"}
# crates.io accepts 10 MB. This is twice the size of the largest package.
MAX_BYTES = 400_000
# https://doc.rust-lang.org/cargo/reference/manifest.html#the-keywords-field
KEYWORD = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_+-]{0,19}")
GROUPS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def cargo(*arguments):
    """Runs a command of cargo, and returns its output."""
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def manifest_faults(package):
    """Yields the faults of a manifest."""
    for field in ("description", "documentation", "license", "readme", "rust_version"):
        if not package[field]:
            yield f"the field `{field}` is missing"
    keywords = package["keywords"]
    if not 1 <= len(keywords) <= 5 or not all(map(KEYWORD.fullmatch, keywords)):
        yield f"crates.io accepts up to five keywords of up to 20 characters, not {keywords}"
    # Code that runs while a user compiles. Published crates have none.
    for target in package["targets"]:
        if {"custom-build", "proc-macro"} & set(target["kind"]):
            yield f"{target['src_path']} runs at compile time: a published crate has no build script and no procedural macro"
    if not 1 <= len(package["categories"]) <= 5:
        yield f"crates.io accepts up to five categories, not {package['categories']}"


def package_faults(file, prefix):
    """Yields the faults of a package, and prints its size."""
    with tarfile.open(file) as package:
        names = {member.name.removeprefix(f"{prefix}/") for member in package if member.isfile()}
        readme = package.extractfile(f"{prefix}/README.md").read().decode() if "README.md" in names else ""
    print(f"{prefix}: {len(names)} files, {file.stat().st_size / 1000:.0f} KB")
    if not {"src/lib.rs", "src/main.rs"} & names:
        yield "the package has neither src/lib.rs nor src/main.rs"
    if missing := FILES - names:
        yield f"the package has no {', '.join(sorted(missing))}"
    if file.stat().st_size > MAX_BYTES:
        yield f"the package has more than {MAX_BYTES} bytes"
    for link in re.findall(r"\]\(([^)]+)\)", readme):
        if not link.startswith(("https://", "#")):
            yield f"README.md has the relative link {link}, which is broken on crates.io"


def changelog_faults(text):
    """Yields the headings that are not in the form of Keep a Changelog."""
    for heading in re.findall(r"^##? .*|^### .*", text, re.MULTILINE)[1:]:
        version = heading == "## [Unreleased]" or re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading)
        if not version and heading.removeprefix("### ") not in GROUPS:
            yield f"CHANGELOG.md has the heading {heading!r}"


def main():
    members = json.loads(cargo("metadata", "--no-deps", "--format-version=1"))
    published = [package for package in members["packages"] if package["publish"] is None]
    arguments = [argument for package in published for argument in ("-p", package["name"])]
    cargo("package", "--quiet", "--no-verify", "--allow-dirty", "--offline", *arguments)
    faults = list(changelog_faults((ROOT / "CHANGELOG.md").read_text()))
    for package in published:
        prefix = f"{package['name']}-{package['version']}"
        file = Path(members["target_directory"], "package", f"{prefix}.crate")
        found = [*manifest_faults(package), *package_faults(file, prefix)]
        faults += [f"{package['name']}: {fault}" for fault in found]
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
