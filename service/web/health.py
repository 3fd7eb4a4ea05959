"""Whether the process answers, and whether it can work: for supervisors and load balancers."""

from flask import Blueprint, Response

from service.web import current
from service.web.payloads import json_response

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer as long as the process can; asks no store."""
    return json_response({"status": "ok"})


@blueprint.get("/readyz")
def ready() -> Response:
    """Answer 200 when the stores do, else 503."""
    current.services().ping()
    return json_response({"status": "ready"})
