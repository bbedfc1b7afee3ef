"""Task-role credentials over loopback, as ECS serves them to `AWS_CONTAINER_CREDENTIALS_FULL_URI`."""

import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mlops_lab.localcloud.agent.observation import Json

LOOPBACK = "127.0.0.1"

Assume = Callable[[str], Json | None]  # task id -> AssumeRole's Credentials plus RoleArn, or None


class CredentialsEndpoint:
    """Serves each task the credentials of its own role, to the bearer of the task's token.

    Port and key are kept in a file, so that tasks which outlive the daemon can go on asking.
    """

    def __init__(self, state: Path, assume: Assume):
        self._state = state
        self._assume = assume
        self._server: ThreadingHTTPServer | None = None
        self._key = b""

    def start(self) -> None:
        """Listen on the port of the last time, or on a free one."""
        kept = json.loads(self._state.read_text()) if self._state.is_file() else {}
        self._key = bytes.fromhex(kept["key"]) if kept else secrets.token_bytes(32)
        self._server = self._listen(kept.get("port", 0))
        self._state.parent.mkdir(parents=True, exist_ok=True)
        self._state.touch(mode=0o600)
        self._state.write_text(json.dumps({"port": self._server.server_address[1], "key": self._key.hex()}))
        threading.Thread(target=self._server.serve_forever, name="credentials", daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def environment(self, task_id: str) -> dict[str, str]:
        """Variables that point the AWS SDKs of a task to its credentials."""
        assert self._server is not None
        port = self._server.server_address[1]
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{LOOPBACK}:{port}/v2/credentials/{task_id}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self._token(task_id),
        }

    def answer(self, path: str, token: str | None) -> tuple[int, Json]:
        """Return status and body for a request."""
        task_id = path.removeprefix("/v2/credentials/")
        if not hmac.compare_digest((token or "").encode(), self._token(task_id).encode()):
            return 403, {"code": "AccessDenied", "message": "the token is not this task's"}
        credentials = self._assume(task_id)
        if credentials is None:
            return 404, {"code": "NoTaskRole", "message": f"task {task_id} does not run or has no task role"}
        return 200, {
            "RoleArn": credentials["RoleArn"],
            "AccessKeyId": credentials["AccessKeyId"],
            "SecretAccessKey": credentials["SecretAccessKey"],
            "Token": credentials["SessionToken"],
            "Expiration": credentials["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def _token(self, task_id: str) -> str:
        return hmac.new(self._key, task_id.encode(), hashlib.sha256).hexdigest()

    def _listen(self, port: int) -> ThreadingHTTPServer:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = endpoint.answer(self.path, self.headers.get("Authorization"))
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
                """Say nothing: a request line names a task's credentials."""

        try:
            return ThreadingHTTPServer((LOOPBACK, port), Handler)
        except OSError:
            return ThreadingHTTPServer((LOOPBACK, 0), Handler)
