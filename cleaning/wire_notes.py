"""The kept blocks -> what wire copy says about itself in them, and where.

Read at the two ends of a story: slugs, notes, takes and the dateline above and at the beginning of
its first paragraph; sign-offs, notes and end marks behind its last. Two things stand elsewhere,
too: a dateline that credits an agency opens any block, since round-ups hold several stories, and
what a site adds may follow a sign-off. Nothing here removes a block: the notes stay to be read,
but are not compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from cleaning.model import Block, Evidence, Role, Span, WireNotes
from cleaning.sign_offs import SignOff, closing_sign_off, read_sign_off
from cleaning.slugs import (
    closing_note,
    end_mark,
    is_note,
    is_slug_line,
    is_take,
    name_of,
    opening_slugs,
    read_headline,
)
from cleaning.titles import is_paragraph
from cleaning.wire import Dateline, read_dateline

# Above the first paragraph stand a standfirst and a note or two; below the last one a sign-off
# for each who worked on it, and what the site adds.
_HEAD, _TAIL = 6, 8  # blocks
_MOST_CLOSINGS = 4  # "He said so. (Reporting by Jane Doe) (MORE)"
_TITLE = -1  # where the title stands among the blocks


@dataclass(frozen=True, slots=True)
class WireCopy:
    """What was read: the blocks with their wire spans, what these say, the dateline of the story
    with the text of the block that it opens, the agency that sign-offs credit (None if they credit
    several), and where the notes were said."""

    blocks: tuple[Block, ...]
    notes: WireNotes
    dateline: Dateline | None = None
    dated: str = ""
    agency: str | None = None
    evidence: tuple[Evidence, ...] = ()


def read_wire_copy(blocks: Sequence[Block], title: str | None) -> WireCopy:
    """What the compared blocks and the title say as wire copy.

    If they say nothing else, everything is compared.
    """
    reading = _Reading(blocks)
    reading.read_title(title or "")
    reading.read_head()
    reading.read_tail()
    reading.read_datelines()
    return reading.result()


class _Reading:
    """Reads an article's compared blocks from both ends. `_story` is the part of each block that
    is left to the story so far."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._compared = [index for index, block in enumerate(blocks) if block.is_compared]
        self._story = {index: Span(0, len(blocks[index].text)) for index in self._compared}
        self._lead: int | None = None
        self._dateline: Dateline | None = None
        self._dated = ""
        self._said: list[tuple[int, int, str, str]] = []
        self._sign_offs: dict[int, list[SignOff]] = {}

    def read_title(self, title: str) -> None:
        """Slugs, notes and takes of the title, which itself stays as it is."""
        notes = read_headline(title)
        for place, slug in enumerate(notes.slugs):
            self._say(_TITLE, place, "slugs", slug)
        for place, take in enumerate(notes.takes):
            self._say(_TITLE, place, "takes", take)

    def read_head(self) -> None:
        """Notes above the first paragraph, and slugs and the dateline at its beginning."""
        for number, index in enumerate(self._compared):
            text = self._blocks[index].text
            if number < _HEAD and self._read_whole(index):
                continue
            slugs = opening_slugs(text) if number < _HEAD else []
            for slug in slugs:
                self._say(index, slug.start, "slugs", name_of(text[slug.start : slug.end]))
            start = slugs[-1].end if slugs else 0
            self._story[index] = Span(start, len(text))
            is_lead = is_paragraph(text)
            dateline = read_dateline(text, start)
            if dateline is not None and (is_lead or dateline.agency):
                self._story[index] = Span(dateline.end, len(text))
                if self._dateline is None:
                    self._dateline, self._dated = dateline, text
            if is_lead:
                self._lead = index
                return

    def read_tail(self) -> None:
        """Sign-offs near the end; end marks and notes where only such things follow."""
        is_last = True
        has_read_paragraph = False
        for index in reversed(self._compared[-_TAIL:]):
            if self._lead is not None and index < self._lead:
                return
            text = self._blocks[index].text
            if index != self._lead:
                sign_off = read_sign_off(text)
                if sign_off is not None:
                    self._say(index, 0, "sign_offs", text)
                    self._sign_offs[index] = [sign_off]
                    self._story[index] = Span(0, 0)
                    continue
                if is_last and self._read_whole(index):
                    continue
            if not has_read_paragraph and (is_last or is_paragraph(text)):
                self._read_closings(index)
                has_read_paragraph = is_paragraph(text)
            is_last = False

    def read_datelines(self) -> None:
        """The datelines that credit an agency at the beginning of later paragraphs."""
        for index in self._compared:
            story = self._story[index]
            if index != self._lead and story.start == 0 and story.end > 0:
                dateline = read_dateline(self._blocks[index].text)
                if dateline is not None and dateline.agency and dateline.end <= story.end:
                    self._story[index] = Span(dateline.end, story.end)

    def result(self) -> WireCopy:
        """The blocks with their spans, and what was said in the order in which it stands."""
        said = sorted(self._said, key=itemgetter(0, 1))
        sign_offs = [one for index in sorted(self._sign_offs) for one in self._sign_offs[index]]
        agencies = {sign_off.agency for sign_off in sign_offs if sign_off.agency}
        return WireCopy(
            blocks=tuple(self._marked()),
            notes=WireNotes(
                slugs=_of("slugs", said),
                takes=_of("takes", said),
                sign_offs=_of("sign_offs", said),
                contributors=tuple(
                    dict.fromkeys(name for sign_off in sign_offs for name in sign_off.people)
                ),
            ),
            dateline=self._dateline,
            dated=self._dated,
            agency=agencies.pop() if len(agencies) == 1 else None,
            evidence=tuple(
                Evidence(f"wire.{kind}", value, _place(index), used=True)
                for index, _, kind, value in said
            ),
        )

    def _read_whole(self, index: int) -> bool:
        """Whether a block is nothing but a note, a slug or a take, which is then said."""
        block = self._blocks[index]
        if is_note(block.text) or is_slug_line(block.text):
            kind = "slugs"
        elif is_take(block.text) and block.role not in {Role.LIST, Role.TABLE}:
            kind = "takes"
        else:
            return False
        self._say(index, 0, kind, block.text)
        self._story[index] = Span(0, 0)
        return True

    def _read_closings(self, index: int) -> None:
        """What stands behind the last sentence of a paragraph."""
        text, story = self._blocks[index].text, self._story[index]
        for _ in range(_MOST_CLOSINGS):
            kind, signed = "takes", None
            start = end_mark(text, story.end)
            if start is None:
                kind, start = "slugs", closing_note(text, story.end)
            if start is None:
                kind, signed = "sign_offs", closing_sign_off(text, story.end)
                start = signed[0] if signed else None
            if start is None or start <= story.start:
                break
            self._say(index, start, kind, text[start : story.end].strip())
            if signed:
                self._sign_offs.setdefault(index, []).insert(0, signed[1])
            story = Span(story.start, start)
        self._story[index] = story

    def _say(self, index: int, place: int, kind: str, value: str) -> None:
        self._said.append((index, place, kind, value))

    def _marked(self) -> Iterator[Block]:
        has_story = any(
            character.isalnum()
            for index, story in self._story.items()
            for character in self._blocks[index].text[story.start : story.end]
        )
        for index, block in enumerate(self._blocks):
            story, length = self._story.get(index), len(block.text)
            if story is None or not has_story or story == Span(0, length):
                yield block
            elif story.start >= story.end:
                yield replace(block, wire=(Span(0, length),))
            else:
                ends = (Span(0, story.start), Span(story.end, length))
                yield replace(block, wire=tuple(span for span in ends if span.start < span.end))


def _of(kind: str, said: Sequence[tuple[int, int, str, str]]) -> tuple[str, ...]:
    """What was said of a kind, each once."""
    return tuple(dict.fromkeys(value for _, _, own, value in said if own == kind))


def _place(index: int) -> str:
    return "title" if index == _TITLE else f"block {index}"
