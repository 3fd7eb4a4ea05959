"""What has expired, and what somebody has begun to delete, is deleted to the end.

Each article is deleted by itself, in steps that may be repeated: killed at any moment, the sweep is
run again and goes on. Nothing is read but what is due, unless the windows have changed since the
last sweep: then each article's day is noted anew first.
"""

from collections.abc import Iterator

from service.batch.patience import patiently
from service.duplicates.errors import ArticleNotFound
from service.duplicates.ports import Services
from service.duplicates.submit import delete

AT_ONCE = 100  # articles; after so many those that are due are asked for again


def note_expiry(services: Services) -> Iterator[str]:
    """Note when articles expire, if the windows have changed; yields their ids.

    Raises StoreUnavailable.
    """
    return services.articles.noted_anew()


def expire(services: Services) -> Iterator[str]:
    """Delete what is due, and yield the ids. Raises StoreUnavailable."""
    while ids := patiently(lambda: services.articles.due(AT_ONCE)):
        for article_id in ids:
            if _is_deleted(services, article_id):
                yield article_id


def _is_deleted(services: Services, article_id: str) -> bool:
    try:
        patiently(lambda: delete(services, article_id))
    except ArticleNotFound:  # another sweep was faster
        return False
    return True
