"""`/review/article`: one article block by block, where a person removes and restores them.

What they decided stands beside each block, and is taken back by the opposite button.
"""

from collections.abc import Iterator
from textwrap import shorten

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from cleaning.article import REMOVED, RESTORED
from service.duplicates.errors import UnremovableBlock
from service.duplicates.model import ArticleRecord, Match, Place
from service.duplicates.review import editions_before
from service.duplicates.sites import site_of
from service.duplicates.submit import get_article, remove_block, restore_block
from service.submission import FieldError
from service.web import current
from service.web.block_list import rows
from service.web.guard import moderator
from service.web.payloads import block_index
from service.web.refusals import InvalidRequest, StaleBlock

# Of what another article shares the page quotes so much; the flag's page shows all of it.
QUOTED, QUOTED_CHARACTERS = 3, 300

blueprint = Blueprint("article", __name__)


@blueprint.get("/review/article")
def show() -> Response:
    """One article with every block."""
    return _article_page(asked("id"))


@blueprint.post("/review/article/block")
def decide_block() -> AnyResponse:
    """Remove or restore a block as the form says."""
    article_id, index = written("id"), block_index(written("index"))
    action = written("action")
    if action not in {"remove", "restore"}:
        raise InvalidRequest(FieldError("action", "must be remove or restore"))
    services = current.services()
    check_block(article_id, index, written("key"))
    try:
        (remove_block if action == "remove" else restore_block)(services, article_id, index)
    except UnremovableBlock as error:
        return _article_page(article_id, status=409, refused=error)
    flash(f"Block {action}d. The article was compared anew.")
    page = url_for("article.show", id=article_id, _anchor=f"block-{index}")
    return redirect(page, 303)


def check_block(article_id: str, index: int, key: str) -> None:
    """Raise StaleBlock unless the article still has the block that was seen under this number: it
    may be another one by now, but its key cannot."""
    blocks = get_article(current.services(), article_id).record.cleaned.blocks
    if index >= len(blocks) or blocks[index].key != key:
        raise StaleBlock


def asked(name: str) -> str:
    """A value of the query. Raises InvalidRequest if it is missing."""
    return _given(name, request.args.get(name))


def written(name: str) -> str:
    """A value of the form. Raises InvalidRequest if it is missing."""
    return _given(name, request.form.get(name))


def _given(name: str, value: str | None) -> str:
    if not value:
        raise InvalidRequest(FieldError(name, "is missing"))
    return value


def _related(record: ArticleRecord) -> Iterator[tuple[Match, list[str]]]:
    """The articles that have text in common with this one, and how their longest passages read."""
    for match in record.outcome.matches if record.outcome else ():
        longest = sorted(match.passages, key=lambda passage: -passage.words)[:QUOTED]
        yield match, [_quotation(record, passage.here) for passage in longest]


def _quotation(record: ArticleRecord, place: Place) -> str:
    cleaned = record.cleaned
    text = cleaned.text if place.block is None else cleaned.blocks[place.block].text
    return shorten(text[place.start : place.end], QUOTED_CHARACTERS, placeholder=" …")


def _article_page(
    article_id: str, *, status: int = 200, refused: Exception | None = None
) -> Response:
    services = current.services()
    answer = get_article(services, article_id)
    html = render_template(
        "review/article.html",
        record=answer.record,
        answer=answer,
        rows=list(rows(answer.record.cleaned.blocks)),
        flags=answer.flags,
        related=list(_related(answer.record)),
        editions=editions_before(services, answer.record),
        site=site_of(answer.record.submission),
        by_hand={REMOVED: "removed", RESTORED: "restored"},
        refused=refused,
        signed_in=moderator(),
    )
    return make_response(html, status)
