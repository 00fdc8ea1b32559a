"""An OIDC issuer in miniature: real keys, real tokens, and a real HTTP server for its public keys."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

ISSUER, AUDIENCE = "https://issuer.example", "bayplan"
KEYS = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


class Issuer:
    """asked: how often somebody wanted its keys. url: of them, while it is up."""

    def __init__(self) -> None:
        self._private: dict[str, tuple[str, Any]] = {}
        self.asked = 0
        self.broken = False
        self.url = ""

    def new_key(self, kid: str, algorithm: str = "ES256") -> None:
        self._private[kid] = algorithm, KEYS[algorithm]()

    def drop_key(self, kid: str) -> None:
        del self._private[kid]

    def token(self, kid: str, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Signed; a claim that is None is left out."""
        now = int(time.time())
        usual = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "ann",
            "exp": now + 600,
            "tenants": ["acme"],
            "scope": "read plan",
        }
        told = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        algorithm, key = self._private[kid]
        return jwt.encode(told, key, algorithm, headers={"kid": kid} if header is None else header)

    def jwks(self) -> dict[str, Any]:
        algorithms = get_default_algorithms()
        keys = [
            {**json.loads(algorithms[name].to_jwk(key.public_key())), "kid": kid, "use": "sig", "alg": name}
            for kid, (name, key) in self._private.items()
        ]
        return {"keys": keys}


@contextmanager
def issuing() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            self.send_response(500 if issuer.broken else 200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(issuer.jwks()).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    issuer.url = f"http://127.0.0.1:{server.server_port}/jwks.json"
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
