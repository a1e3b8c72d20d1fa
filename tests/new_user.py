"""Makes a project from a page of the book, and runs the app as a server, behind every front and on Vercel. Run by new_user.sh."""

import contextlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "oracles"))
from new_user_vercel import run_on_vercel
from processes import ROOT, base_environment, build, cargo_environment, check_names, exit_on_sigterm, free_ports, kill
from report import Checks

PAGES = ROOT / "docs" / "src" / "start"
NAMES = sorted(page.stem for page in PAGES.glob("*.md"))
BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Addresses of the pages. Each run replaces their ports.
ADDRESSES = ("127.0.0.1:3000", "localhost:4000")
# The front to which the pages send requests.
FRONT = "http-api"


def read_steps(page):
    """Yields the steps of a page: `("file", path, text)`, or `("command", line, expected output or None)`."""
    blocks = BLOCK.findall(page)
    for (path, language, text), following in zip(blocks, [*blocks[1:], ("", "", "")]):
        if path:
            yield "file", path, text
        elif language == "sh":
            *lines, last = text.splitlines()
            yield from (("command", line, None) for line in lines)
            yield "command", last, following[2] if following[1] == "text" else None


def run(line, folder, environment):
    """Runs a command to its end. Returns its exit status and its output. Prints its errors if it fails."""
    result = subprocess.run(shlex.split(line), cwd=folder, env=environment, capture_output=True, text=True)
    if result.returncode:
        print(result.stderr, file=sys.stderr)
    return result.returncode, result.stdout


class User:
    """A person in a new folder, with one or two terminals."""

    def __init__(self, folder, quick, check):
        self.folder, self.home, self.check, self.running = folder, folder, check, None
        ports = dict(zip(ADDRESSES, free_ports(len(ADDRESSES))))
        self.addresses = {address: f"{address.partition(':')[0]}:{port}" for address, port in ports.items()}
        bin = folder / "installed" / "bin"
        bin.mkdir(parents=True)
        self.environment = base_environment() | cargo_environment() | {
            "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}",
            "CARGO_INSTALL_ROOT": str(bin.parent),
            # A short build matters here, and a fast program does not.
            "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
            "CARGO_PROFILE_RELEASE_LTO": "false",
            "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
            "LODGER_ADDR": self.addresses[ADDRESSES[0]],
        }
        self.quick = quick
        if quick:
            # Like the dependencies of the workspace, so that Cargo reuses them.
            self.environment |= {"CARGO_PROFILE_DEV_DEBUG": "false", "CARGO_NET_OFFLINE": "true"}
            (folder / "lodger").symlink_to(ROOT)
            (bin / "cargo-lodger").symlink_to(build("cargo-lodger"))
        else:
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / "lodger")], check=True)

    def localize(self, text):
        """Replaces the addresses of the page by those of this run."""
        for address, own in self.addresses.items():
            text = text.replace(address, own)
        return text

    def write(self, path, text):
        """Replaces a file of the new project."""
        (self.folder / path).write_text(text)
        if self.quick and path == "Cargo.toml":
            shutil.copy(ROOT / "Cargo.lock", self.folder)
            target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
            pathlib.Path(target).mkdir(exist_ok=True)
            (self.folder / "target").symlink_to(target)

    def type(self, line, expected):
        """Runs a command of the page, and compares its output with the page."""
        words, line, expected = shlex.split(line), self.localize(line), expected and self.localize(expected)
        if words[0] == "cd":
            self.folder = self.folder / words[1]
        elif words[:3] == ["cargo", "lodger", "dev"]:
            self.start(f"{line} --listen {self.addresses[ADDRESSES[1]].replace('localhost', '127.0.0.1')}", expected)
        elif words[:2] == ["cargo", "run"]:
            self.start(line, expected)
        elif not (self.quick and words[:2] == ["cargo", "install"]):
            status, output = run(line, self.folder, self.environment)
            self.check(line, (0, expected), (status, output if expected is not None else None))

    def start(self, line, expected):
        """Ends the program that runs, and starts another one. Waits for the lines that the page shows."""
        self.interrupt()
        log = self.home / "log"
        with open(log, "w") as output:
            self.running = subprocess.Popen(shlex.split(line), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        end = time.monotonic() + 1200
        while not (found := expected in log.read_text()) and self.running.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        self.check(line, expected, expected if found else log.read_text()[-3000:])

    def interrupt(self):
        """Presses Ctrl-C."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.running.wait(15)
            self.check("Ctrl-C ends it", True, self.running.poll() is not None)
            kill(self.running)
        self.running = None


def front_names(user):
    """Returns the fronts in the help of `cargo lodger dev`."""
    command = ["cargo", "lodger", "dev", "--help"]
    text = subprocess.run(command, env=user.environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    names = re.search(r"--front <NAME>.*?\[possible values: ([^\]]+)\]", text, re.DOTALL)[1]
    return re.split(r",\s+", names)


def send_through_every_front(user, requests):
    """Repeats the requests that the page sends to one front with every front."""
    for name in front_names(user):
        for request, expected in requests:
            own = user.localize(request.replace(f"{FRONT}.", f"{name}."))
            user.check(f"{name}: {own}", (0, expected), run(own, user.folder, user.environment))


def follow(name, quick, oracles, checks):
    """Follows a page to its end, and then runs its app behind all fronts and on Vercel."""
    steps = list(read_steps((PAGES / f"{name}.md").read_text()))
    with tempfile.TemporaryDirectory(prefix="lodger-new-user-") as folder:
        user = User(pathlib.Path(folder).resolve(), quick, lambda *check: checks.check(name, *check))
        try:
            for kind, *step in steps:
                (user.write if kind == "file" else user.type)(*step)
            commands = [(line, expected) for kind, line, expected in steps if kind == "command"]
            address = f"{FRONT}.{ADDRESSES[1]}"
            requests = dict(command for command in commands if command[0].startswith("curl") and address in command[0])
            user.check("the page sends a request to a front", True, bool(requests))
            send_through_every_front(user, requests.items())
        finally:
            user.interrupt()
        if oracles:
            line, expected = next(iter(requests.items()))
            target = line.split(ADDRESSES[1])[1]
            run_on_vercel(pathlib.Path(oracles), user.folder, target, expected, user.check)


def main(oracles, *arguments):
    exit_on_sigterm()
    quick, names = "--quick" in arguments, [argument for argument in arguments if argument != "--quick"]
    check_names("new_user.py", "page", names, NAMES)
    if not shutil.which("curl"):
        sys.exit("new_user.py: cannot follow the pages: curl is missing")
    checks = Checks()
    for name in names or NAMES:
        start = time.monotonic()
        follow(name, quick, oracles, checks)
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    sys.exit(0 if checks.report() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
