"""The Dockerfile's own steps, run without a container engine.

The build stage runs step by step below a temporary directory that stands for `/`; `python` is the
Python that runs the tests. The start command and the health check then run as written, but on a
free port. Not covered: the base image, its user, the copying from one stage to the other.

Needs the package index.
"""

import json
import os
import shutil
import signal
import socket
import string
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cleaning", "service")
START_SECONDS = 30.0
STOP_SECONDS = 15.0


def stages() -> list[list[tuple[str, str]]]:
    """Instruction and argument of every line, stage by stage."""
    found: list[list[tuple[str, str]]] = []
    for line in (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines():
        word, _, argument = line.partition(" ")
        if word == "FROM":
            found.append([])
        if word and word != "#":
            found[-1].append((word, argument.strip()))
    return found


def exec_form(word: str) -> list[str]:
    """The command in brackets that ends the last stage's line of this instruction."""
    (argument,) = (argument for found, argument in stages()[-1] if found == word)
    command: list[str] = json.loads(argument[argument.index("[") :])
    return command


@dataclass(frozen=True, slots=True)
class Built:
    """What the build stage left."""

    slash: Path
    venv: Path

    @property
    def environment(self) -> dict[str, str]:
        """The final stage's, as far as Copydesk sees it, with a home of its own."""
        kept = {name: value for name, value in os.environ.items() if "COPYDESK" not in name}
        kept.pop("REDIS_URL", None)
        return kept | {
            "PATH": f"{self.venv}/bin:{kept['PATH']}",
            "HOME": str(self.slash),
            "XDG_DATA_HOME": str(self.slash / "data"),
        }

    def is_healthy(self, port: int) -> bool:
        check = subprocess.run(
            on_port(port, exec_form("HEALTHCHECK")),
            env=self.environment,
            cwd=self.slash,
            check=False,
            capture_output=True,
        )
        return check.returncode == 0


def on_port(port: int, command: list[str]) -> list[str]:
    assert any("8000" in part for part in command)
    return [part.replace("8000", str(port)) for part in command]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    slash = tmp_path_factory.mktemp("image")
    directory = slash
    environment = dict(os.environ)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    for word, argument in stages()[0]:
        below = argument.replace("/opt/copydesk", f"{slash}/opt/copydesk")
        if word == "WORKDIR":
            directory = slash / argument.lstrip("/")
            directory.mkdir(parents=True)
        elif word == "ENV":
            for setting in below.split():
                name, _, value = setting.partition("=")
                environment[name] = string.Template(value).substitute(environment)
        elif word == "COPY":
            *sources, target = argument.split()
            for source in sources:
                copy(ROOT / source, directory / target)
        elif word == "RUN":
            run = subprocess.run(
                ["sh", "-c", below],
                cwd=directory,
                env=environment,
                check=False,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            assert run.returncode == 0, f"RUN {argument}\n{run.stdout}"
        else:
            assert word == "FROM", f"this test does not know {word}"
    return Built(slash=slash, venv=slash / "opt/copydesk")


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


@pytest.fixture
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        free: int = listener.getsockname()[1]
        return free


def test_the_build_context_holds_whatever_is_copied() -> None:
    admitted = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for word, argument in stages()[0]
        if word == "COPY"
        for source in argument.split()[:-1]
    }
    assert copied == admitted


def test_the_final_stage_takes_what_was_built_and_drops_root() -> None:
    final = stages()[-1]
    assert ("COPY", "--from=build /opt/copydesk /opt/copydesk") in final
    words = [word for word, _ in final]
    assert words.index("USER") < words.index("CMD")
    assert ("USER", "root") not in final


def test_the_build_installs_every_file_of_the_packages(built: Built) -> None:
    (installed,) = (built.venv / "lib").glob("python3.*/site-packages")
    expected = {
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {path for path in expected if not (installed / path).is_file()} == set()


def test_the_start_command_serves_and_the_health_check_sees_it(built: Built, port: int) -> None:
    assert not built.is_healthy(port)
    server = subprocess.Popen(
        on_port(port, exec_form("CMD")),
        env=built.environment | {"COPYDESK_API_KEY": "only-for-this-test-0123456789"},
        cwd=built.slash,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not built.is_healthy(port):
            assert server.poll() is None, "the start command ended"
            assert time.monotonic() < deadline, "not healthy in time"
            time.sleep(0.2)
    finally:
        server.send_signal(signal.SIGTERM)
        status = server.wait(STOP_SECONDS)
    assert status == 0


def test_the_start_command_refuses_to_serve_without_an_api_key(built: Built, port: int) -> None:
    refused = subprocess.run(
        on_port(port, exec_form("CMD")),
        env=built.environment,
        cwd=built.slash,
        check=False,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )
    assert refused.returncode != 0
    assert "COPYDESK_API_KEY" in refused.stderr
