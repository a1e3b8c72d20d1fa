"""Part `cli`: Vercel's command line builds, starts and uploads the examples, also those that `cargo lodger package` builds."""

import hashlib
import json
import pathlib
import shutil
import stat
import tempfile

import vercel_api
from client import get, send
from processes import build
from vercel_ipc import Host
from vercel_known import HOST
from vercel_oracle import FUNCTION
from vercel_runtime import PlatformClient
from vercel_streams import check_countdown, check_visits


def cli(oracle):
    """The command line and `cargo lodger package` make the same function."""
    check_dev(oracle)
    check_build(oracle)
    check_package(oracle)


def check_dev(oracle):
    for app, project, program in (("routes", oracle.routes, "executable"), ("links", oracle.links, "user-server")):
        _, folder = project.built
        shutil.rmtree(project.copy / ".vercel", ignore_errors=True)
        command = oracle.cli_command("dev", "--local", "--yes", "--listen", "127.0.0.1:PORT")
        with oracle.serving(command, project.copy) as port:
            oracle.compare("vercel-dev", app, project.requests, str(folder / program),
                           lambda request: send(port, HOST, request))
            if app == "links":
                check_visits(oracle, "vercel-dev", port)
                continue
            check_countdown(oracle, "vercel-dev", port)
            robots = send(port, HOST, get("/robots.txt"))["body"]
            oracle.check("vercel-dev", "files of public/ are served", True, robots.startswith("User-agent"))


def check_build(oracle):
    expected_function = FUNCTION | {"environment": {}}
    # The preset for `src/main.rs` has no `public/`.
    for app, project, path, files, static, target in (
        ("routes", oracle.routes, "functions/api/index.func", ["executable"], ["static/robots.txt"], "/api/index"),
        ("links", oracle.links, "functions/rust.func", ["executable", "user-server"], [], "/rust"),
    ):
        link(project.copy)
        oracle.run(oracle.cli_command("build", "--standalone", "--yes"), project.copy)
        output = project.copy / ".vercel" / "output"
        function = json.loads((output / path / ".vc-config.json").read_text())
        oracle.check("cli", f"{app}: description of the function", expected_function,
                     {name: function.get(name) for name in expected_function})
        in_output = [str(at.relative_to(output)) for at in sorted(output.rglob("*")) if at.is_file()]
        in_output = [at for at in in_output if not at.startswith("diagnostics/") and at not in ("builds.json", "config.json")]
        expected = sorted([f"{path}/{name}" for name in [".vc-config.json", *files]] + static)
        oracle.check("cli", f"{app}: the output has the function, public/ and no other file", expected, in_output)
        config = json.loads((output / "config.json").read_text())
        oracle.check("cli", f"{app}: cron jobs", crons(project.copy), config.get("crons", []))
        routes = config["routes"]
        targets = [route["dest"] for route in routes if route.get("src") in ("/(.*)", "^(?:/(.*))$")]
        oracle.check("cli", f"{app}: every path goes to the function", [target], targets)
        deploy(oracle, app, project.copy, path)


def check_package(oracle):
    command = [build("cargo-lodger"), "package", "--vercel", "--profile", "dev"]
    for app, project in (("routes", oracle.routes), ("links", oracle.links)):
        name = f"{app}, by cargo lodger"
        oracle.run(command, project.copy)
        link(project.copy)
        function = json.loads((project.copy / ".vercel/output/functions/index.func/.vc-config.json").read_text())
        oracle.check("cli", f"{name}: description of the function", FUNCTION | {"environment": {}}, function)
        config = json.loads((project.copy / ".vercel/output/config.json").read_text())
        oracle.check("cli", f"{name}: cron jobs", crons(project.copy), config["crons"])
        deploy(oracle, name, project.copy, "functions/index.func")


def crons(project):
    """Returns the cron jobs in the `vercel.json` of a project."""
    return json.loads((project / "vercel.json").read_text()).get("crons", [])


def link(project):
    """Links a project like `vercel link`."""
    (project / ".vercel").mkdir(exist_ok=True)
    settings = {"framework": json.loads((project / "vercel.json").read_text())["framework"]}
    (project / ".vercel" / "project.json").write_text(json.dumps(vercel_api.PROJECT | {"settings": settings}))


def deploy(oracle, app, project, path):
    """Uploads an output, and starts the uploaded function."""
    with vercel_api.serving() as (api, url):
        oracle.run(oracle.cli_command("deploy", "--prebuilt", "--yes", "--token", "t", "--api", url), project)
    files = {}
    for at in sorted((project / ".vercel" / "output").rglob("*")):
        if at.is_file():
            mode = stat.S_IMODE(at.stat().st_mode)
            files[str(at.relative_to(project))] = (hashlib.sha1(at.read_bytes()).hexdigest(), mode & 0o111 != 0)
    uploaded = {name: (file["sha"], file["mode"] & 0o111 != 0) for name, file in api.files.items()}
    oracle.check("cli", f"{app}: all files are uploaded unchanged", (files, []), (uploaded, api.faults))
    with tempfile.TemporaryDirectory() as folder:
        prefix = f".vercel/output/{path}/"
        for name, file in api.files.items():
            if name.startswith(prefix):
                to = pathlib.Path(folder) / name.removeprefix(prefix)
                to.write_bytes(api.contents[file["sha"]])
                to.chmod(file["mode"] & 0o777)
        with Host(["./executable"], cwd=folder) as host:
            oracle.check("cli", f"{app}: the uploaded function runs", 200, PlatformClient(host)(get("/"))["status"])
