"""Why a request is turned away before any use case sees it."""

from collections.abc import Mapping
from typing import ClassVar

from cleaning.errors import CleaningError, SourceTooLarge
from service.submission import FieldError


class Refusal(Exception):
    """Base of them. `errors` names the fields at fault; `headers` go with the answer."""

    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = {}


class BodyTooLarge(Refusal):
    """The body exceeds the limit in bytes; it has not been read to its end."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body may have at most {limit:,} bytes")
        self.errors = (FieldError("body", str(self), limit),)


class BrokenBody(Refusal):
    """The body ended early or its chunks are malformed."""

    def __init__(self) -> None:
        super().__init__("the body could not be read to its end: send it whole, or in valid chunks")
        self.errors = (FieldError("body", str(self)),)


class UnsupportedBody(Refusal):
    """The body is in a form that nothing here reads, as `header` says."""

    def __init__(self, header: str, detail: str) -> None:
        super().__init__(detail)
        self.errors = (FieldError(header, detail),)


class InvalidRequest(Refusal):
    """A decision, a query or a path is wrong."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(f"{error.field}: {error.detail}" for error in errors))
        self.errors = errors


class UnusableSource(Refusal):
    """The cleaner refuses the source in `field`, for the reason in `error`."""

    def __init__(self, field: str, error: CleaningError) -> None:
        super().__init__(str(error))
        self.error = error
        limit = error.limit if isinstance(error, SourceTooLarge) else None
        self.errors = (FieldError(field, str(error), limit),)


class StaleBlock(Refusal):
    """The article has changed since the moderator saw the block of which they decide."""

    def __init__(self) -> None:
        super().__init__("the article has changed since; look at it again before you decide")


class RemoteRefused(Refusal):
    """Somebody beyond this machine asks a service that has no API key."""

    def __init__(self) -> None:
        super().__init__(
            "without an API key only this machine is answered; "
            "set COPYDESK_API_KEY and send the key"
        )


class HostRefused(Refusal):
    """The request is meant for a host name that is not this service's."""

    def __init__(self) -> None:
        super().__init__(
            "this service does not go by the name in the Host header; "
            "list it in COPYDESK_ALLOWED_HOSTS"
        )


class OriginRefused(Refusal):
    """The request was made by a page of another site."""

    def __init__(self) -> None:
        super().__init__("the request comes from a page of another site (see its Origin header)")


class KeyRequired(Refusal):
    """The API key is missing or wrong."""

    DETAILS: ClassVar[Mapping[str, str]] = {
        "Basic": "sign in with your name, and the API key as password",
        "Bearer": "send the API key as Authorization: Bearer KEY, or as X-API-Key",
    }

    def __init__(self, scheme: str) -> None:
        super().__init__(self.DETAILS[scheme])
        self.headers = {"WWW-Authenticate": f'{scheme} realm="Copydesk", charset="UTF-8"'}
