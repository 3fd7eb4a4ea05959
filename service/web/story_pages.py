"""`/review/stories`: one story with its members, where a person splits it, merges it, chooses
another original, and takes such decisions back."""

from collections.abc import Callable

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

from service.duplicates.errors import IllegalStory, StaleStory
from service.duplicates.ports import Services
from service.duplicates.story_review import choose_original, get_story, merge, split, undo
from service.submission import FieldError
from service.web import current
from service.web.article_pages import written
from service.web.guard import moderator
from service.web.payloads import LARGEST_BLOCK, parse_story_query
from service.web.refusals import InvalidRequest
from service.web.site_pages import decider

blueprint = Blueprint("story", __name__)

# What a form does, with the services, who decides, and the version that they saw.
_Decision = Callable[[Services, str, int], object]


@blueprint.get("/review/stories/<story_id>")
def show(story_id: str) -> Response:
    """One story with a page of its members."""
    return _story_page(story_id)


@blueprint.post("/review/stories/<story_id>/split")
def split_off(story_id: str) -> AnyResponse:
    """Take the chosen article out of the story."""

    def decide(services: Services, by: str, seen: int) -> None:
        split(services, story_id, written("article"), by=by, seen=seen)

    return _decided(story_id, decide, "The article was split off.")


@blueprint.post("/review/stories/<story_id>/original")
def choose(story_id: str) -> AnyResponse:
    """Let the chosen article stand for the story."""

    def decide(services: Services, by: str, seen: int) -> None:
        choose_original(services, story_id, written("article"), by=by, seen=seen)

    return _decided(story_id, decide, "The story has another original.")


@blueprint.post("/review/stories/<story_id>/merge")
def merge_into(story_id: str) -> AnyResponse:
    """Make the story a part of another one, which is shown then."""

    def decide(services: Services, by: str, seen: int) -> None:
        merge(services, story_id, written("into").strip(), by=by, seen=seen)

    into = request.form.get("into", "").strip()
    return _decided(story_id, decide, "The stories were merged.", shown=into)


@blueprint.post("/review/stories/<story_id>/undo")
def take_back(story_id: str) -> AnyResponse:
    """Take a decision back."""

    def decide(services: Services, by: str, seen: int) -> None:
        undo(services, story_id, by=by, number=_number("decision"), seen=seen)

    return _decided(story_id, decide, "The decision was taken back.")


def _decided(story_id: str, decide: _Decision, done: str, shown: str = "") -> AnyResponse:
    try:
        decide(current.services(), decider(), _number("version"))
    except InvalidRequest as error:
        return _story_page(story_id, status=422, mistakes=error.errors)
    except IllegalStory as error:
        return _story_page(story_id, status=422, mistakes=(FieldError(error.field, str(error)),))
    except StaleStory as error:
        return _story_page(story_id, status=409, conflict=error)
    flash(done)
    return redirect(url_for("story.show", story_id=shown or story_id), 303)


def _number(name: str) -> int:
    """A number that the page has put into its form."""
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_BLOCK))):
        raise InvalidRequest(FieldError(name, "is missing: open the page again"))
    return int(text)


def _story_page(
    story_id: str,
    *,
    status: int = 200,
    mistakes: tuple[FieldError, ...] = (),
    conflict: Exception | None = None,
) -> Response:
    query = parse_story_query(request.args)
    html = render_template(
        "review/story.html",
        found=get_story(current.services(), story_id, query.after, query.limit),
        is_first=query.after == 0,
        mistakes=mistakes,
        conflict=conflict,
        signed_in=moderator(),
        name=request.form.get("by", session.get("moderator", "")),
        into=request.form.get("into", ""),
        wanted=request.form.get("article"),
    )
    return make_response(html, status)
