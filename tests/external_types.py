#!/usr/bin/env python3
"""Checks which crates of others appear in the public API of the published crates.

A type of another crate in a signature binds users to its version: a new major version there is a breaking change here. `ALLOWED`
lists these crates. The API comes from rustdoc's JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STANDARD = {"alloc", "core", "std"}
OWN = {"lodger", "lodger_core", "lodger_extension", "lodger_gateway", "lodger_routes", "lodger_runtime_api"}
# `pin_project_lite` is in the code that its macro writes, out of reach of users.
HTTP = ["bytes", "http", "http_body", "pin_project_lite"]
ALLOWED = {
    "lodger": [
        *HTTP,
        *["actix_http", "actix_service", "axum_core", "hyper", "tower_service", "warp"],
        *["aws_lambda_events", "http_body_util", "serde_core", "serde_json", "tokio"],
    ],
    "lodger-core": [
        *HTTP,
        *["actix_http", "actix_web", "axum_core", "hyper"],
        *["futures_core", "serde_core", "tokio", "tracing_core", "tracing_subscriber"],
    ],
    "lodger-runtime-api": ["bytes"],
    "lodger-extension": ["serde_core", "serde_json", "tower_service"],
    "lodger-gateway": ["bytes", "http", "http_body", "hyper", "serde_json", "tokio"],
    "lodger-routes": [],
}


def write_json():
    """Documents the published crates as JSON, and returns the folder of the files."""
    environment = os.environ | {
        "RUSTDOC": str(ROOT / "tests" / "rustdoc.sh"),
        "RUSTDOCFLAGS": "-Z unstable-options --output-format json",
    }
    packages = [argument for name in ALLOWED for argument in ("-p", name)]
    command = ["cargo", "doc", "--quiet", "--no-deps", "--all-features", *packages]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return Path(environment.get("CARGO_TARGET_DIR", ROOT / "target")) / "doc"


def type_ids(value):
    """Yields the id of each type and trait in a part of the JSON."""
    if isinstance(value, dict):
        if isinstance(value.get("id"), int) and "path" in value:
            yield value["id"]
        for part in value.values():
            yield from type_ids(part)
    elif isinstance(value, list):
        for part in value:
            yield from type_ids(part)


def is_written_by_hand(item):
    implementation = item["inner"].get("impl")
    return not implementation or not (implementation["is_synthetic"] or implementation["blanket_impl"])


def external_types(file):
    """Returns the types and traits of other crates in a public API: crate name -> paths."""
    api = json.loads(file.read_text())
    found = {}
    for item in api["index"].values():
        if item["crate_id"] != 0 or not is_written_by_hand(item):
            continue
        for type_id in type_ids(item["inner"]):
            path = api["paths"].get(str(type_id))
            if path and path["crate_id"] != 0:
                name = api["external_crates"][str(path["crate_id"])]["name"]
                if name not in STANDARD | OWN:
                    found.setdefault(name, set()).add("::".join(path["path"]))
    return found


def main():
    folder = write_json()
    differences = []
    for package, allowed in ALLOWED.items():
        found = external_types(folder / f"{package.replace('-', '_')}.json")
        for name in sorted(found.keys() - set(allowed)):
            differences.append(f"{package}: {name} is not in ALLOWED: {', '.join(sorted(found[name]))}")
        for name in sorted(set(allowed) - found.keys()):
            differences.append(f"{package}: {name} is in ALLOWED, and the public API does not use it")
        print(f"{package}: {', '.join(sorted(found)) or 'none'}")
    if differences:
        sys.exit("\n".join(["the public API differs from ALLOWED in tests/external_types.py:", *differences]))


if __name__ == "__main__":
    main()
