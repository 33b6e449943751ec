"""Guarded calls to one Redis: a call costs a bounded time, and next to none while the server is away.

Knows connections and their failures; what is asked is the caller's business.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from redis import asyncio as redis
from redis import exceptions
from redis.asyncio import retry
from redis.backoff import NoBackoff

from actors import errors
from actors.cache import circuits

T = TypeVar("T")

_AWAY = (exceptions.ConnectionError, exceptions.TimeoutError, OSError)  # asyncio's TimeoutError is an OSError


class Guarded:
    """A Redis client behind a time-out and a circuit breaker. Belongs to one event loop."""

    def __init__(self, url: str, timeout_s: float, clock: Callable[[], float]) -> None:
        self._client = connect(url, timeout_s)
        self._timeout_s = timeout_s
        self._clock = clock
        self._circuit = circuits.Circuit()

    async def call(self, command: Callable[[redis.Redis], Awaitable[T]]) -> T:
        """Run a command, or several in one pipeline, within the time-out. Raises Unavailable."""
        admitted, self._circuit = circuits.admit(self._circuit, self._clock(), self._timeout_s)
        if not admitted:
            raise errors.Unavailable("Redis does not answer; it is asked again in a moment.", "redis_down")
        with translated():
            try:
                async with asyncio.timeout(self._timeout_s):
                    answer = await command(self._client)
            except _AWAY:
                self._circuit = circuits.settle(self._circuit, False, self._clock())
                raise
            except exceptions.RedisError:
                self._circuit = circuits.settle(self._circuit, True, self._clock())  # a refusal is an answer
                raise
        self._circuit = circuits.settle(self._circuit, True, self._clock())
        return answer

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


def connect(url: str, timeout_s: float) -> redis.Redis:
    """Make a client that waits at most `timeout_s` for a connection, and for an answer.

    A pooled connection that died with its server is seen only when it is used: the second try gets a new one. So a
    command may arrive twice, and what is sent must bear that.
    """
    return redis.Redis.from_url(
        url,
        protocol=2,  # one shape of answers, whichever server it is
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=retry.Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,)),
    )


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the client's errors into ours."""
    try:
        yield
    except _AWAY as error:
        raise errors.Unavailable(f"Redis does not answer: {str(error) or 'time-out'}", "redis_down") from error
    except exceptions.RedisError as error:
        raise errors.Unavailable(f"Redis refused: {error}.", "redis_refused") from error
