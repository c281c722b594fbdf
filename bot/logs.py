"""Structured logs: one line an event, the context of its job on every line, and no secret on any."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[redacted]"
_TOKENS = re.compile(
    r"gh[pousr]_[A-Za-z0-9._-]{36,}"
    r"|github_pat_[A-Za-z0-9_]{22,}"
    r"|v1\.[0-9a-f]{40}"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
    re.DOTALL,
)
"""GitHub's tokens by prefix (a stateless `ghs_` holds a JWT), the App's JWT, keys, and credentials in addresses."""

_HEADER = re.compile(r"(?i)(authorization\W{1,6}(?:basic|bearer|token)\s+)[^\s\"',;]+")

SHORTEST = 6
"""Shorter secrets of the settings are not searched for: they would blot out ordinary words."""


class Redactor:
    """Replaces tokens and the given secrets wherever they stand in an event, its exception's text included."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in (secret, repr(secret)[1:-1])}
        self._own = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
        return {key: self._clean(value) for key, value in event.items()}

    def text(self, text: str) -> str:
        """The text without secrets."""
        if self._own:
            text = self._own.sub(HIDDEN, text)
        return _HEADER.sub(rf"\1{HIDDEN}", _TOKENS.sub(HIDDEN, text))

    def _clean(self, value: object) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._clean(part) for key, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(part) for part in value]
        return self.text(value if isinstance(value, str) else repr(value))


def configure_logs(
    level: str, form: Literal["json", "console"], secrets: Sequence[str] = (), stream: TextIO | None = None
) -> None:
    """Sends every log line of the process, the libraries' included, to one stream (standard error) in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _drop_colours,
                Redactor(secrets),
                _renderer(form),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _quieten()


def _drop_colours(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)
    return event


def _renderer(form: Literal["json", "console"]) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer()
    plain = structlog.dev.plain_traceback
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)


def _quieten() -> None:
    """Libraries speak through our handler alone, and those that tell of every request only of trouble."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "dbos", "alembic"):
        library = logging.getLogger(name)
        library.handlers[:] = [logging.NullHandler()]
        library.propagate = True
    for name in ("httpx", "httpcore", "dbos", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("asyncio").setLevel(logging.ERROR)
