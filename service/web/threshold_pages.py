"""`/review/thresholds`: a form that says what other thresholds would have flagged."""

import re
from collections.abc import Mapping

from flask import Blueprint, Response, make_response, render_template, request

from service.duplicates.model import ArticleRecord
from service.duplicates.thresholds import ARTICLES, MOST_ARTICLES, Simulation
from service.submission import FieldError
from service.web import current
from service.web.guard import moderator
from service.web.payloads import parse_simulation, thresholds_payload
from service.web.refusals import InvalidRequest
from service.web.thresholds_api import simulated

EXAMPLES = 10  # of each kind
_NUMBER = re.compile(r"[0-9]{0,9}\.[0-9]{1,9}")
_WHOLE = re.compile(r"[0-9]{1,9}")

blueprint = Blueprint("threshold", __name__)


@blueprint.get("/review/thresholds")
def try_out() -> Response:
    """The form, with what the thresholds in the query would do if there are any."""
    asked = {name: text.strip() for name, text in request.args.items()}
    if not asked:
        return _page({}, None)
    try:
        found = simulated(parse_simulation({"examples": EXAMPLES, **_numbers(asked)}))
    except InvalidRequest as error:
        return _page(asked, None, status=422, mistakes=error.errors)
    return _page(asked, found)


def _page(
    asked: Mapping[str, str],
    found: Simulation | None,
    *,
    status: int = 200,
    mistakes: tuple[FieldError, ...] = (),
) -> Response:
    present = thresholds_payload(current.services().policy)
    html = render_template(
        "review/thresholds.html",
        present=present,
        values={name: asked.get(name) or f"{value:g}" for name, value in present.items()},
        articles=asked.get("articles") or ARTICLES,
        most_articles=MOST_ARTICLES,
        found=found,
        records=_records(found) if found else {},
        mistakes=mistakes,
        signed_in=moderator(),
    )
    return make_response(html, status)


def _numbers(asked: Mapping[str, str]) -> dict[str, object]:
    """What the form says, as JSON would; what is no number stays as it is, to be refused. An empty
    field stands for the present value."""
    numbers: dict[str, object] = {}
    for name, text in asked.items():
        if _WHOLE.fullmatch(text):
            numbers[name] = int(text)
        elif _NUMBER.fullmatch(text):
            numbers[name] = float(text)
        elif text:
            numbers[name] = text
    return numbers


def _records(found: Simulation) -> dict[str, ArticleRecord | None]:
    """The articles of the examples, by their ids."""
    pairs = [*found.decided.lost, *found.decided.dropped]
    pairs += [judged for told in found.examples.values() for judged in told]
    ids = list(dict.fromkeys(each for pair in pairs for each in (pair.article, pair.other)))
    return dict(zip(ids, current.services().articles.get_many(ids), strict=True))
