import gzip
import io
import json
import os
from pathlib import Path

import pytest

from cleaning.errors import NothingLeft
from service.batch import archive, patience
from service.batch.archive import (
    Reject,
    Rejects,
    Tally,
    UnreadableArchive,
    import_archive,
    opened,
    read_lines,
    rejects_path,
)
from service.duplicates.errors import StoreUnavailable
from service.duplicates.model import Verdict
from service.duplicates.ports import Services
from service.duplicates.submit import submit

LIMIT = 10_000

FERRY = (
    "The harbour ferry will stop running at midnight from next Monday, the operator said. "
    "Passengers who work late shifts on the north shore have asked the council for a bus. "
    "Councillor Maren Holt promised an answer before the end of the month."
)
BAKERY = (
    "Fire destroyed the oldest bakery of Elmstead early on Thursday. Nobody was hurt, because "
    "the night shift had left the building ten minutes before a baker saw smoke over the roof. "
    "The cause is unknown; the owner wants to build again on the same spot."
)


def a_line(**fields: object) -> bytes:
    return json.dumps({"text": FERRY} | fields).encode()


def imported(services: Services, *lines: bytes) -> tuple[Tally, list[Reject]]:
    tally, rejects = Tally(), list[Reject]()
    steps = import_archive(
        services,
        io.BytesIO(b"\n".join(lines)),
        line_limit=LIMIT,
        tally=tally,
        reject=rejects.append,
    )
    assert sum(1 for _ in steps) == tally.read
    return tally, rejects


def test_lines_become_articles_that_are_compared(services: Services) -> None:
    tally, rejects = imported(
        services,
        a_line(id="ferry", published_at="2024-05-06"),
        a_line(id="bakery", text=BAKERY),
        a_line(id="copy", title="Ferry to stop at midnight"),
        a_line(id="brief", text="Ferry stops."),
    )
    assert rejects == []
    assert (tally.read, tally.new, tally.duplicates, tally.too_short) == (4, 4, 1, 1)
    copy = services.articles.get("copy")
    assert copy
    assert copy.outcome
    assert copy.outcome.duplicate_of == "ferry"


def test_a_second_run_changes_nothing(services: Services) -> None:
    lines = [a_line(id="ferry"), a_line(text=BAKERY), b"nonsense", a_line(id="copy")]
    first, first_rejects = imported(services, *lines)
    before = services.articles.get_many(list(services.articles.ids()))
    second, second_rejects = imported(services, *lines)
    assert services.articles.get_many(list(services.articles.ids())) == before
    assert (second.new, second.revisions, second.unchanged) == (0, 0, first.new)
    assert second_rejects == first_rejects
    assert second.duplicates == first.duplicates == 1


def test_new_content_under_an_id_is_a_revision(services: Services) -> None:
    tally, _ = imported(services, a_line(id="ferry"), a_line(id="ferry", text=BAKERY))
    assert (tally.new, tally.revisions, tally.duplicates) == (1, 1, 0)


def test_equal_lines_without_an_id_are_one_article(services: Services) -> None:
    tally, _ = imported(
        services,
        json.dumps({"text": FERRY, "source": "Courier"}).encode(),
        json.dumps({"source": "Courier", "text": FERRY}).encode(),
        json.dumps({"text": FERRY, "source": "Post"}).encode(),
    )
    assert (tally.new, tally.unchanged) == (2, 1)
    assert all(article_id.startswith("import:") for article_id in services.articles.ids())


def test_each_bad_line_is_a_reject_with_its_reason_and_the_rest_goes_in(
    services: Services,
) -> None:
    bad = {
        b"nonsense": "not JSON: Expecting value (column 1)",
        b'{"text": "\xff"}': "not JSON: not valid UTF-8 (column 11)",
        b'{"text": "a", "text": "b"}': "not JSON: the name “text” is given twice",
        b'{"text": NaN}': "not JSON: NaN is not JSON",
        b"[" * 5_000: "not JSON: nested too deep",
        b"[]": "not an article",
        a_line(id=""): "not an article",
        a_line(text=""): "no usable article",
        a_line(text="x" * LIMIT): "the line is longer than 10,000 bytes",
    }
    tally, rejects = imported(services, a_line(id="first"), *bad, a_line(id="last"))
    assert [reject.reason for reject in rejects] == list(bad.values())
    assert [reject.line for reject in rejects] == list(range(2, 2 + len(bad)))
    assert (tally.read, tally.new, tally.rejected) == (len(bad) + 2, 2, len(bad))


def test_a_reject_names_every_field_at_fault(services: Services) -> None:
    line = a_line(id="x", url="ftp://host", published_at=2024, colour="red")
    _, (reject,) = imported(services, line)
    assert [error.field for error in reject.errors] == ["url", "published_at", "colour"]
    assert json.loads(reject.raw)["id"] == "x"


def test_an_article_of_which_nothing_is_left_is_named(services: Services) -> None:
    _, (reject,) = imported(services, a_line(id="empty", text=" "))
    assert reject.id == "empty"
    assert [(error.field, error.detail) for error in reject.errors] == [
        ("text", str(NothingLeft(0)))
    ]


def test_a_mistake_of_ours_does_not_keep_the_rest_out(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **options: object) -> object:
        if arguments[2] == "cursed":
            raise KeyError("oops")
        return submit(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "submit", broken)
    tally, (reject,) = imported(services, a_line(id="cursed"), a_line(id="ferry"))
    assert reject.reason == "unforeseen: KeyError: 'oops'"
    assert tally.new == 1


def test_a_store_that_stays_away_ends_the_import_at_its_line(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally, rejects = Tally(), list[Reject]()

    def lost(*arguments: object, **options: object) -> object:
        if arguments[2] == "bakery":
            raise StoreUnavailable("gone")
        return submit(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "submit", lost)
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.3)
    lines = b"\n".join([a_line(id="ferry"), a_line(id="bakery", text=BAKERY), a_line(id="third")])
    with pytest.raises(StoreUnavailable):
        list(
            import_archive(
                services, io.BytesIO(lines), line_limit=LIMIT, tally=tally, reject=rejects.append
            )
        )
    assert (tally.line, tally.read, tally.new, rejects) == (2, 1, 1, [])


def test_a_store_that_comes_back_is_waited_for(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [StoreUnavailable("gone"), StoreUnavailable("still gone")]

    def flaky(*arguments: object, **options: object) -> object:
        if failures:
            raise failures.pop()
        return submit(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "submit", flaky)
    tally, rejects = imported(services, a_line(id="ferry"))
    assert (tally.new, rejects, failures) == (1, [], [])


def test_blank_lines_windows_line_ends_and_a_byte_order_mark_do_no_harm(
    services: Services,
) -> None:
    tally, rejects = imported(
        services, b"\xef\xbb\xbf" + a_line(id="ferry") + b"\r", b"  ", b"", a_line(id="b") + b"\r"
    )
    assert (tally.read, tally.line, rejects) == (2, 4, [])


def test_a_line_that_is_too_long_is_never_held_whole() -> None:
    class Endless(io.BytesIO):
        largest = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            assert size
            self.largest = max(self.largest, size)
            return super().readline(size)

    source = Endless(b"a\n" + b"b" * 1_000_000 + b"\nc" + b"\n" + b"d" * 10 + b"\r\n" + b"e" * 11)
    lines = list(read_lines(source, 10))
    assert [(line.number, line.is_whole) for line in lines] == [
        (1, True),
        (2, False),
        (3, True),
        (4, True),
        (5, False),
    ]
    assert lines[3].content == b"d" * 10
    assert source.largest <= archive.CHUNK


def test_a_compressed_archive_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"one\ntwo\n"))
    with opened(str(path)) as source:
        assert [line.content for line in read_lines(source, LIMIT)] == [b"one", b"two"]


@pytest.mark.parametrize("damage", [b"not gzip", gzip.compress(b"one\n" * 1000)[:-20]])
def test_a_damaged_compressed_archive_is_told(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(damage)
    with opened(str(path)) as source, pytest.raises(UnreadableArchive, match="cannot be read"):
        list(read_lines(source, LIMIT))


def test_the_file_of_rejects_exists_only_if_there_are_any(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    with Rejects(path).fresh() as rejects:
        assert not path.exists()
        rejects.write(Reject(3, None, "not JSON", (), "\udc80"))
    assert json.loads(path.read_text())["line"] == 3
    with Rejects(path).fresh():
        pass
    assert not path.exists()


def test_a_file_of_rejects_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "missing" / "rejects.jsonl")
    with pytest.raises(FileNotFoundError), rejects.fresh():
        pass


def test_a_pipe_for_rejects_is_not_opened_before_there_are_any(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Opening it would wait for a reader.
    with Rejects(pipe).fresh():
        pass
    assert pipe.is_fifo()


def test_rejects_lie_beside_the_archive() -> None:
    assert rejects_path("dir/a.jsonl") == Path("dir/a.jsonl.rejects.jsonl")
    assert rejects_path("-") == Path("rejects.jsonl")


def test_a_verdict_is_counted_for_unchanged_articles_too(services: Services) -> None:
    imported(services, a_line(id="ferry"), a_line(id="copy"))
    tally, _ = imported(services, a_line(id="copy"))
    assert (tally.unchanged, tally.duplicates) == (1, 1)
    record = services.articles.get("copy")
    assert record
    assert record.outcome
    assert record.outcome.verdict is Verdict.DUPLICATE
