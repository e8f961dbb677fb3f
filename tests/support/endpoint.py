"""A server on loopback that answers as its script says: well, badly, late or never."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from taskatlas.schemas.endpoint import EndpointModel

Body = dict[str, Any]
Act = Callable[["Handler", Body], None]
"""What the server does with one request."""
TEXTS = ("it was good", "it was bad", "it was odd")
USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}


def text_of(body: Body) -> str:
    """What a request shows."""
    text: str = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
    return text


class Server:
    """What was asked, and what is done: the acts of the script one after another, then `usual` for all others."""

    def __init__(self, address: str) -> None:
        self.url = f"{address}/v1"
        self.asked: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.at: list[float] = []
        self.script: list[Act] = []
        self.usual: Act = says("fine")
        self.models: Act = gives({"object": "list", "data": [{"id": "tiny", "object": "model"}]})
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.under_way = self.most_under_way = 0

    def texts(self) -> list[str]:
        """What was shown, in the order in which it was asked."""
        return [text_of(body) for body in self.asked]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: Server

    def do_GET(self) -> None:
        of = self.server_of
        of.paths.append(self.path)
        of.headers.append({name.lower(): value for name, value in self.headers.items()})
        of.models(self, {})

    def do_POST(self) -> None:
        of = self.server_of
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with of.lock:
            of.asked.append(body)
            of.headers.append({name.lower(): value for name, value in self.headers.items()})
            of.paths.append(self.path)
            of.at.append(time.monotonic())
            act = of.script.pop(0) if of.script else of.usual
            of.under_way += 1
            of.most_under_way = max(of.most_under_way, of.under_way)
        try:
            act(self, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with of.lock:
                of.under_way -= 1

    def give(self, status: int, body: bytes, headers: Iterable[tuple[str, str]] = (), *, length: int = -1) -> None:
        self.send_response(status)
        header_fields = dict(headers)
        header_fields.setdefault("Content-Type", "application/json")
        header_fields["Content-Length"] = str(len(body) if length < 0 else length)
        for name, value in header_fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


def gives(payload: Any, status: int = 200, **headers: str) -> Act:
    """Any JSON."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda handler, _: handler.give(status, json.dumps(payload).encode(), named)


def says(text: str | None, usage: Any = USAGE, choices: int = 1, **choice: Any) -> Act:
    """A good answer of either API."""
    one = {"index": 0, "finish_reason": "stop", "text": text, "message": {"role": "assistant", "content": text}}
    return gives({"choices": [one | choice] * choices, "usage": usage})


def repeats(handler: Handler, body: Body) -> None:
    """The last word that was shown."""
    says(text_of(body).split()[-1])(handler, body)


def fails(status: int = 500, message: str = "out of memory", **headers: str) -> Act:
    """An error in the words of the OpenAI API."""
    return gives({"error": {"message": message, "type": "error"}}, status, **headers)


def raw(body: bytes, status: int = 200, **headers: str) -> Act:
    """Any bytes."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda handler, _: handler.give(status, body, named)


def breaks_off(handler: Handler, _: Body) -> None:
    """Half of a body."""
    handler.give(200, b'{"choices": [{"mess', length=400)
    handler.close_connection = True


def hangs_up(handler: Handler, _: Body) -> None:
    """Nothing at all."""
    handler.close_connection = True


def hangs(handler: Handler, _: Body) -> None:
    """Nothing, as long as the server runs."""
    handler.server_of.ended.wait(60)
    handler.close_connection = True


def later(seconds: float, act: Act) -> Act:
    """Something, after a while."""

    def wait(handler: Handler, body: Body) -> None:
        handler.server_of.ended.wait(seconds)
        act(handler, body)

    return wait


@contextmanager
def running() -> Iterator[Server]:
    """A server of one's own."""
    handler = type("Mine", (Handler,), {})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    http.daemon_threads = False
    http.block_on_close = True
    server = Server(f"http://127.0.0.1:{http.server_port}")
    handler.server_of = server
    thread = threading.Thread(target=lambda: http.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        http.shutdown()
        thread.join()
        http.server_close()


def card_of(server: Server, **fields: Any) -> EndpointModel:
    """A card that names the server."""
    card_fields = {"url": server.url, "model": "tiny", "revision": "1", "tries": 4, "timeout": 5, **fields}
    return EndpointModel(kind="endpoint", name="remote", description="d", **card_fields)
