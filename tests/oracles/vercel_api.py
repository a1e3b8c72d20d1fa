"""The part of Vercel's API that `vercel deploy --prebuilt` uses. It keeps the uploaded files."""

import contextlib
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROJECT = {"projectId": "prj_x", "orgId": "team_x", "projectName": "x"}
TEAM = {"id": "team_x", "slug": "t", "name": "t", "membership": {"role": "OWNER"}}
USER = {"id": "u", "uid": "u", "email": "a@b.c", "username": "u", "version": "northstar", "defaultTeamId": "team_x"}
DEPLOYED = {
    "id": "dpl_x", "url": "x.example", "alias": [], "aliasAssigned": True, "readyState": "READY", "status": "READY",
    "checksState": "completed", "target": None, "projectId": "prj_x", "inspectorUrl": "http://x.example",
}


class Api:
    """The state of the API."""

    def __init__(self):
        # Contents by SHA-1, which is their name in the API.
        self.contents = {}
        # The files of the deployment by path.
        self.files = {}
        self.faults = []


class Handler(BaseHTTPRequestHandler):
    def handle_request(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        status, response = self.respond(self.server.api, self.path.partition("?")[0], body)
        response = json.dumps(response).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(response)))
        self.end_headers()
        self.wfile.write(response)

    do_GET = do_POST = do_PATCH = do_PUT = handle_request

    def respond(self, api, path, body):
        """Returns the status and the JSON of the response."""
        is_post = self.command == "POST"
        if re.fullmatch(r"/v\d+/files", path) and is_post:
            sha = self.headers.get("x-now-digest")
            if hashlib.sha1(body).hexdigest() != sha:
                api.faults.append(f"the SHA-1 of {len(body)} bytes is not {sha}")
            api.contents[sha] = body
            return 200, {}
        if re.fullmatch(r"/v\d+/deployments", path) and is_post:
            if "prebuilt=1" not in self.path:
                api.faults.append("the deployment is not marked as prebuilt")
            # An entry without content is an empty folder.
            files = [file for file in json.loads(body)["files"] if "sha" in file]
            missing = [file["sha"] for file in files if file["sha"] not in api.contents]
            if missing:
                return 400, {"error": {"code": "missing_files", "message": "Missing files", "missing": missing}}
            api.files = {file["file"]: file for file in files}
            return 200, DEPLOYED
        if re.match(r"/v\d+/deployments/", path):
            return 200, DEPLOYED
        if path == "/v2/user":
            return 200, {"user": USER}
        if re.match(r"(/v\d+)?/teams/team_x", path):
            return 200, TEAM
        if re.fullmatch(r"(/v\d+)?/teams", path):
            return 200, {"teams": [TEAM], "pagination": {"count": 1}}
        if re.match(r"/v\d+/projects/prj_x", path):
            return 200, {"id": "prj_x", "name": "x", "accountId": "team_x", "rootDirectory": None, "framework": None}
        return 200, {}

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving():
    """Serves the API, and yields it with its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.api = Api()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.api, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
