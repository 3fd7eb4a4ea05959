"""A request's body: read once, within the limit, whatever the client does to it."""

from io import BytesIO

from flask import Flask, request
from werkzeug.wsgi import get_input_stream

from service.duplicates.model import Submission
from service.submission import PAGE_TYPES, load_json, media_type, parse_page, parse_submission
from service.web.refusals import BodyTooLarge, BrokenBody, UnsupportedBody

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
READ_BYTES = 65_536
_JSON = "send JSON, with Content-Type: application/json"


def register(app: Flask, limit: int) -> None:
    """Let the application read every body of at most `limit` bytes before it looks into it.

    Whatever reads it later, forms included, reads from memory and cannot fail. Werkzeug's own
    limit cuts a body of undeclared length off without a word, so it is not used.
    """

    def receive() -> None:
        if request.method in SAFE_METHODS or request.routing_exception is not None:
            return
        content = _read(limit)
        request.environ["wsgi.input"] = BytesIO(content)
        request.environ["CONTENT_LENGTH"] = str(len(content))

    app.before_request(receive)


def read_submission() -> tuple[str | None, Submission]:
    """The article in the body, as JSON or as the page itself, and its id, if it has one.

    Raises UnsupportedBody, InvalidJson, InvalidSubmission and UndecodableSource.
    """
    content_type = request.headers.get("Content-Type", "")
    if media_type(content_type) in PAGE_TYPES:
        _refuse_encoding()
        return parse_page(request.get_data(), content_type, request.args.items(multi=True))
    return parse_submission(read_json(f"{_JSON}, or the page itself as {', '.join(PAGE_TYPES)}"))


def read_json(wanted: str = _JSON) -> object:
    """The JSON value in the body. Raises UnsupportedBody and InvalidJson."""
    _refuse_encoding()
    if not request.is_json:
        raise UnsupportedBody("Content-Type", wanted)
    return load_json(request.get_data())


def _refuse_encoding() -> None:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise UnsupportedBody("Content-Encoding", "compressed bodies are not read: send it plain")


def _read(limit: int) -> bytes:
    declared = request.content_length
    if declared is not None and declared > limit:
        raise BodyTooLarge(limit)
    content = bytearray()
    try:
        stream = get_input_stream(request.environ)
        while len(content) <= limit and (chunk := stream.read(READ_BYTES)):
            content += chunk
    except Exception as error:
        # Each WSGI server has its own exceptions for a connection that broke off and for
        # malformed chunks; none of them is this program's fault.
        raise BrokenBody from error
    if len(content) > limit:
        raise BodyTooLarge(limit)
    if declared is not None and len(content) < declared:
        raise BrokenBody
    return bytes(content)
