"""`copydesk serve`: one process that starts, watches and stops the others.

    copydesk serve ── redis      the own one, where no address of another is set
                   ├─ gunicorn ── worker, worker, …
                   └─ expire     now and then, where articles are not kept for ever

The supervisor opens the listening socket itself, so that a port in use is known at once, and hands
it to gunicorn. A Redis that dies is started again; a worker that dies is gunicorn's business; when
gunicorn itself dies, so does the service. Each child dies with its parent, however that ends.
Run as a module, this file is the gunicorn in the picture.
"""

import contextlib
import ctypes
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, ClassVar, Self

from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker
from pydantic import SecretStr

from service.duplicates.errors import StoreUnavailable
from service.settings import Settings
from service.stores.own_redis import OwnRedis
from service.wiring import check_redis

TICK_SECONDS = 0.1
READY_SECONDS = 30.0  # after which a service that does not answer is told about
REDIS_PATIENCE_SECONDS = 5.0  # at the start, for a Redis that starts beside us
# Together below the 10 seconds that docker and others wait before they kill.
GRACE_SECONDS = 6
STOP_SECONDS = GRACE_SECONDS + 2.0
HURRY_SECONDS = 1.0
SWEEP_SECONDS = 3600.0  # articles expire with the day; the rest waits no longer than this
BACKLOG = 512  # connections that wait while all threads are busy; more are refused
# Bytes, gunicorn's maximum: an id of 512 characters takes up to 6,144 in a path.
REQUEST_LINE_LIMIT = 8190
# Of the environment, what would change how gunicorn listens, or tell it about other sockets.
FOREIGN_VARIABLES = ("PORT", "WEB_CONCURRENCY", "LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET")


class CannotListen(Exception):
    """The address is taken, is not this machine's, or is none."""


class KeyMissing(Exception):
    """The service would be open to everybody who can reach this machine."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} can be reached from beyond this machine: set COPYDESK_API_KEY to a long "
            f"random text that clients send, or listen on 127.0.0.1"
        )


# --- the supervisor ------------------------------------------------------------------------


def serve(settings: Settings, say: Callable[[str], None]) -> int:
    """Run the service until a signal or a death ends it, and return the exit status.

    0: it was told to end. 1: Redis could not be kept alive. Otherwise: what gunicorn ended with.
    Raises KeyMissing, CannotListen, StoreMisconfigured, StoreUnavailable on the way up.
    """
    signals = _Signals()
    with signals.heard(), contextlib.ExitStack() as stack:
        listener = stack.enter_context(listen(settings))
        redis = None
        try:
            with signals.interrupting():
                if settings.redis_url is None:
                    redis = stack.enter_context(OwnRedis(settings.data_dir))
                    settings = settings.model_copy(update={"redis_url": SecretStr(redis.url)})
                for warning in _checked_redis(settings):
                    say(f"warning: {warning}")
        except _Interrupted:
            return 0
        address = _Address.of(listener)
        web = stack.enter_context(_web_server(settings, listener, address, signals))
        listener.close()
        environment = _environment(settings, address) if settings.retention else None
        sweeps = stack.enter_context(_Sweeps(environment, say))
        return _watch(web, redis, address, signals, sweeps=sweeps, say=say)


def listen(settings: Settings) -> socket.socket:
    """A socket that listens on the host and port of the settings.

    Raises KeyMissing if it could be reached from beyond this machine and there is no API key,
    CannotListen.
    """
    place = f"{settings.host}, port {settings.port}"
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"{settings.host} is not an address: {error}") from error
    addresses = [str(entry[4][0]) for entry in found]
    if settings.api_key is None and not all(map(_is_loopback, addresses)):
        raise KeyMissing(settings.host)
    # Where a name has both, 127.0.0.1 is what people type besides the name.
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        # A port that was left a moment ago counts as free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListen(f"cannot listen on {place}: {error.strerror}") from error
    return listener


def _is_loopback(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback


@dataclass(frozen=True, slots=True)
class _Address:
    """Where the service listens; with port 0, only the socket knows the port."""

    host: str
    port: int

    @classmethod
    def of(cls, listener: socket.socket) -> "_Address":
        host, port = listener.getsockname()[:2]
        return cls(host, port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def here(self) -> str:
        """A host under which this machine reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104


class _Interrupted(BaseException):
    """A signal came while something was awaited that takes its time."""


@dataclass(slots=True)
class _Signals:
    """How often the supervisor was told to end. Twice means at once."""

    count: int = 0
    _interrupts: bool = False

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Count the signals that would end the process, instead of ending."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._count) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let a signal end what happens in this context, by _Interrupted."""
        self._interrupts = True
        try:
            yield
        finally:
            self._interrupts = False

    def _count(self, *_: object) -> None:
        self.count += 1
        if self._interrupts:
            self._interrupts = False
            raise _Interrupted


def _checked_redis(settings: Settings) -> list[str]:
    until = time.monotonic() + REDIS_PATIENCE_SECONDS
    while True:
        try:
            return check_redis(settings)
        except StoreUnavailable:
            if time.monotonic() > until:
                raise
        time.sleep(TICK_SECONDS)


@contextlib.contextmanager
def _web_server(
    settings: Settings, listener: socket.socket, address: _Address, signals: _Signals
) -> Iterator[subprocess.Popen[bytes]]:
    """Gunicorn, ended gracefully when the context ends, at once if a second signal asks."""
    process = subprocess.Popen(  # noqa: S603 - ourselves
        # -P: what lies in the working directory must not pass for a module of ours.
        [sys.executable, "-P", "-m", "service.serve", str(os.getpid()), str(listener.fileno())],
        env=_environment(settings, address),
        stdin=subprocess.DEVNULL,
        pass_fds=[listener.fileno()],
        # Ctrl-C is for the supervisor, which stops the others in order.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _stop(process, signals)


def _environment(settings: Settings, address: _Address) -> dict[str, str]:
    """The environment in which the workers read the same settings as the supervisor has."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN_VARIABLES and not name.startswith("GUNICORN_")
    }
    secret = settings.secret_key or SecretStr(secrets.token_hex(32))
    redis_url = settings.redis_url or SecretStr("")
    return inherited | {
        "COPYDESK_HOST": settings.host,
        "COPYDESK_PORT": str(address.port),
        "COPYDESK_WORKERS": str(settings.workers),
        "COPYDESK_DATA_DIR": str(settings.data_dir),
        "COPYDESK_REDIS_URL": redis_url.get_secret_value(),
        "COPYDESK_SECRET_KEY": secret.get_secret_value(),
    }


def _watch(
    web: subprocess.Popen[bytes],
    redis: OwnRedis | None,
    address: _Address,
    signals: _Signals,
    *,
    sweeps: "_Sweeps",
    say: Callable[[str], None],
) -> int:
    """Return the exit status when something ends the service."""
    started = time.monotonic()
    is_ready = was_told = False
    while not signals.count:
        time.sleep(TICK_SECONDS)
        status = web.poll()
        if status is not None:
            say(f"the web server has ended with status {status}")
            return status if status > 0 else 1
        if redis is not None and redis.failure is not None:
            say(f"Redis cannot be kept alive: {redis.failure}")
            return 1
        if not is_ready and _answers(address):
            is_ready = True
            say(f"Copydesk is listening on {address} (review: {address}/review)")
        if is_ready:
            sweeps.go_on()
        if not is_ready and not was_told and time.monotonic() - started > READY_SECONDS:
            was_told = True
            say(f"{address}/readyz does not answer yet; still waiting")
    return 0


class _Sweeps:
    """Runs `copydesk expire` when the service is up and once an hour, one at a time; never without
    an environment. One that outlives a supervisor that was killed comes to its own end."""

    def __init__(self, environment: Mapping[str, str] | None, say: Callable[[str], None]) -> None:
        self._environment = environment
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._next = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()  # it may be stopped at any moment
            self._process.wait()

    def go_on(self) -> None:
        """Start a sweep if it is time for one; tell if the last one failed."""
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                return
            if status:
                self._say(f"expired articles could not be deleted: exit status {status}")
            self._process = None
        if self._environment is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + SWEEP_SECONDS
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "service.cli", "expire"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _answers(address: _Address) -> bool:
    connection = http.client.HTTPConnection(address.here, address.port, timeout=TICK_SECONDS * 10)
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes], signals: _Signals) -> None:
    """Let the requests that run come to their end, then end the process, by force if need be."""
    if process.poll() is None:
        process.terminate()
    until = time.monotonic() + STOP_SECONDS
    is_hurried = False
    while process.poll() is None and time.monotonic() < until:
        if signals.count > 1 and not is_hurried:
            is_hurried = True
            process.send_signal(signal.SIGQUIT)  # gunicorn ends without waiting for requests
            until = min(until, time.monotonic() + HURRY_SECONDS)
        time.sleep(TICK_SECONDS / 2)
    # Its session holds the workers too. One that has ended has none left.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# --- gunicorn ------------------------------------------------------------------------------


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn, set up by our settings alone: no file, no variable of its own has a say."""

    def __init__(self, settings: Settings, listener: int) -> None:
        self._settings = settings
        self._listener = listener
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults, or could be changed by the environment."""
        settings = self._settings
        options: dict[str, Any] = {
            "bind": f"fd://{self._listener}",
            "worker_class": Worker,
            "workers": settings.workers,
            "threads": settings.threads,
            "timeout": settings.request_timeout_s,
            "graceful_timeout": GRACE_SECONDS,
            "backlog": BACKLOG,
            "limit_request_line": REQUEST_LINE_LIMIT,
            "loglevel": "warning",
            "proc_name": "copydesk",
            # It would be a file in the home directory, and a way to command the server.
            "control_socket_disable": True,
            # A proxy may say how the client came (see FORWARDED_ALLOW_IPS), not what it asked for.
            "forwarder_headers": "",
            "post_fork": _after_fork,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        """The application, made in each worker."""
        from service.wsgi import application  # noqa: PLC0415 - the supervisor has no use for it

        return application()


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers what is no proper HTTP in the shape of every other error, not as a page."""

    STATUSES: ClassVar[Mapping[type[Exception], HTTPStatus]] = {
        errors.LimitRequestLine: HTTPStatus(414),  # its name depends on the version of Python
        errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
        errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    }
    DEFECTS = (
        errors.ConfigurationProblem,
        errors.InvalidResponseHeader,
        errors.InvalidResponseHeaderName,
    )

    def handle_error(
        self,
        req: object,
        client: socket.socket,
        addr: Any,  # noqa: ANN401 - gunicorn has no types
        exc: Exception,
    ) -> None:
        """Answer what the parser refuses; the rest is a defect, and gunicorn's to tell."""
        if isinstance(exc, self.DEFECTS) or not isinstance(exc, errors.ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("improper HTTP from %s: %s", addr, exc)
        status = self.STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST)
        payload = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status,
            "code": "improper_http",
            "detail": str(exc),
        }
        content = json.dumps(payload).encode() + b"\n"
        head = (
            f"HTTP/1.1 {status:d} {status.phrase}\r\nConnection: close\r\n"
            f"Content-Type: application/problem+json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            util.write_nonblock(client, head.encode() + content)


def _after_fork(arbiter: Any, _worker: object) -> None:  # noqa: ANN401 - gunicorn has no types
    die_with_parent(arbiter.pid)


def die_with_parent(parent: int) -> None:
    """Let the kernel end this process with SIGTERM when `parent` ends, however that happens.

    Only Linux can do this. Elsewhere it remains to be ended by hand after a `kill -9`.
    """
    if sys.platform != "linux":
        return
    set_on_parent_death = 1  # PR_SET_PDEATHSIG, linux/prctl.h
    ctypes.CDLL(None).prctl(set_on_parent_death, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    WebServer(Settings(), int(sys.argv[2])).run()
