"""What can go wrong while cleaning. Each error carries its data and says what to do next."""


class CleaningError(ValueError):
    """The source cannot be cleaned; the message tells its sender what to change."""


class SourceTooLarge(CleaningError):
    """The source exceeds a limit that keeps cleaning linear in time and memory."""

    def __init__(self, what: str, found: int, limit: int) -> None:
        super().__init__(
            f"{what}: {found:,} found, at most {limit:,} are read; send a smaller page"
        )
        self.what = what
        self.found = found
        self.limit = limit


class UndecodableSource(CleaningError):
    """The bytes are not text in the encoding they claim."""

    def __init__(self, encoding: str, position: int) -> None:
        super().__init__(
            f"byte {position:,} is not valid {encoding}; send UTF-8, or name the real charset"
        )
        self.encoding = encoding
        self.position = position


class NothingLeft(CleaningError):
    """Cleaning kept no text: the source is empty, or all of it was removed, by rules or by hand."""

    def __init__(self, removed: int) -> None:
        super().__init__(
            f"no article text is left ({removed} blocks removed)"
            if removed
            else "the source holds no text"
        )
        self.removed = removed
