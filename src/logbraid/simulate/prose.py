"""What services say: names, levels, sentences and tracebacks, drawn at random but repeatable.

Words only: no timestamps, no bytes, no files. Every sentence is plain text without a line end, a quote or a
backslash, so that any style may put it between quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

__all__ = ["SERVICES", "Prose"]

SERVICES: Final = ("gateway", "orders", "payments", "inventory", "search", "billing", "mailer", "accounts")

LEVELS: Final = ("debug", "info", "warn", "error", "fatal")
WEIGHTS: Final = (180, 680, 95, 42, 3)

CALM: Final = (
    "request accepted path=/v1/{thing}/{number} client=10.{byte}.{byte}.{byte}",
    "GET /v1/{thing}/{number} answered 200 in {short} ms",
    "POST /v1/{thing} answered 201 in {short} ms, {number} bytes",
    "cache hit for {thing}:{number}",
    "cache miss for {thing}:{number}, asking the database",
    "query took {short} ms rows={short}",
    "job {number} started",
    "job {number} finished in {number} ms, {short} retries",
    "session opened for customer {number} from Zürich",
    "reserved {short} of {thing} sku=SKU-{number} in warehouse {byte}",
    "connection pool: {byte} busy, {byte} idle",
    "consumed offset {number} of topic {thing} partition {byte}",
    "heartbeat ok",
)
UNEASY: Final = (
    "slow query: {number} ms, select * from {thing} where id = {number} and state in (1, 2, 3) order by created_at",
    "retrying {thing} upstream 10.{byte}.{byte}.{byte}:8443, attempt {byte}, the last answer was 503",
    "queue depth {number} is above its limit of 5000",
    "certificate for {thing}.internal expires in {byte} days",
    "clock drift of {short} ms against ntp-{byte}",
)
BROKEN: Final = (
    "could not charge card ending {short} for order {number}: declined by issuer, code {byte}",
    "connection to {thing}-db-{byte} reset by peer after {number} ms",
    "unhandled failure while serving /v1/{thing}/{number}",
    "timeout of {number} ms exceeded waiting for {thing}",
)
SENTENCES: Final = {"debug": CALM, "info": CALM, "warn": UNEASY, "error": BROKEN, "fatal": BROKEN}

THINGS: Final = ("orders", "carts", "invoices", "customers", "shipments", "prices")

PYTHON: Final = (
    "Traceback (most recent call last):",
    '  File "/srv/{service}/app.py", line {short}, in handle',
    "    return self.serve(request)",
    '  File "/srv/{service}/store.py", line {short}, in charge',
    "    raise PaymentDeclined(order)",
    "{service}.errors.PaymentDeclined: order {number}",
)
JAVA: Final = (
    "java.lang.IllegalStateException: order {number} is already closed",
    "\tat com.example.{service}.OrderBook.close(OrderBook.java:{short})",
    "\tat com.example.{service}.Handler.serve(Handler.java:{short})",
    "\tat java.base/java.lang.Thread.run(Thread.java:840)",
    "Caused by: java.sql.SQLTransientConnectionException: pool-{byte} is exhausted",
    "\tat com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:{short})",
    "\t... {byte} more",
)
GO: Final = (
    "panic: runtime error: index out of range [{byte}] with length {byte}",
    "goroutine {number} [running]:",
    "main.(*{service}).serve(0xc000{number})",
    "\t/src/{service}/serve.go:{short} +0x1d",
    "created by main.main in goroutine 1",
    "\t/src/{service}/main.go:{short} +0x58",
)
NODE: Final = (
    "TypeError: Cannot read properties of undefined (reading 'total')",
    "    at priceOf (/app/{service}/price.js:{short}:{byte})",
    "    at async serve (/app/{service}/index.js:{short}:{byte})",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
)
TRACEBACKS: Final = (PYTHON, JAVA, GO, NODE)


class Prose:
    """One service's speech; the same seed says the same."""

    def __init__(self, service: str, seed: str) -> None:
        self._service = service
        self._random = Random(seed)
        number = self._random.randrange
        self._values: dict[str, Callable[[], str]] = {
            "thing": lambda: self._random.choice(THINGS),
            "number": lambda: str(number(1000, 1_000_000)),
            "short": lambda: str(number(1, 1000)),
            "byte": lambda: str(number(1, 100)),
            "service": lambda: self._service,
        }

    def level(self) -> str:
        """A level in lower case, most often info."""
        return self._random.choices(LEVELS, WEIGHTS)[0]

    def sentence(self, level: str) -> str:
        """What a record of this level says."""
        return self._fill(self._random.choice(SENTENCES[level]))

    def happens(self, probability: float) -> bool:
        """Whether something of this probability happens now."""
        return self._random.random() < probability

    def traceback(self) -> Sequence[str]:
        """The lines that follow a record which went wrong."""
        return [self._fill(line) for line in self._random.choice(TRACEBACKS)]

    def _fill(self, text: str) -> str:
        """Replace every ``{name}`` by a value of its own."""
        first, *parts = text.split("{")
        filled = [first]
        for part in parts:
            name, rest = part.split("}", 1)
            filled += self._values[name](), rest
        return "".join(filled)
