#!/usr/bin/env python3
"""Checks that the page about troubleshooting has every message of Lodger.

usage: tests/messages.py [PAGE]

A message is a string literal of the sources below that reads as a sentence: three words or more, or any words in a call of
`log::warn!` or of a constructor of `Error`. Attributes, comments and tests do not count. The messages of the compiler in
`tests/ui` do. The page has a message if one of its code spans contains the constant text of the literal up to the fix, which
follows a semicolon. `..` on the page stands for the values. Each message in a table of the page has to be in the code, too.
Needs python3 only, and builds nothing.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/src/production/troubleshooting.md"
SOURCES = ["core/src", "adapters/src", "runtime-api/src", "extension/src", "routes/src"]
# Without the protocol errors, which are for authors of runtimes.
SOURCES += [f"gateway/src/{name}" for name in ["access.rs", "function", "runtime_api/invoke.rs", "warning.rs"]]
SOURCES += [f"cli/src/{name}" for name in ["args/mod.rs", "dev", "function", "invoke", "platform", "project"]]

# Files whose texts are on another page, or are names inside messages that the page has.
FILES = {
    "core/src/settings/variables.rs": "the page of settings is made from this file",
    "core/src/fuzzing.rs": "fuzz targets only",
    "core/src/lambda/source/kinds.rs": "names of services",
    "routes/src/source.rs": "generated code",
}
# Literals that are not messages, by their first words.
OTHER_TEXTS = (
    # requests and headers
    "GET {", "POST {", "PUT {", "host: {", "content-type: ", "{start}{headers}", "text/plain; ", "lambda-extension-accept-feature: ",
    "Lambda-Runtime-Function-Error-Type: ", "lambda-runtime-function-response-mode: ",
    # names inside messages
    "a host and a port", "requests that Lodger passes", "requests from whose path", "an HTTP API authorizer", "a string, or an object",
    "media types such as", "a host name without", "its JSON with",
    # files of the operating system
    "Max open files",
    # Debug, and panics that cannot happen
    "SnapshotHooks({", "BeforeFreeze({", "the paths are set already",
)


def literals(source):
    """Yields (line, code before the literal, text) of each string literal outside of comments."""
    raw, char = re.compile(r'\b[bc]?r(#*)"'), re.compile(r"'(?:\\[^']*|[^\\'\n])'")
    at, line_of = 0, lambda place: source.count("\n", 0, place) + 1
    while at < len(source):
        if source.startswith("//", at):
            at = source.find("\n", at) if "\n" in source[at:] else len(source)
        elif source.startswith("/*", at):
            at = source.index("*/", at) + 2
        elif found := raw.match(source, at):
            end = source.index('"' + found[1], found.end())
            yield line_of(at), source[max(0, at - 60) : at], source[found.end() : end]
            at = end + 1 + len(found[1])
        elif source[at] == '"':
            end = at + 1
            while source[end] != '"':
                end += 2 if source[end] == "\\" else 1
            text = re.sub(r"\\\n\s*", "", source[at + 1 : end])
            yield line_of(at), source[max(0, at - 60) : at], text.replace('\\"', '"').replace("\\\\", "\\")
            at = end + 1
        elif found := char.match(source, at):
            at = found.end()
        else:
            at += 1


def constant_parts(text):
    """The parts of a format string between its values, up to the fix."""
    text = text.replace("\\n", "{}").lstrip("; ")
    text = re.split(r";(?= )|\. (?=[A-Z])", text)[0]
    text = text.replace("{{", "\0").replace("}}", "\1")
    parts = re.split(r"\{[^{}]*\}", text)
    return [" ".join(part.replace("\0", "{").replace("\1", "}").replace("`", "").split()) for part in parts]


def is_message(before, text):
    if re.search(r"(\b(reason|must_use|doc|label)\s*=|\.expect\()\s*$", before) or text.startswith(OTHER_TEXTS):
        return False
    words = re.sub(r"\{[^{}]*\}", " ", text).split()
    count = sum(1 for word in words if re.search("[A-Za-z]{2}", word))
    if all(word[0].isupper() for word in words):
        # The name of a service.
        return False
    is_logged = re.search(r"(\b(warn|error|info|debug)!|\bError::\w+)\(\s*(target: .lodger.,\s*|format!\(\s*)?$", before)
    return count >= 3 or (count >= 1 and len(words) >= 2 and is_logged)


def messages():
    """Yields (file and line, text, whether the page needs it) of each literal."""
    for source in map(ROOT.joinpath, SOURCES):
        for path in sorted(source.rglob("*.rs")) if source.is_dir() else [source]:
            name = path.relative_to(ROOT).as_posix()
            if "tests" in path.parts or path.name == "tests.rs" or name in FILES:
                continue
            code = re.sub(r"(?ms)^#\[cfg\(test\)\]\nmod \w+ \{.*?^\}$", "", path.read_text())
            for line, before, text in literals(code):
                yield f"{name}:{line}", text, is_message(before, text)
    for path in sorted((ROOT / "tests/ui").rglob("*.rs")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith("// error: "):
                # The type is another one in each program.
                text = re.sub("^`[^`]*` is not", "{} is not", line.removeprefix("// error: "))
                yield f"{path.relative_to(ROOT)}:{number}", text, True


def code_spans(line):
    found = re.findall(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", line)
    return [" ".join(text.replace("\\|", "|").replace("`", "").split()) for _, text in found]


def first_cells(lines):
    """The first cell of each row of the tables whose first column is called `message`."""
    is_table = False
    for line in lines:
        is_table = line.startswith("| message |") or (is_table and line.startswith("|"))
        if is_table:
            yield re.split(r"(?<!\\)\|", line)[1]


def main():
    page = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    lines = page.read_text().splitlines()
    spans = [span for line in lines for span in code_spans(line)]
    missing, known = [], set()
    for place, text, is_required in messages():
        parts = constant_parts(text)
        if not any(" " in part for part in parts):
            continue
        pattern = re.compile(".{0,80}?".join(re.escape(part) for part in parts))
        having = {span for span in spans if pattern.search(span)}
        known |= having
        if is_required and not having:
            missing.append(f"{place}: {text}")
    gone = [span for cell in first_cells(lines) for span in code_spans(cell) if span not in known]
    for message in missing:
        print(f"not on the page: {message}")
    for span in gone:
        print(f"not in the code: {span}")
    if missing or gone:
        sys.exit(f"{page.name}: {len(missing)} messages are missing, and {len(gone)} are not in the code; change the page")
    print(f"{page.name} has every message")


main()
