#!/usr/bin/env python3
"""Checks the links of the built book and of the Markdown files of the repository. Run by book.sh.

usage: book_links.py BOOK DOC

BOOK is the folder with mdBook's HTML, and DOC the one with rustdoc's. A relative link needs its file and its anchor. A link to
docs.rs for a crate of this repository needs the page and the anchor in DOC. Nothing is fetched: other links are not checked.
"""

import functools
import html.parser
import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Pages that mdBook makes from the others, or without a link to the place that they are shown at.
GENERATED = {"404.html", "print.html", "toc.html"}
DOCS_RS = re.compile(r"https://docs\.rs/(lodger[a-z-]*)(?:/latest/(\w+)/(.*))?")


class Page(html.parser.HTMLParser):
    """The anchors and links of one file of HTML."""

    def __init__(self, path):
        super().__init__()
        self.anchors = set()
        self.links = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        link = attributes.get({"a": "href", "img": "src"}.get(tag))
        # Links that JavaScript uses have the class of a button.
        if link and "icon-button" not in (attributes.get("class") or ""):
            self.links.append(link)


page = functools.cache(Page)


def missing(path, anchor):
    """Returns what the target of a link lacks, or None."""
    if path.is_dir() and (path / "index.html").is_file():
        path /= "index.html"
    if not path.is_file():
        return f"no file {path}"
    if anchor and path.suffix == ".html" and urllib.parse.unquote(anchor) not in page(path).anchors:
        return f"no #{anchor} in {path}"
    return None


def check(file, link, doc):
    """Returns the error of a link in a file, or None."""
    parts = urllib.parse.urlsplit(link)
    if docs_rs := DOCS_RS.match(link):
        name, library, rest = docs_rs.groups()
        if library is None:
            return None if parts.path.rstrip("/") == f"/{name}" else "expected /latest/ and the name of the library"
        path, _, anchor = rest.partition("#")
        return missing(doc / library / path, anchor)
    if parts.scheme or parts.netloc:
        return None
    path = (file.parent / urllib.parse.unquote(parts.path)) if parts.path else file
    # A folder of the repository.
    if file.suffix == ".md" and path.is_dir():
        return None
    return missing(path.resolve(), parts.fragment)


def links_of_markdown(path):
    """Returns the links of a file of Markdown, outside of code."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)", text, flags=re.MULTILINE)


def main(book, doc):
    pages = [path for path in sorted(book.rglob("*.html")) if path.name not in GENERATED]
    links = [(path, link) for path in pages for link in page(path).links]
    files = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    # The pages of the book are checked as HTML.
    files = [ROOT / name for name in files if name and not name.startswith("docs/") and (ROOT / name).is_file()]
    links += [(path, "".join(link)) for path in files for link in links_of_markdown(path)]
    errors = [f"{path}: {link}: {error}" for path, link in links if (error := check(path, link, doc))]
    print(*errors, sep="\n", file=sys.stderr, end="\n" if errors else "")
    print(f"book_links.py: {len(links)} links in {len(pages) + len(files)} files, {len(errors)} broken")
    sys.exit(1 if errors or not pages else 0)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: book_links.py BOOK DOC")
    main(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:]))
