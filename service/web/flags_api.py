"""`/v1/flags`: what waits for a person, and what they decided."""

from flask import Blueprint, Response, request

from service.duplicates.review import changes_on, decide, get_flag, list_flags
from service.web import current
from service.web.body import read_json
from service.web.payloads import (
    flag_page_payload,
    flag_payload,
    json_response,
    parse_decision,
    parse_flag_query,
)

# Who decided, where a client of the API does not say.
NAMELESS = "api"

blueprint = Blueprint("flags", __name__, url_prefix="/v1/flags")


@blueprint.get("")
def show_flags() -> Response:
    """One page of flags, newest first."""
    query = parse_flag_query(request.args)
    page = list_flags(current.services(), query.state, query.after, query.limit)
    return json_response(flag_page_payload(page))


@blueprint.get("/<flag_id>")
def show_flag(flag_id: str) -> Response:
    """One flag with its history."""
    services = current.services()
    flag = get_flag(services, flag_id)
    return json_response(flag_payload(flag, changes_on(services, flag)))


@blueprint.post("/<flag_id>/decision")
def decide_flag(flag_id: str) -> Response:
    """Decide a flag, or open it again."""
    made = parse_decision(read_json())
    services = current.services()
    flag = decide(
        services,
        flag_id,
        made.decision,
        by=made.by or NAMELESS,
        seen=made.version,
        note=made.note,
    )
    return json_response(flag_payload(flag, changes_on(services, flag)))
