"""Builds a project with Vercel's builder, and runs the result like Vercel. For new_user.py."""

import json
import shutil

from client import get
from vercel_ipc import Host
from vercel_known import CLIENT
from vercel_oracle import Oracle
from vercel_runtime import PlatformClient, check_proxy_port


def run_on_vercel(oracles, project, target, expected, check):
    """Checks the response of a project to one request on Vercel, where the body has the address of another client."""
    oracle = Oracle(oracles)
    # A repository has no target folder.
    copy, built = project.with_name("deployed"), project.with_name("built")
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("target", ".git"))
    output = json.loads(oracle.node("build", str(copy), "src/main.rs", str(built)))
    files = [function["files"] for function in output["functions"]]
    check("Vercel's builder makes a server behind its proxy", [["executable", "user-server"]], files)
    check_proxy_port()
    with Host(["./executable"], cwd=built) as host:
        response = PlatformClient(host)(get(target))
        check(f"GET {target} on Vercel", (200, expected.replace("127.0.0.1", CLIENT)), (response["status"], response["body"]))
        check("one connection to the platform, and only valid messages", (1, []), (host.connections, host.faults))
