"""`/v1/stories`: which articles tell the same, and what people decided of it."""

from flask import Blueprint, Response, request

from service.duplicates.story_review import choose_original, get_story, merge, split, undo
from service.web import current
from service.web.body import read_json
from service.web.flags_api import NAMELESS
from service.web.payloads import (
    MemberRequest,
    MergeRequest,
    UndoRequest,
    json_response,
    parse_story,
    parse_story_query,
    story_payload,
)

blueprint = Blueprint("stories", __name__, url_prefix="/v1/stories")


@blueprint.get("/<story_id>")
def show_story(story_id: str) -> Response:
    """A story with a page of its members, in order of arrival."""
    query = parse_story_query(request.args)
    return _answer(story_id, query.after, query.limit)


@blueprint.post("/<story_id>/split")
def split_story(story_id: str) -> Response:
    """Take an article out of a story."""
    asked = parse_story(MemberRequest, read_json())
    by = asked.by or NAMELESS
    split(current.services(), story_id, asked.article, by=by, seen=asked.version)
    return _answer(story_id)


@blueprint.post("/<story_id>/merge")
def merge_story(story_id: str) -> Response:
    """Make a story a part of another one, which is answered."""
    asked = parse_story(MergeRequest, read_json())
    by = asked.by or NAMELESS
    merge(current.services(), story_id, asked.into, by=by, seen=asked.version)
    return _answer(asked.into)


@blueprint.post("/<story_id>/original")
def choose_story_original(story_id: str) -> Response:
    """Let an article stand for its story."""
    asked = parse_story(MemberRequest, read_json())
    by = asked.by or NAMELESS
    choose_original(current.services(), story_id, asked.article, by=by, seen=asked.version)
    return _answer(story_id)


@blueprint.post("/<story_id>/undo")
def undo_decision(story_id: str) -> Response:
    """Take a decision back."""
    asked = parse_story(UndoRequest, read_json())
    by = asked.by or NAMELESS
    undo(current.services(), story_id, by=by, number=asked.decision, seen=asked.version)
    return _answer(story_id)


def _answer(story_id: str, *page: int) -> Response:
    return json_response(story_payload(get_story(current.services(), story_id, *page)))
