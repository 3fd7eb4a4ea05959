"""`/v1/articles` and `/v1/clean`: articles go in, clean ones come out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

from flask import Blueprint, Response, request, url_for
from werkzeug.routing import BaseConverter

from cleaning.errors import CleaningError
from service.duplicates.model import Edition, Submission
from service.duplicates.review import editions_before
from service.duplicates.sites import site_lookup
from service.duplicates.submit import (
    Answer,
    clean_submission,
    delete,
    get_article,
    remove_block,
    restore_block,
    submit,
)
from service.web import current
from service.web.body import read_submission
from service.web.payloads import (
    article_payload,
    article_with_blocks,
    block_index,
    cleaned_payload,
    json_response,
    refuse_body,
    wants_blocks,
)
from service.web.refusals import UnusableSource

blueprint = Blueprint("articles", __name__, url_prefix="/v1")


class ArticleIdConverter(BaseConverter):
    """An article's id in a path: any text, slashes included, so URLs and URNs too."""

    regex = ".+"
    part_isolating = False

    def to_url(self, value: str) -> str:
        """Encode everything that means something in a path."""
        return quote(value, safe="")


@blueprint.post("/articles")
def post_article() -> Response:
    """Take an article in: 201, or 200 when this id has this content already."""
    with _naming_source():
        article_id, submission = read_submission()
    with _naming_source(submission):
        answer = submit(current.services(), submission, article_id)
    location = url_for("articles.show_article", article_id=answer.record.id)
    return _shown(answer, 201 if answer.created else 200, {"Location": location})


@blueprint.get("/articles/<article:article_id>")
def show_article(article_id: str) -> Response:
    """The present revision of an article, with all of its blocks if they are asked for."""
    payload = article_with_blocks if wants_blocks(request.args) else article_payload
    return _shown(get_article(current.services(), article_id), payload=payload)


@blueprint.delete("/articles/<article:article_id>")
def delete_article(article_id: str) -> Response:
    """Delete an article with all that is known of it: 204."""
    refuse_body()
    delete(current.services(), article_id)
    return Response(status=204)


@blueprint.post("/articles/<article:article_id>/blocks/<index>/restore")
def restore_article_block(article_id: str, index: str) -> Response:
    """Put a removed block back, or take back that a person removed it."""
    refuse_body()
    return _shown(restore_block(current.services(), article_id, block_index(index)))


@blueprint.post("/articles/<article:article_id>/blocks/<index>/remove")
def remove_article_block(article_id: str, index: str) -> Response:
    """Take a kept block out, or take back that a person restored it."""
    refuse_body()
    return _shown(remove_block(current.services(), article_id, block_index(index)))


@blueprint.post("/clean")
def clean_article() -> Response:
    """Clean an article and show every block; nothing is stored."""
    with _naming_source():
        article_id, submission = read_submission()
    with _naming_source(submission):
        site = site_lookup(current.services(), submission, article_id)
        cleaned = clean_submission(submission, site=site)
    return json_response(cleaned_payload(cleaned))


def _shown(
    answer: Answer,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    payload: Callable[[Answer, Iterable[Edition]], Mapping[str, object]] = article_payload,
) -> Response:
    editions = editions_before(current.services(), answer.record)
    return json_response(payload(answer, editions), status, headers)


@contextmanager
def _naming_source(submission: Submission | None = None) -> Iterator[None]:
    """Say which field holds what cannot be cleaned: the body, where it is the page itself."""
    try:
        yield
    except CleaningError as error:
        if submission is None or not request.is_json:
            field = "body"
        else:
            field = "text" if submission.html is None else "html"
        raise UnusableSource(field, error) from error
