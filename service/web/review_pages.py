"""`/review` and `/review/flags`: the queue of flags, and one flag with both articles side by side.

Plain HTML and forms. After every change the browser is sent to a page of its own, so that
reloading repeats nothing; each form carries the state that the moderator saw.
"""

from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from service.duplicates.errors import IllegalDecision, StaleDecision
from service.duplicates.model import ArticleRecord, Decision, Flag, FlagState
from service.duplicates.review import compare, decide, get_flag, list_flags
from service.duplicates.submit import get_article, restore_block
from service.submission import FieldError
from service.web import current
from service.web.guard import moderator
from service.web.payloads import (
    DecisionPayload,
    block_index,
    parse_decision,
    parse_flag_query,
)
from service.web.refusals import InvalidRequest, StaleBlock
from service.web.side_by_side import column
from service.web.wording import DECISIONS

blueprint = Blueprint("review", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A flag in the queue with its two articles, the later one first."""

    flag: Flag
    article: ArticleRecord | None
    other: ArticleRecord | None


@blueprint.get("/")
def home() -> AnyResponse:
    """Send people to the queue."""
    return redirect(url_for("review.queue"))


@blueprint.get("/review")
def queue() -> Response:
    """One page of flags in a state, newest first."""
    query = parse_flag_query(request.args)
    state = query.state or FlagState.OPEN
    services = current.services()
    page = list_flags(services, state, query.after, query.limit)
    ids = [article for flag in page.flags for article in (flag.article, flag.other)]
    records = services.articles.get_many(ids)
    rows = [
        Row(flag, article, other)
        for flag, article, other in zip(page.flags, records[::2], records[1::2], strict=True)
    ]
    return make_response(
        render_template(
            "review/queue.html",
            rows=rows,
            state=state,
            states=tuple(FlagState),
            total=page.total,
            after=page.after,
            is_first=query.after is None,
        )
    )


@blueprint.get("/review/flags/<flag_id>")
def show_flag(flag_id: str) -> Response:
    """One flag, side by side."""
    return _flag_page(flag_id)


@blueprint.post("/review/flags/<flag_id>/decision")
def decide_flag(flag_id: str) -> AnyResponse:
    """Decide a flag as the form says; a stale one is shown again as it now stands."""
    try:
        made = _decision()
    except InvalidRequest as error:
        return _flag_page(flag_id, status=422, mistakes=error.errors)
    by = made.by or ""
    session["moderator"] = by
    try:
        decide(current.services(), flag_id, made.decision, by=by, seen=made.version, note=made.note)
    except (StaleDecision, IllegalDecision) as error:
        return _flag_page(flag_id, status=409, conflict=error, wanted=made.decision)
    flash(f"Recorded: {DECISIONS[made.decision].lower()}.")
    return redirect(url_for("review.show_flag", flag_id=flag_id), 303)


@blueprint.post("/review/flags/<flag_id>/restore")
def restore(flag_id: str) -> AnyResponse:
    """Put a removed block of one of the two articles back."""
    services = current.services()
    flag = get_flag(services, flag_id)
    side, index = request.form.get("side"), block_index(request.form.get("index", ""))
    if side not in {"later", "earlier"}:
        raise InvalidRequest(FieldError("side", "must be later or earlier"))
    article_id = flag.article if side == "later" else flag.other
    # A block's number may belong to another block by now; its key cannot.
    blocks = get_article(services, article_id).record.cleaned.blocks
    if index >= len(blocks) or blocks[index].key != request.form.get("key"):
        raise StaleBlock
    restore_block(services, article_id, index)
    flash("Block restored. Both articles were compared anew.")
    return redirect(url_for("review.show_flag", flag_id=flag_id), 303)


def _flag_page(
    flag_id: str,
    *,
    status: int = 200,
    mistakes: tuple[FieldError, ...] = (),
    conflict: Exception | None = None,
    wanted: Decision | None = None,
) -> Response:
    """The page of a flag as it stands now, with what kept the last request from being done."""
    found = compare(current.services(), flag_id)
    html = render_template(
        "review/flag.html",
        flag=found.flag,
        columns=(
            column("earlier", found.other, found.other_spans),
            column("later", found.article, found.article_spans),
        ),
        changes=found.changes,
        mistakes=mistakes,
        conflict=conflict,
        wanted=wanted,
        signed_in=moderator(),
        name=request.form.get("by", session.get("moderator", "")),
        note=request.form.get("note", "") if mistakes or conflict else "",
    )
    return make_response(html, status)


def _decision() -> DecisionPayload:
    """What the decision form says. Raises InvalidRequest."""
    form = request.form
    version = form.get("version", "")
    if not (version.isascii() and version.isdecimal() and len(version) <= 15):
        raise InvalidRequest(FieldError("version", "is missing: open the page again"))
    name = (moderator() or form.get("by", "")).strip()
    if not name:
        raise InvalidRequest(FieldError("by", "is missing: say who decides"))
    return parse_decision(
        {
            "decision": form.get("decision"),
            "by": name,
            "note": form.get("note"),
            "version": int(version),
        }
    )
