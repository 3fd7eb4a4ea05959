"""`/v1/thresholds`: what other thresholds would have flagged."""

import time

from flask import Blueprint, Response

from service.duplicates.thresholds import Simulation, simulate
from service.web import current
from service.web.body import read_json
from service.web.payloads import (
    SimulationRequest,
    json_response,
    parse_simulation,
    simulation_payload,
)

# The command has all the time there is; a request that somebody waits for, and that keeps others
# waiting for the processor, has this.
SECONDS = 10.0

blueprint = Blueprint("thresholds", __name__, url_prefix="/v1/thresholds")


@blueprint.post("/simulate")
def post_simulation() -> Response:
    """Say what the thresholds in the body would do. Nothing is changed."""
    return json_response(simulation_payload(simulated(parse_simulation(read_json()))))


def simulated(asked: SimulationRequest) -> Simulation:
    """What was asked for, as far as it is known after SECONDS. Raises InvalidRequest."""
    services = current.services()
    end = time.monotonic() + SECONDS
    return simulate(
        services,
        asked.proposed(services.policy),
        articles=asked.articles,
        examples=asked.examples,
        is_over=lambda: time.monotonic() > end,
    )
