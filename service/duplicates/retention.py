"""How long articles are kept: for so many days after they were received, or for ever.

An article whose time is over is no article any more, at once and for everybody: stores do not hand
it out. What it takes of memory is given back when it is deleted (`service.batch.expiry`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from service.duplicates.model import ArticleRecord
from service.duplicates.sites import site_name, site_of

EVERY_SITE = "*"
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Retention:
    """Windows in days by site (`sites.site_of`), `*` for every other one; a site without a window
    keeps its articles. `source_days`: how long the source of an article is kept (None: as long as
    the article).

    >>> Retention.parsed("wire.example=30, *=365").windows
    {'wire.example': 30, '*': 365}
    """

    windows: Mapping[str, int] = field(default_factory=dict)
    source_days: int | None = None

    @classmethod
    def parsed(cls, written: str, source_days: int | None = None) -> "Retention":
        """What is written as SITE=DAYS, separated by commas. Raises ValueError."""
        windows: dict[str, int] = {}
        for part in filter(None, map(str.strip, written.split(","))):
            name, equals, days = part.rpartition("=")
            site = site_name(name).removeprefix("www.")
            if not (equals and site and days.strip().isdecimal() and int(days) > 0):
                raise ValueError(f"{part!r} is not SITE=DAYS, with at least one day")
            if site in windows:
                raise ValueError(f"{site!r} is given twice")
            windows[site] = int(days)
        return cls(windows, source_days)

    @property
    def written(self) -> str:
        """The windows, the same for the same ones."""
        return ",".join(f"{site}={days}" for site, days in sorted(self.windows.items()))

    def last_day(self, record: ArticleRecord) -> int | None:
        """The number of the day on which an article expires, counted from 1970; None: never."""
        site = site_of(record.submission)
        days = self.windows.get(site or EVERY_SITE, self.windows.get(EVERY_SITE))
        return None if days is None else day_of(record.received_at) + days

    def is_over(self, record: ArticleRecord, now: datetime) -> bool:
        """Whether an article has expired. It is kept for whole days, in UTC."""
        last = self.last_day(record)
        return last is not None and last < day_of(now)


def day_of(moment: datetime) -> int:
    """The number of a day in UTC, counted from 1970."""
    return (moment - _EPOCH) // _DAY


KEEP = Retention()
