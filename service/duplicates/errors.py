"""What can go wrong between an article and its verdict. Retryable and permanent are apart."""


class ServiceError(Exception):
    """Base of every error a use case or a store raises on purpose."""


class StoreUnavailable(ServiceError):
    """A store cannot be reached or refuses to write. Retryable; nothing is known meanwhile."""


class StoreMisconfigured(ServiceError):
    """A store would lose or mix up data if it were used. Permanent; the message says the cure."""


class IndexDamaged(StoreMisconfigured):
    """The index is lost, incomplete or contradicts itself: nothing is known of duplicates."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the index of articles cannot be used: {what}; `copydesk repair` builds it anew from "
            "the stored articles"
        )


class ArticleNotFound(ServiceError):
    """No article has this id."""

    def __init__(self, article_id: str) -> None:
        super().__init__(f"no article has the id {article_id!r}")
        self.article_id = article_id


class SourceGone(ServiceError):
    """The article cannot be cleaned again: its source is no longer kept."""

    def __init__(self, article_id: str) -> None:
        super().__init__(
            f"the source of article {article_id!r} is no longer kept, so that it cannot be cleaned "
            "again; it stays as it is unless it is sent again"
        )
        self.article_id = article_id


class BlockNotFound(ServiceError):
    """The article has no block of this index."""

    def __init__(self, article_id: str, index: int, count: int) -> None:
        super().__init__(f"article {article_id!r} has blocks 0 to {count - 1}, not {index}")
        self.article_id = article_id
        self.index = index


class UnremovableBlock(ServiceError):
    """A person cannot take this block out of the article, for the reason that is given."""

    def __init__(self, article_id: str, index: int, reason: str) -> None:
        super().__init__(f"block {index} of article {article_id!r} cannot be removed: {reason}")
        self.article_id = article_id
        self.index = index


class IllegalRule(ServiceError):
    """No rule for a site can be made of what `field` names."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class RuleNotFound(ServiceError):
    """The site has no rule of this key."""

    def __init__(self, site: str, key: str) -> None:
        super().__init__(f"the site {site!r} has no rule with the key {key!r}")
        self.site = site
        self.key = key


class FlagNotFound(ServiceError):
    """No flag has this id."""

    def __init__(self, flag_id: str) -> None:
        super().__init__(f"no flag has the id {flag_id!r}")
        self.flag_id = flag_id


class StaleDecision(ServiceError):
    """The flag has changed since the moderator looked at it."""

    def __init__(self, flag_id: str, seen: int, version: int) -> None:
        super().__init__(
            f"flag {flag_id} is at version {version}; the decision was made on version {seen}"
        )
        self.flag_id = flag_id
        self.seen = seen
        self.version = version


class IllegalDecision(ServiceError):
    """The flag's state does not allow this decision."""


class StoryNotFound(ServiceError):
    """No article founds a story of this name."""

    def __init__(self, story_id: str) -> None:
        super().__init__(f"there is no story {story_id!r}")
        self.story_id = story_id


class StaleStory(ServiceError):
    """The story has changed since the moderator looked at it."""

    def __init__(self, story_id: str, seen: int, version: int) -> None:
        super().__init__(
            f"story {story_id} is at version {version}; the decision was made on version {seen}"
        )
        self.story_id = story_id


class IllegalStory(ServiceError):
    """The story cannot become what `field` asks for."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
