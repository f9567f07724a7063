"""Logs and metrics: ids and verbs, never a child's reference, a reason or a body."""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

import structlog

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def place_of(fault: BaseException) -> str:
    """File, line and function of the last few calls: code alone, no values."""
    calls = traceback.extract_tb(fault.__traceback__)[-6:]
    return " < ".join(f"{call.filename.rsplit('/', 1)[-1]}:{call.lineno}:{call.name}" for call in reversed(calls))


class _NoWords(logging.Formatter):
    """An exception by kind and place: its words may hold what somebody wrote, and the database's quote whole rows."""

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 the name is logging's
        return "no fault" if ei[1] is None else f"{type(ei[1]).__name__} at {place_of(ei[1])}"


def _to_standard_error(*_: object) -> structlog.PrintLogger:
    """Standard error as it is when something is logged, not as it was when logging was set up."""
    return structlog.PrintLogger(sys.stderr)


def configure_logging(level: str = "INFO") -> None:
    """One line of key=value pairs an event on standard error; libraries from WARNING on, without their arguments."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_NoWords("%(levelname)s %(name)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for noisy in ("arq", "arq.worker", "strawberry.execution", "uvicorn.access", "asyncio", "mail.log"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=_to_standard_error,
        cache_logger_on_first_use=False,
    )
