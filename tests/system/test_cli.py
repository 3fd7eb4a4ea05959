import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.running import Launcher, copydesk, environment, is_running, wait_until

ARTICLE = (
    "The harbour ferry will stop running at midnight from next Monday, the operator said. "
    "Passengers who work late shifts on the north shore have asked the council for a bus. "
    "Councillor Maren Holt promised an answer before the end of the month."
)
STRICT = ("--contained-threshold", "0.98")


def archive_of(directory: Path, count: int) -> Path:
    path = directory / "archive.jsonl"
    lines = (
        json.dumps({"id": f"a{n}", "text": " ".join(f"w{n}x{m}" for m in range(40)) + "."})
        for n in range(count)
    )
    path.write_text("\n".join(lines) + "\n")
    return path


def last_line(text: str) -> str:
    return text.splitlines()[-1]


def test_help_lists_the_commands_and_the_exit_statuses(tmp_path: Path) -> None:
    done = copydesk("--help", data_dir=tmp_path)
    assert done.returncode == 0
    for word in (
        "serve",
        "import",
        "reprocess",
        "verify",
        "repair",
        "simulate",
        "clean",
        "3 no Redis",
    ):
        assert word in " ".join(done.stdout.split())


def test_clean_prints_the_article_as_json_without_any_redis(tmp_path: Path) -> None:
    url = "redis://127.0.0.1:1"
    done = copydesk(
        "clean", "-", data_dir=tmp_path, content=ARTICLE.encode(), settings={"REDIS_URL": url}
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["text"] == ARTICLE
    assert not any(tmp_path.iterdir())


def test_clean_tells_why_there_is_no_article(tmp_path: Path) -> None:
    done = copydesk("clean", "-", data_dir=tmp_path, content=b"  \n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "the source holds no text" in done.stderr
    assert copydesk("clean", "nowhere.html", data_dir=tmp_path).returncode == 2


def test_a_wrong_setting_is_told_by_the_name_it_was_set_by(tmp_path: Path) -> None:
    wrong = {
        "COPYDESK_WORKERS": "many",
        "COPYDESK_API_KEY": "hushhush",
        "COPYDESK_NAMESPACE": "a:b",
    }
    done = copydesk("serve", "--port", "70000", data_dir=tmp_path, settings=wrong)
    assert done.returncode == 2
    told = [line.split(": ")[1] for line in done.stderr.splitlines()]
    assert sorted(told) == ["--port", "COPYDESK_API_KEY", "COPYDESK_NAMESPACE", "COPYDESK_WORKERS"]
    assert "hushhush" not in done.stderr


def test_an_address_that_is_none_of_redis_is_told_without_its_password(tmp_path: Path) -> None:
    done = copydesk(
        "reprocess", data_dir=tmp_path, settings={"REDIS_URL": "http://:hushhush@host:6379"}
    )
    assert done.returncode == 2
    assert "REDIS_URL is not an address" in done.stderr
    assert "hushhush" not in done.stderr


@pytest.mark.parametrize("query", ["foo=bar", "decode_responses=True", "ssl_cert_reqs=none"])
def test_an_address_with_an_option_that_is_none_is_told_in_a_sentence(
    tmp_path: Path, query: str
) -> None:
    url = f"redis://:hushhush@host/0?{query}"
    done = copydesk("serve", "--port", "0", data_dir=tmp_path, settings={"REDIS_URL": url})
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "the options db, username, password and those of TLS" in line
    assert "hushhush" not in line


def test_import_sums_up_what_came_in_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, 5)
    first = copydesk("import", str(archive), data_dir=tmp_path / "data")
    assert first.returncode == 0, first.stderr
    assert "5 read: 5 new, 0 revisions, 0 unchanged, 0 rejected" in first.stderr
    second = copydesk("import", str(archive), data_dir=tmp_path / "data")
    assert second.returncode == 0
    assert "5 read: 0 new, 0 revisions, 5 unchanged, 0 rejected" in second.stderr
    assert first.stdout == second.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.jsonl", "data"]


def test_import_reads_standard_input_and_keeps_the_rejects(tmp_path: Path) -> None:
    good = json.dumps({"text": ARTICLE}).encode()
    content = b"\n".join([good, b'{"text": 1}', b"\xff\xfe", good])
    rejects = tmp_path / "bad.jsonl"
    done = copydesk(
        "import", "-", "--rejects", str(rejects), data_dir=tmp_path / "data", content=content
    )
    assert done.returncode == 1
    assert "4 read: 1 new, 0 revisions, 1 unchanged, 2 rejected" in done.stderr
    assert str(rejects) in done.stderr
    kept = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [reject["line"] for reject in kept] == [2, 3]
    assert kept[0]["errors"] == [{"field": "text", "detail": "must be a string", "limit": None}]


def test_import_does_not_overwrite_its_archive_with_rejects(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, 1)
    before = archive.read_bytes()
    done = copydesk("import", str(archive), "--rejects", str(archive), data_dir=tmp_path / "data")
    assert done.returncode == 2
    assert archive.read_bytes() == before


def test_rejects_that_could_not_be_written_are_told_before_the_import(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, 1)
    rejects = tmp_path / "missing" / "bad.jsonl"
    arguments = ("import", str(archive), "--rejects", str(rejects))
    done = copydesk(*arguments, data_dir=tmp_path / "data")
    assert done.returncode == 2
    assert f"{rejects} cannot be written: No such file or directory" in done.stderr
    assert not (tmp_path / "data").exists()


def test_an_archive_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = copydesk("import", str(tmp_path / "none.jsonl"), data_dir=tmp_path / "data")
    assert done.returncode == 1
    assert "none.jsonl" in done.stderr
    assert "Traceback" not in done.stderr


def test_import_tells_at_which_line_redis_was_lost_and_may_be_repeated(
    launcher: Launcher, tmp_path: Path
) -> None:
    archive = archive_of(tmp_path, 800)
    service = launcher.start()
    url = f"unix://{redis_socket(service.redis_pid)}"
    settings = {"COPYDESK_REDIS_URL": url}
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "import", str(archive)],
        env=environment(tmp_path / "other", settings),
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: service.status("GET", "/v1/articles/a20") == 200)
    service.end()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "stopped at line " in said
    assert "run it again" in said
    launcher.start()
    again = copydesk("import", str(archive), data_dir=tmp_path / "other", settings=settings)
    assert again.returncode == 0, again.stderr
    _, _, rest = again.stderr.partition("copydesk: 800 read: ")  # below any progress
    new, unchanged = (int(part.split()[0].replace(",", "")) for part in rest.split(", ")[0:3:2])
    assert new + unchanged == 800
    assert unchanged > 20


def test_import_survives_a_redis_that_is_killed_and_comes_back(
    launcher: Launcher, tmp_path: Path
) -> None:
    archive = archive_of(tmp_path, 400)
    service = launcher.start()
    killed = service.redis_pid
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "import", str(archive)],
        env=environment(service.data_dir),
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: service.status("GET", "/v1/articles/a20") == 200)
    os.kill(killed, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "400 read: 400 new" in said or "399 new, 0 revisions, 1 unchanged" in said
    wait_until(lambda: service.status("GET", "/v1/articles/a399") == 200)
    assert service.redis_pid not in {0, killed}


def test_import_joins_the_redis_of_a_running_service(launcher: Launcher, tmp_path: Path) -> None:
    service = launcher.start()
    archive = archive_of(tmp_path, 3)
    done = copydesk("import", str(archive), data_dir=service.data_dir)
    assert done.returncode == 0, done.stderr
    assert service.ask("GET", "/v1/articles/a2").status == 200


def test_ctrl_c_ends_an_import_with_a_word_on_how_far_it_came(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, 20_000)
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "import", str(archive)],
        env=environment(tmp_path / "data"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    data = tmp_path / "data"
    wait_until(lambda: sum(path.stat().st_size for path in data.rglob("*.aof")) > 100_000)
    # What a terminal does: a signal to the whole group in the foreground.
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped at line " in said
    assert "Traceback" not in said


def test_reprocess_run_twice_says_nothing_has_changed(tmp_path: Path) -> None:
    archive = tmp_path / "a.jsonl"
    lines = [json.dumps({"id": name, "text": ARTICLE}) for name in ("ferry", "copy")]
    archive.write_text("\n".join(lines))
    assert copydesk("import", str(archive), data_dir=tmp_path / "data").returncode == 0
    for _ in range(2):
        done = copydesk("reprocess", data_dir=tmp_path / "data")
        assert (done.returncode, done.stdout) == (0, "")
        assert last_line(done.stderr) == "copydesk: 2 articles: 0 changed, 0 refused"


def test_reprocess_says_what_another_threshold_changes(tmp_path: Path) -> None:
    archive = tmp_path / "a.jsonl"
    shorter = ARTICLE.rpartition(" Councillor")[0] + " Tickets stay valid."
    pairs = {"ferry": ARTICLE, "shorter": shorter}
    archive.write_text("\n".join(json.dumps({"id": i, "text": t}) for i, t in pairs.items()))
    strict = {"COPYDESK_NEAR_THRESHOLD": "1", "COPYDESK_CONTAINED_THRESHOLD": "1"}
    data_dir = tmp_path / "data"
    assert copydesk("import", str(archive), data_dir=data_dir, settings=strict).returncode == 0
    done = copydesk("reprocess", data_dir=data_dir)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("shorter\tverdict: unique → duplicate; duplicate_of: – → ferry")
    back = copydesk("reprocess", "--json", data_dir=data_dir, settings=strict)
    (line,) = back.stdout.splitlines()
    result = json.loads(line)
    assert result["id"] == "shorter"
    assert {"what": "verdict", "before": "duplicate", "after": "unique"} in result["differences"]
    assert last_line(copydesk("reprocess", data_dir=data_dir, settings=strict).stderr).startswith(
        "copydesk: 2 articles: 0 changed"
    )


@pytest.mark.parametrize("command", ["reprocess", "import"])
def test_without_a_redis_that_answers_the_exit_status_is_3(tmp_path: Path, command: str) -> None:
    archive = archive_of(tmp_path, 1)
    arguments = [str(archive)] if command == "import" else []
    url = "redis://127.0.0.1:1"
    done = copydesk(command, *arguments, data_dir=tmp_path / "data", settings={"REDIS_URL": url})
    assert done.returncode == 3
    assert done.stderr.startswith("copydesk: Redis does not answer")


def test_a_redis_that_evicts_is_refused(launcher: Launcher, tmp_path: Path) -> None:
    path = redis_socket(launcher.start().redis_pid)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(b"CONFIG SET maxmemory-policy allkeys-lru\r\n")
        assert connection.recv(16) == b"+OK\r\n"
    settings = {"REDIS_URL": f"unix://{path}"}
    for command in ("reprocess", "serve"):
        done = copydesk(command, data_dir=tmp_path / "other", settings=settings)
        assert done.returncode == 2
        assert "noeviction" in done.stderr


def test_a_command_leaves_no_redis_running(tmp_path: Path) -> None:
    copydesk("reprocess", data_dir=tmp_path)
    found = [
        int(path.name) for path in Path("/proc").glob("[0-9]*") if str(tmp_path) in command_of(path)
    ]
    assert not any(map(is_running, found))


def command_of(process: Path) -> str:
    try:
        return (process / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


def redis_socket(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").split()
    (path,) = [word.removeprefix("unixsocket:") for word in words if "redis.sock" in word][:1]
    return path


def test_simulate_tells_what_other_thresholds_would_flag(tmp_path: Path) -> None:
    more = " ".join(f"w{n}" for n in range(12)) + "."
    lines = [{"id": "first", "text": ARTICLE}, {"id": "longer", "text": f"{ARTICLE} {more}"}]
    content = "\n".join(map(json.dumps, lines)).encode()
    assert copydesk("import", "-", data_dir=tmp_path, content=content).returncode == 0

    done = copydesk("simulate", "--near-threshold", "0.95", *STRICT, data_dir=tmp_path)
    assert done.returncode == 0
    told = [line.split("\t") for line in done.stdout.splitlines()]
    assert ["flags", "1", "1"] in told
    assert ["changed", "longer", "first", "near → contains"] in [line[:4] for line in told]
    assert "Looked at the last 2 of 2 articles" in done.stderr

    done = copydesk("simulate", *STRICT, "--json", data_dir=tmp_path)
    found = json.loads(done.stdout)
    assert found["proposed"]["contained_threshold"] == 0.98
    assert found["flags"] == {"present": 1, "proposed": 1, "new": 0, "gone": 0, "changed": 0}
    assert copydesk("verify", data_dir=tmp_path).returncode == 0


def test_simulate_on_an_empty_archive_tells_zeros(tmp_path: Path) -> None:
    done = copydesk("simulate", data_dir=tmp_path)
    assert done.returncode == 0
    assert "flags\t0\t0" in done.stdout
    assert "nothing to look at" in done.stderr


def test_simulate_names_the_threshold_that_cannot_be(tmp_path: Path) -> None:
    for options, named in (
        (("--near-threshold", "1.5"), "--near-threshold"),
        (("--near-threshold", "0.9"), "near_threshold"),
        (("--contained-threshold", "0.3"), "contained_threshold"),
    ):
        done = copydesk("simulate", *options, data_dir=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert named in done.stderr
        assert ": :" not in done.stderr
