from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.model import Role, Span, WireNotes
from service.duplicates.model import ArticleRecord, Outcome, Submission, Verdict, revised
from service.duplicates.submit import clean_submission
from service.stores.packed_record import pack, seal, unpack
from tests.builders import NOW, a_match, an_article, prose, words_of

TEXT = (
    "Home » News » Ferry stops\n\nFerry stops at midnight\n\nLONDON (Reuters) - The ferry stops at "
    "midnight from Monday, the operator said on Tuesday in a statement.\n\nSubscribe to our "
    "newsletter\n\nThe ferry stops at midnight from Monday, the operator said on Tuesday in a "
    "statement, and that was all.\n\n(Reporting by Ada Holt)"
)
PAGE = "<html><body><nav><a href=/>Home</a></nav><article><h1>Quay</h1>{}</article></body></html>"


def a_record(submission: Submission, **fields: object) -> ArticleRecord:
    record = revised(
        None,
        article_id="a",
        digest="0f",
        submission=submission,
        cleaned=clean_submission(submission),
        received_at=NOW,
        continues=False,
    )
    return replace(record, **fields)  # type: ignore[arg-type]


def restored(record: ArticleRecord) -> ArticleRecord:
    return unpack(record.id, pack(record))


@pytest.mark.parametrize(
    "submission",
    [
        Submission(text=TEXT, title="Ferry stops", source="Courier", published_at=NOW),
        Submission(html=PAGE.format("".join(f"<p>{prose(n, 1)}" for n in range(9)))),
        Submission(text="渡輪停航。" * 30),
        an_article(),
    ],
)
def test_a_record_is_what_it_was(submission: Submission) -> None:
    record = a_record(submission)
    assert restored(record) == record


def test_every_field_is_kept() -> None:
    record = a_record(
        Submission(text=TEXT, url="https://a.example/", language="en", published_at=NOW.date()),
        revision=3,
        version=9,
        continues=True,
        arrival=12,
        superseded=frozenset({"0a", "0b"}),
        restored=frozenset({"k1"}),
        removed=frozenset({"k2", "k3"}),
        outcome=Outcome(12, Verdict.DUPLICATE, "b", "s1", (a_match("b"),)),
    )
    assert restored(record) == record


@given(
    st.lists(st.tuples(st.text(), st.sampled_from(Role), st.booleans(), st.booleans()), min_size=1)
)
def test_any_blocks_are_kept(drawn: list[tuple[str, Role, bool, bool]]) -> None:
    record = a_record(an_article())
    like = record.cleaned.blocks[0]
    blocks = [
        replace(
            like,
            text=text,
            role=role,
            kept=kept,
            start=10 * index,
            end=10 * index + 3,
            rule=None if kept else "byline",
            reasons=("because",) * (index % 3),
            score=index / 10_000,
            wire=(Span(0, 1),) if marked else (),
            path="/html[1]" if marked else None,
        )
        for index, (text, role, kept, marked) in enumerate(drawn)
    ]
    text = "any other text" if len(drawn) % 2 else record.cleaned.text
    changed = replace(record.cleaned, blocks=tuple(blocks), text=text, wire=WireNotes(("U1",)))
    record = replace(record, cleaned=changed)
    assert restored(record) == record


def test_a_seal_tells_versions_and_receipts_apart() -> None:
    record = a_record(an_article())
    later = datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC)
    seals = {
        seal(record),
        seal(replace(record, version=2)),
        seal(replace(record, received_at=later)),
    }
    assert len(seals) == 3
    assert all(pack(record).startswith(seal(record)) for record in [record])


def test_an_article_of_500_words_takes_less_than_its_words_alone() -> None:
    body = words_of(" ".join(prose(n) for n in range(5)), 500)
    lines = [body[i : i + 250] for i in range(0, len(body), 250)]
    record = a_record(an_article("\n\n".join(lines)))
    assert len(pack(record)) < len(record.cleaned.text.encode())
