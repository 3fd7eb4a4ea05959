"""Articles that are deleted by request, by command and by age, under processes that are killed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import redis

from tests.system.running import Launcher, copydesk, environment, wait_until
from tests.system.stories import story
from tests.system.test_repair import client_of

COUNT = 120
OLD = {"COPYDESK_RETENTION": "*=1"}
DAY_US = 86_400 * 1_000_000


def age(client: redis.Redis, days: int) -> None:
    """Make every stored article older: its moment of receipt stands in its record's seal."""
    for key in client.scan_iter(match="copydesk:article:*", count=1_000):
        stored: Any = client.get(key)
        received = int.from_bytes(stored[4:12], "big") - days * DAY_US
        client.setrange(key, 4, received.to_bytes(8, "big"))
    client.delete("copydesk:windows")


def keys(client: redis.Redis) -> list[str]:
    names: list[bytes] = list(client.scan_iter(match="copydesk:*", count=1_000))
    return sorted(name.decode().rpartition(":")[2] for name in names)


def test_an_article_is_deleted_by_request_and_by_command(launcher: Launcher) -> None:
    service = launcher.start()
    for name in ("a", "b", "c"):
        service.post(name, story("ferry"))
    assert service.ask("DELETE", "/v1/articles/a").status == 204
    assert service.status("GET", "/v1/articles/a") == 404
    assert service.status("DELETE", "/v1/articles/a") == 404
    assert service.ask("GET", "/v1/articles/b").body["verdict"] == "unique"
    assert service.ask("GET", "/v1/articles/c").body["duplicate_of"] == "b"
    done = copydesk("delete", "b", "nobody", data_dir=service.data_dir)
    assert done.returncode == 1
    assert "no article has the id 'nobody'" in done.stderr
    assert "1 articles deleted" in done.stderr
    assert service.ask("GET", "/v1/articles/c").body["verdict"] == "unique"
    assert copydesk("verify", data_dir=service.data_dir).returncode == 0


def test_a_sweep_that_is_killed_is_run_again(launcher: Launcher, tmp_path: Path) -> None:
    service = launcher.start()
    lines = (
        json.dumps(
            {"id": f"a{n}", "text": " ".join(f"w{n // 3}x{m}" for m in range(60)) + f" end{n}."}
        )
        for n in range(COUNT)
    )
    archive = tmp_path / "archive.jsonl"
    archive.write_text("\n".join(lines))
    assert copydesk("import", str(archive), data_dir=service.data_dir).returncode == 0
    with client_of(service) as client:
        age(client, 3)
        kept = story("ferry")
        assert service.post("kept", kept).body["verdict"] == "unique"
        left = COUNT + 1
        for _ in range(2):
            process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "expire"],
                env=environment(service.data_dir, OLD),
                stderr=subprocess.DEVNULL,
            )
            goal = left - 15
            wait_until(lambda goal=goal: client.zcard("copydesk:articles") <= goal)  # type: ignore[misc]
            process.kill()
            assert process.wait() == -9
            left = int(client.zcard("copydesk:articles"))
            assert left > 1
        done = copydesk("expire", data_dir=service.data_dir, settings=OLD)
        assert done.returncode == 0, done.stderr
        assert "1 are left" in done.stderr
        verified = copydesk("verify", data_dir=service.data_dir, settings=OLD)
        assert (verified.returncode, verified.stdout) == (0, "")
        assert service.ask("GET", "/v1/articles/kept").body["verdict"] == "unique"
        assert service.ask("DELETE", "/v1/articles/kept").status == 204
        assert keys(client) == ["arrivals", "parameters", "windows"]


def test_the_service_deletes_what_expires(launcher: Launcher) -> None:
    service = launcher.start()
    service.post("old", story("ferry"))
    with client_of(service) as client:
        age(client, 3)
    service.end()
    service = launcher.start(COPYDESK_RETENTION="*=1")
    with client_of(service) as client:
        wait_until(lambda: not client.exists("copydesk:article:old"), "the sweep")
    assert service.post("new", story("ferry")).body["verdict"] == "unique"
