"""The one place that reads the environment, into one frozen object.

Every field `name` is set by `COPYDESK_NAME`, the Redis address by plain `REDIS_URL` too. Secrets
have no default.
"""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.duplicates.model import DEFAULT_POLICY, Policy
from service.duplicates.retention import Retention


def _default_data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    try:
        return Path(base).expanduser() / "copydesk"
    except RuntimeError:  # no home directory: a container's nameless user
        return Path(tempfile.gettempdir()) / "copydesk"


class Settings(BaseSettings):
    """What an operator may set. Units stand in the names or the descriptions."""

    model_config = SettingsConfigDict(env_prefix="COPYDESK_", frozen=True, env_ignore_empty=True)

    redis_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("COPYDESK_REDIS_URL", "REDIS_URL"),
        description="Redis or Valkey to use. Unset: an own server is started as a child.",
    )
    index_redis_url: SecretStr | None = Field(
        default=None,
        description="Nodes of a Redis Cluster for the index, separated by commas; one is enough. "
        "Unset: the index is where the articles are.",
    )
    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Where the own Redis keeps its append-only file.",
    )
    namespace: str = Field(
        default="copydesk",
        pattern=r"^[A-Za-z0-9_.-]{1,32}$",
        description="First part of every key in Redis.",
    )
    redis_timeout_s: float = Field(
        default=2.0, gt=0, description="Seconds to wait for an answer of Redis before 503."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
    workers: int = Field(default=2, ge=1, le=64, description="Web server processes.")
    threads: int = Field(default=4, ge=1, le=64, description="Threads in each of them.")
    request_timeout_s: int = Field(
        default=30, ge=1, description="Seconds after which a silent worker is replaced."
    )
    api_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Key that clients must send. Required to listen beyond this machine.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Signs form tokens. Unset: drawn at each start, so that open forms expire.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Host names, separated by commas, under which clients may call the "
        "service besides localhost.",
    )
    max_body_bytes: int = Field(
        default=4_000_000, ge=1_000, description="Largest request body in bytes."
    )
    near_threshold: float = Field(
        default=DEFAULT_POLICY.near, gt=0, le=1, description="Least share of the longer text."
    )
    contained_threshold: float = Field(
        default=DEFAULT_POLICY.contained, gt=0, le=1, description="Least share of the shorter text."
    )
    numbers_threshold: float = Field(
        default=DEFAULT_POLICY.numbers,
        ge=0,
        le=1,
        description="Least share of numbers on which two alike texts agree that are not "
        "`recurring`.",
    )
    later_numbers_threshold: float = Field(
        default=DEFAULT_POLICY.later_numbers,
        ge=0,
        le=1,
        description="The same of texts further apart than the next setting.",
    )
    same_news_hours: float = Field(
        default=DEFAULT_POLICY.same_news,
        ge=0,
        description="Hours within which other numbers may be an update.",
    )
    decide_exact: bool = Field(
        default=DEFAULT_POLICY.decide_exact,
        description="Whether the service decides exact copies by itself.",
    )
    flag_passages: bool = Field(
        default=DEFAULT_POLICY.flag_passages,
        description="Whether a passage in two stories, which is no copy, opens a flag.",
    )

    site_memory_days: int = Field(
        default=30,
        ge=0,
        le=3650,
        description="Days after which what a silent site showed on its stories is forgotten; "
        "0: none of it is remembered.",
    )

    retention: str = Field(
        default="",
        description="Days after which articles are deleted, SITE=DAYS by commas; * stands for all "
        "other sites. Empty: none is.",
    )
    source_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="Days after which the source of an article, as it was received, is forgotten. "
        "Unset: it is kept with the article.",
    )

    @field_validator("retention")
    @classmethod
    def _retention_is_readable(cls, value: str) -> str:
        Retention.parsed(value)
        return value

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(host.strip().lower() for host in value.split(",") if host.strip())
        return value

    @model_validator(mode="after")
    def _near_comes_first(self) -> Self:
        # Otherwise two texts of equal length could each be "contained" in the other.
        if self.near_threshold > self.contained_threshold:
            raise ValueError("near_threshold must not be greater than contained_threshold")
        return self

    @property
    def kept(self) -> Retention:
        """How long articles are kept, in the form the stores take."""
        return Retention.parsed(self.retention, self.source_days)

    @property
    def policy(self) -> Policy:
        """The thresholds in the form the use cases take."""
        return Policy(
            near=self.near_threshold,
            contained=self.contained_threshold,
            numbers=self.numbers_threshold,
            later_numbers=self.later_numbers_threshold,
            same_news=self.same_news_hours,
            decide_exact=self.decide_exact,
            flag_passages=self.flag_passages,
        )
