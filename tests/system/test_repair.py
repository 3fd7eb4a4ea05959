"""An index that is damaged under a running service, and the commands that find and mend it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import redis

from tests.system.running import Launcher, Service, copydesk, environment, wait_until
from tests.system.stories import story

INDEX = "copydesk:index"
COUNT = 450


def client_of(service: Service) -> redis.Redis:
    lock = (service.data_dir / "lock").read_text()
    return redis.Redis(unix_socket_path=unquote(lock))


def lose_index(client: redis.Redis) -> None:
    for key in client.scan_iter(match=f"{INDEX}:*", count=1_000):
        client.delete(key)


def value_of(client: redis.Redis, name: str) -> bytes:
    keys = list(client.scan_iter(match=f"{INDEX}:*:{name}", count=1_000))
    found: Any = client.get(keys[0]) if keys else None
    return found or b""


def archive_of(directory: Path) -> Path:
    path = directory / "archive.jsonl"
    texts = (" ".join(f"w{n}x{m}" for m in range(40)) + "." for n in range(COUNT))
    lines = (json.dumps({"id": f"a{n}", "text": text}) for n, text in enumerate(texts))
    path.write_text("\n".join(lines))
    return path


def test_a_lost_index_is_a_503_that_names_the_cure_until_it_is_repaired(
    launcher: Launcher,
) -> None:
    service = launcher.start()
    text = story("ferry")
    assert service.post("ferry", text).body["verdict"] == "unique"
    with client_of(service) as client:
        lose_index(client)
    reply = service.post("copy", text)
    assert (reply.status, reply.headers.get_content_type()) == (503, "application/problem+json")
    assert reply.body["code"] == "index_damaged"
    assert "copydesk repair" in reply.body["detail"]
    assert service.status("GET", "/readyz") == 503
    assert service.ask("GET", "/v1/articles/ferry").body["verdict"] == "unique"
    found = copydesk("verify", data_dir=service.data_dir)
    assert found.returncode == 1
    assert "its parameters are missing" in found.stdout.splitlines()
    assert "the entry of article 'ferry' is missing" in found.stdout.splitlines()
    for command in ("reprocess", "serve"):
        refused = copydesk(command, "--data-dir", str(service.data_dir), data_dir=service.data_dir)
        assert (refused.returncode, "copydesk repair" in refused.stderr) == (1, True)
    mended = copydesk("repair", data_dir=service.data_dir)
    assert mended.returncode == 0, mended.stderr
    assert "2 articles are in the index; 1 were compared again" in mended.stderr
    assert copydesk("verify", data_dir=service.data_dir).returncode == 0
    assert service.status("GET", "/readyz") == 200
    copy = service.ask("GET", "/v1/articles/copy").body
    assert (copy["verdict"], copy["duplicate_of"]) == ("duplicate", "ferry")


def test_a_repair_that_is_killed_is_run_again(launcher: Launcher, tmp_path: Path) -> None:
    service = launcher.start()
    archive = archive_of(tmp_path)
    assert copydesk("import", str(archive), data_dir=service.data_dir).returncode == 0
    with client_of(service) as client:
        lose_index(client)
        command = [sys.executable, "-m", "service.cli", "repair"]
        moments: list[Callable[[], object]] = [
            lambda: value_of(client, "parameters").startswith(b"rebuilding"),
            lambda: value_of(client, "arrivals"),  # a first part of three is in
        ]
        for moment in moments:
            process = subprocess.Popen(
                command, env=environment(service.data_dir), stderr=subprocess.DEVNULL
            )
            wait_until(moment)
            process.kill()
            assert process.wait() == -9
            assert service.post("new", story("new")).status == 503
    assert copydesk("verify", data_dir=service.data_dir).returncode == 1
    assert copydesk("repair", data_dir=service.data_dir).returncode == 0
    done = copydesk("verify", data_dir=service.data_dir)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"{COUNT + 1} articles: all is well" in done.stderr
    assert service.ask("GET", "/v1/articles/new").body["verdict"] == "unique"
