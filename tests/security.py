#!/usr/bin/env python3
"""Checks that each test exists that SECURITY.md or `tests/README.md` names, and that each vulnerability has one. Also that `unsafe` is forbidden.

usage: tests/security.py [FILE]

A test is `file::name` in a code span. It is a function with the attribute `test` in that file, which is not ignored. Needs python3 3.11
or newer, and builds nothing.
"""
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEST = re.compile(r"`([\w/.-]+\.rs)::(\w+)`")
SCRIPT = re.compile(r"`(tests/[\w.-]+\.(?:py|sh))[ `]")


def test_faults(text):
    """Yields the tests and scripts that do not exist."""
    for file, name in sorted(set(TEST.findall(text))):
        path = ROOT / file
        code = path.read_text() if path.is_file() else ""
        found = re.search(rf"((?:#\[[^\n]*\]\s*)+)(?:pub(?:\(\w+\))? )?(?:async )?fn {name}\(", code)
        if not found or not re.search(r"#\[(tokio::|actix_web::)?test\b", found[1]) or "ignore" in found[1]:
            yield f"there is no test {name} in {file}"
    for script in sorted(set(SCRIPT.findall(text))):
        if not (ROOT / script).is_file():
            yield f"there is no {script}"


def row_faults(text):
    """Yields the rows without a test, of tables whose last column is called `test`."""
    is_table, rows = False, 0
    for line in text.splitlines():
        is_row = is_table and line.startswith("|") and not line.startswith("|---")
        is_table = line.endswith("| test |") or (is_table and line.startswith("|"))
        if not is_row:
            continue
        rows += 1
        cells = line.strip("|").split("|")
        if len(cells) != 4 or not (TEST.search(cells[-1]) or SCRIPT.search(cells[-1])):
            yield f"a row names no test: {line[:80]}"
    if not rows:
        yield "there is no table of vulnerabilities"


def unsafe_faults():
    """Yields the crates in which `unsafe` code is allowed."""
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]
    if workspace["lints"]["rust"].get("unsafe_code") != "forbid":
        yield "Cargo.toml does not forbid `unsafe_code`"
    for member in [*[m for m in workspace["members"] if "/" not in m], "tests"]:
        lints = tomllib.loads((ROOT / member / "Cargo.toml").read_text()).get("lints", {})
        is_forbidden = lints.get("workspace") or lints.get("rust", {}).get("unsafe_code") == "forbid"
        if not is_forbidden and member != "benches":
            yield f"{member}/Cargo.toml does not forbid `unsafe_code`"


def main():
    file = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "SECURITY.md"
    text = file.read_text()
    others = (ROOT / "tests/README.md").read_text()
    faults = [f"{file.name}: {fault}" for fault in [*test_faults(text), *row_faults(text)]]
    faults += [f"tests/README.md: {fault}" for fault in test_faults(others)]
    faults += unsafe_faults()
    if faults:
        sys.exit("\n".join(faults))
    print(f"{file.name}: {len(set(TEST.findall(text + others)))} tests exist")


main()
