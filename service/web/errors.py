"""Every error in one shape: what went wrong, as an answer (RFC 9457) or a page that says the same.

`KINDS` is the one place where an exception gets its status and its code.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypedDict

from flask import Flask, Response, make_response, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from cleaning.errors import (
    CleaningError,
    NothingLeft,
    SourceTooLarge,
    UndecodableSource,
)
from service.duplicates.errors import (
    ArticleNotFound,
    BlockNotFound,
    FlagNotFound,
    IllegalDecision,
    IllegalRule,
    IllegalStory,
    IndexDamaged,
    RuleNotFound,
    SourceGone,
    StaleDecision,
    StaleStory,
    StoreMisconfigured,
    StoreUnavailable,
    StoryNotFound,
    UnremovableBlock,
)
from service.submission import FieldError, InvalidJson, InvalidSubmission
from service.web.guard import is_page
from service.web.payloads import json_response
from service.web.refusals import (
    BodyTooLarge,
    BrokenBody,
    HostRefused,
    InvalidRequest,
    KeyRequired,
    OriginRefused,
    Refusal,
    RemoteRefused,
    StaleBlock,
    UnsupportedBody,
    UnusableSource,
)

RETRY_AFTER_SECONDS = 5
# A body of the greatest size may be wrong in 100,000 fields; a client mends a few at a time.
ERRORS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """How a class of errors is answered. `detail` stands for the exception's own text."""

    status: int
    code: str
    detail: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


KINDS: Mapping[type[Exception], Kind] = {
    InvalidJson: Kind(400, "invalid_json"),
    BrokenBody: Kind(400, "broken_body"),
    CSRFError: Kind(
        400,
        "form_expired",
        "nothing was changed; open the page again and repeat what you did",
    ),
    KeyRequired: Kind(401, "key_required"),
    RemoteRefused: Kind(403, "remote_refused"),
    OriginRefused: Kind(403, "origin_refused"),
    ArticleNotFound: Kind(404, "article_not_found"),
    BlockNotFound: Kind(404, "block_not_found"),
    FlagNotFound: Kind(404, "flag_not_found"),
    RuleNotFound: Kind(404, "rule_not_found"),
    StoryNotFound: Kind(404, "story_not_found"),
    UnremovableBlock: Kind(409, "unremovable_block"),
    SourceGone: Kind(409, "source_gone"),
    IllegalDecision: Kind(409, "illegal_decision"),
    StaleDecision: Kind(409, "stale_decision"),
    StaleStory: Kind(409, "stale_story"),
    StaleBlock: Kind(409, "stale_block"),
    BodyTooLarge: Kind(413, "body_too_large"),
    UnsupportedBody: Kind(415, "unsupported_body"),
    HostRefused: Kind(421, "host_refused"),
    InvalidRequest: Kind(422, "invalid_request"),
    IllegalRule: Kind(422, "illegal_rule"),
    IllegalStory: Kind(422, "illegal_story"),
    InvalidSubmission: Kind(422, "invalid_article"),
    CleaningError: Kind(422, "unusable_source"),
    NothingLeft: Kind(422, "nothing_left"),
    SourceTooLarge: Kind(422, "source_too_large"),
    UndecodableSource: Kind(422, "undecodable_source"),
    # What a store or a defect says of itself may hold an address with a password: it is for
    # the log.
    StoreMisconfigured: Kind(
        503, "store_misconfigured", "the store is not set up safely; the log says how to mend it"
    ),
    IndexDamaged: Kind(
        503,
        "index_damaged",
        "the index of articles is lost or damaged, so nothing is known of duplicates; run "
        "`copydesk repair`, then repeat the request",
    ),
    StoreUnavailable: Kind(
        503,
        "store_unavailable",
        "the store does not answer, so nothing is known; "
        f"repeat the request in {RETRY_AFTER_SECONDS} seconds",
        {"Retry-After": str(RETRY_AFTER_SECONDS)},
    ),
    Exception: Kind(500, "unforeseen", "something went wrong here; the log says what"),
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is said of one error. `errors` names the fields at fault."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase


class FieldErrorPayload(TypedDict, total=False):
    """One field at fault; `limit` where it broke one."""

    field: str
    detail: str
    limit: int


class ProblemPayload(TypedDict, total=False):
    """application/problem+json. `title` is the status in words, as about:blank demands."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldErrorPayload]


def register(app: Flask) -> None:
    """Let the application answer every error so."""
    app.register_error_handler(Exception, handle)


def handle(error: Exception) -> Response:
    """Answer an error; one that nobody foresaw is logged with its traceback."""
    if isinstance(error, HTTPException) and error.response is not None:
        return make_response(error.response)
    problem = describe(error)
    if problem.status >= 500:
        _log.error("%s %s: %s", request.method, request.path, problem.code, exc_info=error)
    return page(problem) if is_page() else answer(problem)


def describe(error: Exception) -> Problem:
    """What to say of an error."""
    if isinstance(error, HTTPException) and not isinstance(error, CSRFError):
        return _from_werkzeug(error)
    cause = error.error if isinstance(error, UnusableSource) else error
    kind = next(KINDS[base] for base in type(cause).__mro__ if base in KINDS)
    errors = _errors(error)
    detail = kind.detail or (_listed(errors) if len(errors) > 1 else str(error))
    headers = {**kind.headers, **(error.headers if isinstance(error, Refusal) else {})}
    return Problem(kind.status, kind.code, detail, errors[:ERRORS_SHOWN], headers)


def answer(problem: Problem) -> Response:
    """The problem as application/problem+json."""
    payload = ProblemPayload(
        type="about:blank",
        title=problem.title,
        status=problem.status,
        code=problem.code,
        detail=problem.detail,
    )
    if problem.errors:
        payload["errors"] = [_error_payload(error) for error in problem.errors]
    response = json_response(payload, problem.status, problem.headers)
    response.mimetype = "application/problem+json"
    return response


def page(problem: Problem) -> Response:
    """The problem as a page that says where to go on."""
    flag_id = (request.view_args or {}).get("flag_id")
    is_lost = problem.code == "flag_not_found" or request.method == "GET"
    back = (
        url_for("review.queue")
        if not flag_id or is_lost
        else url_for("review.show_flag", flag_id=flag_id)
    )
    html = render_template("review/problem.html", problem=problem, back=back)
    return make_response(html, problem.status, dict(problem.headers))


def _errors(error: Exception) -> tuple[FieldError, ...]:
    if isinstance(error, InvalidJson):
        return (FieldError("body", str(error)),)
    if isinstance(error, InvalidSubmission | Refusal):
        return error.errors
    if isinstance(error, IllegalRule | IllegalStory):
        return (FieldError(error.field, str(error)),)
    if isinstance(error, UnremovableBlock):
        return (FieldError("index", str(error)),)
    if isinstance(error, FlagNotFound) and request.args.get("after") == error.flag_id:
        return (FieldError("after", str(error)),)
    return ()


def _listed(errors: tuple[FieldError, ...]) -> str:
    shown = "; ".join(f"{error.field}: {error.detail}" for error in errors[:ERRORS_SHOWN])
    more = len(errors) - ERRORS_SHOWN
    return f"{shown}; and {more:,} more" if more > 0 else shown


def _from_werkzeug(error: HTTPException) -> Problem:
    """What routing and form parsing raise; Allow and the like are kept."""
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    return Problem(status, code, error.description or HTTPStatus(status).phrase, headers=headers)


def _error_payload(error: FieldError) -> FieldErrorPayload:
    payload = FieldErrorPayload(field=error.field, detail=error.detail)
    if error.limit is not None:
        payload["limit"] = error.limit
    return payload
