"""The way to a Redis Cluster, on which the index may live: commands go to the masters of their
keys, to all of them at once, and their answers come back in order.

redis-py's own pipeline for clusters would repeat what failed one by one, each with the full
patience for a server that hangs. Here a call waits once, and is sent again once where a connection
broke or a key has moved: everything that is sent may be repeated with the same result.
"""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import parse_url
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import (
    MovedError,
    RedisClusterException,
    RedisError,
    ResponseError,
)
from redis.retry import Retry

from service.stores.redis_connection import (
    CLUSTER_CHANGES,
    Command,
    connect,
    key_of,
    reaching_redis,
)

AT_ONCE = 200  # keys in one round trip of a scan


class Cluster:
    """The masters of a cluster. Nothing is sent before the first call."""

    def __init__(self, urls: Sequence[str], timeout_s: float) -> None:
        """`urls`: one or more of its nodes. Raises ValueError if one is no address of a node."""
        self._urls = urls
        self._timeout_s = timeout_s
        # Any: redis-py leaves most of it untyped.
        self._client: Any = None
        self._is_stale = False
        self._lock = threading.Lock()
        for url in urls:
            connect(url, timeout_s).close()
            told = _told_by(url)
            if "path" in told or told.get("db"):
                raise ValueError("a node of a cluster has a host and a port, and one database")

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        """The answers to commands of one key each, in one round trip; a refusal is an answer, too.

        Raises StoreUnavailable if a master does not answer, StoreMisconfigured.
        """
        with reaching_redis():
            try:
                answers = self._asked(commands)
            except RedisConnectionError:
                answers = self._asked(commands)
            if any(isinstance(answer, MovedError) for answer in answers):
                answers = self._asked(commands)
            for answer in answers:
                if isinstance(answer, CLUSTER_CHANGES):
                    raise answer
        return answers

    def keys(self, pattern: str) -> Iterator[bytes]:
        """All keys on all masters whose names match, in no order."""
        for master in self.masters():
            with reaching_redis():
                yield from master.scan_iter(match=pattern, count=AT_ONCE)

    def masters(self) -> list[redis.Redis]:
        """A client of each master."""
        with reaching_redis():
            client = self._connected()
            return [client.get_redis_connection(node) for node in client.get_primaries()]

    def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            self._client.disconnect_connection_pools()
            self._client.close()

    def _connected(self) -> Any:  # noqa: ANN401 - a RedisCluster
        with self._lock:
            if self._client is None:
                cluster_node: Any = ClusterNode
                first, *others = self._urls
                places = [_told_by(url) for url in others]
                self._client = RedisCluster(
                    url=first,
                    startup_nodes=[
                        cluster_node(place.get("host", "localhost"), place.get("port", 6379))
                        for place in places
                    ],
                    socket_timeout=self._timeout_s,
                    socket_connect_timeout=self._timeout_s,
                    health_check_interval=30,
                    retry=Retry(NoBackoff(), 0),
                )
            elif self._is_stale:
                self._client.nodes_manager.initialize()
            self._is_stale = False
            return self._client

    def _asked(self, commands: Sequence[Command]) -> list[Any]:
        try:
            answers = self._sent(commands)
        except (RedisError, RedisClusterException):
            self._is_stale = True
            raise
        if any(isinstance(answer, CLUSTER_CHANGES) for answer in answers):
            self._is_stale = True
        return answers

    def _sent(self, commands: Sequence[Command]) -> list[Any]:
        client = self._connected()
        places: dict[str, list[int]] = {}
        nodes: dict[str, redis.Redis] = {}
        for place, command in enumerate(commands):
            node = client.get_node_from_key(key_of(command))
            nodes.setdefault(node.name, client.get_redis_connection(node))
            places.setdefault(node.name, []).append(place)
        answers: list[Any] = [None] * len(commands)
        opened: dict[str, Any] = {}
        try:
            for name, node in nodes.items():
                opened[name] = node.connection_pool.get_connection()
            for name, connection in opened.items():
                packed = connection.pack_commands([commands[place] for place in places[name]])
                connection.send_packed_command(packed)
            for name, connection in opened.items():
                for place in places[name]:
                    answers[place] = _answer(nodes[name], connection, str(commands[place][0]))
        except BaseException:
            # An answer that nobody has read would be taken for that to the next command.
            for connection in opened.values():
                connection.disconnect()
            raise
        finally:
            for name, connection in opened.items():
                nodes[name].connection_pool.release(connection)
        return answers


def _told_by(url: str) -> dict[str, Any]:
    parsed: Any = parse_url
    told: dict[str, Any] = parsed(url)
    return told


def _answer(node: redis.Redis, connection: Any, name: str) -> Any:  # noqa: ANN401 - as redis has it
    try:
        return node.parse_response(connection, name)  # type: ignore[no-untyped-call]
    except ResponseError as error:
        return error
