#!/usr/bin/env python3
"""Checks that no dependency of a published crate needs a newer compiler than the crate itself, its `rust-version`.

The versions are those of Cargo.lock, with all features and without the dependencies of tests. Clippy checks the standard library:
its lint `incompatible_msrv` reports a function that is newer than `rust-version`. Neither of them runs the old compiler.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def version(text):
    """Returns a version such as `1.89` or `1.89.0` as numbers."""
    return tuple(int(part) for part in (text.split(".") + ["0"])[:3])


def dependencies(package, nodes):
    """Returns the ids of all crates that a build of the package needs."""
    found, waiting = set(), [package]
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            is_needed = any(kind["kind"] in (None, "build") for kind in dependency["dep_kinds"])
            if is_needed and dependency["pkg"] not in found:
                found.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    return found


def main():
    command = ["cargo", "metadata", "--locked", "--all-features", "--format-version=1"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    too_new = []
    published = [packages[member] for member in metadata["workspace_members"] if packages[member]["publish"] is None]
    for crate in published:
        needed = [packages[name] for name in dependencies(crate["id"], nodes) - set(metadata["workspace_members"])]
        known = [package for package in needed if package["rust_version"]]
        newest = max(known, key=lambda package: version(package["rust_version"]))
        print(f"{crate['name']} {crate['rust_version']}: {len(needed)} dependencies, of which {newest['name']} "
              f"{newest['version']} needs most: {newest['rust_version']}; {len(needed) - len(known)} do not declare a version")
        too_new += [f"{package['name']} {package['version']} needs Rust {package['rust_version']}, and {crate['name']} "
                    f"promises {crate['rust_version']}; choose an older version with `cargo update --precise`"
                    for package in known if version(package["rust_version"]) > version(crate["rust_version"])]
    if too_new or not published:
        sys.exit("\n".join(too_new or ["no package of the workspace is published"]))


if __name__ == "__main__":
    main()
