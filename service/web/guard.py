"""Who may ask: checks of address, Host, Origin and API key, and the headers of every answer.

Without an API key the service belongs to whoever sits at this machine: it answers loopback
addresses only, and only under a host name of its own, because a web page elsewhere can point a
name of its own at 127.0.0.1 (DNS rebinding). With a key it answers whoever has it. A browser
names the page that a form comes from in Origin; a foreign one is refused either way.
"""

import hmac
import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from flask import Flask, Response, request

from service.settings import Settings
from service.web.body import SAFE_METHODS
from service.web.refusals import HostRefused, KeyRequired, OriginRefused, RemoteRefused

# Supervisors ask without a key, from anywhere, by address; the answers tell nothing.
OPEN_ENDPOINTS = frozenset({"health.alive", "health.ready"})
# The style sheet is public, and a browser does not send a key for it.
KEYLESS_ENDPOINTS = OPEN_ENDPOINTS | {"static"}

DEFAULT_PORTS = {"http": "80", "https": "443"}
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not no-referrer: a form's Origin would then be "null", which is refused.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """The checks of one application. `key` None: only this machine is answered."""

    key: bytes | None
    allowed_hosts: frozenset[str]

    def admit(self) -> None:
        """Return for a request that may be answered. Raises a Refusal for any other."""
        if request.endpoint in OPEN_ENDPOINTS:
            return
        if self.key is None and not _is_loopback(request.remote_addr):
            raise RemoteRefused
        self._check_host()
        if request.method not in SAFE_METHODS:
            _check_origin()
        if self.key is not None and request.endpoint not in KEYLESS_ENDPOINTS:
            _check_key(self.key)

    def _check_host(self) -> None:
        host = _HOST.fullmatch(request.environ.get("HTTP_HOST", ""))
        name = host[1].lower() if host else ""
        is_any_name_good = self.key is not None and not self.allowed_hosts
        if host and (is_any_name_good or _is_own(name) or name in self.allowed_hosts):
            return
        raise HostRefused


def register(app: Flask, settings: Settings) -> None:
    """Let the application check every request and send the headers with every answer."""
    key = settings.api_key.get_secret_value().encode() if settings.api_key else None
    app.before_request(Guard(key, frozenset(settings.allowed_hosts)).admit)
    app.after_request(_add_headers)


def is_page() -> bool:
    """Whether the request is for a page that people read, not for the API."""
    return request.path in {"/", "/review"} or request.path.startswith("/review/")


def is_secure() -> bool:
    """Whether the request came by TLS, here or at a trusted proxy."""
    return request.is_secure


def moderator() -> str | None:
    """The name that the moderator gave the browser together with the key."""
    authorization = request.authorization
    if authorization is None or authorization.type != "basic":
        return None
    return (authorization.username or "").strip() or None


def _check_origin() -> None:
    origin = request.headers.get("Origin")
    if origin is None:
        return
    scheme, found, rest = origin.lower().partition("://")
    own = _host_and_port(request.environ.get("HTTP_HOST", "").lower(), request.scheme)
    if not found or scheme != request.scheme or _host_and_port(rest, scheme) != own:
        raise OriginRefused


def _host_and_port(host: str, scheme: str) -> tuple[str, str] | None:
    parts = _HOST.fullmatch(host)
    return (parts[1], parts[2] or DEFAULT_PORTS.get(scheme, "")) if parts else None


def _check_key(key: bytes) -> None:
    scheme = "Basic" if is_page() else "Bearer"
    sent = _basic_password() if is_page() else _bearer_token()
    if sent is None or not hmac.compare_digest(sent, key):
        raise KeyRequired(scheme)


def _basic_password() -> bytes | None:
    authorization = request.authorization
    if authorization is None or authorization.type != "basic":
        return None
    return (authorization.password or "").encode("utf-8", "replace")


def _bearer_token() -> bytes | None:
    authorization = request.authorization
    if authorization is not None and authorization.type == "bearer":
        sent = authorization.token
    else:
        sent = request.headers.get("X-API-Key")
    # WSGI passes the bytes of a header on as Latin-1.
    return None if sent is None else sent.encode("latin-1", "replace")


def _is_own(host: str) -> bool:
    """Whether a host is this machine whoever says it: no page elsewhere can own an address."""
    return host == "localhost" or _is_loopback(host.removeprefix("[").removesuffix("]"))


def _is_loopback(address: str | None) -> bool:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped.is_loopback
    return parsed.is_loopback


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
