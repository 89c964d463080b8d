# A service for Capstan with Python's standard library. Start it: TOKEN=secret PORT=8080 python3 server.py
import hmac, json, os, re, uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

TOKEN, PORT, MAX_BYTES = os.environ.get("TOKEN", "secret"), int(os.environ.get("PORT", "8080")), 1_048_576


class Refusal(Exception):
    def __init__(self, status, code, message):
        self.status, self.code, self.message = status, code, message


def say_hello(params, context):
    if not isinstance(params.get("name"), str):
        raise Refusal(422, "INVALID_PARAMS", '"name" must be a text')
    return {"greeting": f"Hello, {params['name']}!", "id": str(uuid.uuid4())}


TOOLS = {"greet.say_hello": say_hello}


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body):
        token = re.match(r"(?i)bearer +(.+)$", self.headers.get("Authorization", ""))
        if not token or not hmac.compare_digest(token[1].encode(), TOKEN.encode()):
            raise Refusal(401, "UNAUTHORIZED", "the token is missing or wrong")
        path = re.fullmatch(r"/v1/tools/([^/?]+)", self.path)
        tool = TOOLS.get(unquote(path[1])) if path and self.command == "POST" else None
        if not tool:
            raise Refusal(404, "NOT_FOUND", "there is no such tool")
        if len(body) > MAX_BYTES:
            raise Refusal(413, "BODY_TOO_LARGE", f"send {MAX_BYTES} bytes at most")
        try:
            params = json.loads(body)
        except ValueError:
            params = None
        if not isinstance(params, dict):
            raise Refusal(400, "INVALID_BODY", "the body must be a JSON object")
        context = params.pop("context", None)  # context["execution_id"] is worth a line in your log
        return tool(params, context)

    def handle_call(self):
        # Read to its end even where it is refused, so that the connection can be used again.
        left, body = int(self.headers.get("Content-Length") or 0), b""
        while left > 0 and (chunk := self.rfile.read(min(left, 65_536))):
            left, body = left - len(chunk), (body + chunk)[: MAX_BYTES + 1]
        try:
            self.send(200, success=True, result=self.answer(body))
        except Refusal as error:
            self.send(error.status, success=False, error={"code": error.code, "message": error.message})
        except Exception:
            self.send(500, success=False, error={"code": "INTERNAL", "message": "the service failed"})
            raise

    do_POST = do_GET = handle_call

    def send(self, status, **envelope):
        body = json.dumps({**envelope, "timestamp": datetime.now(timezone.utc).isoformat()}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer.request_queue_size = 128
server = ThreadingHTTPServer(("127.0.0.1", PORT), Service)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
