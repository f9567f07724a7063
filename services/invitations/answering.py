"""Answers to whoever fetches a calendar: whole, unchanged, or no such calendar (RFC 9110 8.8, 13.1)."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_ALWAYS = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAnswer:
    """An HTTP answer: `headers` are complete, ETag and Last-Modified included; `header_lines` are those as they are sent."""

    status: int
    body: bytes = b""
    etag: str | None = None
    last_modified: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    header_lines: Sequence[tuple[bytes, bytes]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.status != 304:
            lines.append((b"content-length", str(len(self.body)).encode()))
        object.__setattr__(self, "header_lines", tuple(lines))


NOT_THERE = FeedAnswer(status=404, body=b"no such calendar\n", headers={**_ALWAYS, "Content-Type": "text/plain; charset=utf-8"})
"""Of every address alike behind which there is nothing, or nothing any more."""


def unchanged(version: str, changed: datetime, *, past: bool, gzipped: bool) -> FeedAnswer:
    """304 for a calendar that is as it is since `changed`, which is `past` or still to come; `version` names it as it is."""
    etag = f'"{version}{"-gz" if gzipped else ""}"'
    headers = {**_ALWAYS, "ETag": etag, "Vary": "Accept-Encoding"}
    if past:  # a date to come must not be sent (RFC 9110 8.8.2.1)
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    return FeedAnswer(status=304, etag=etag, last_modified=changed, headers=headers)


def has_it(answer: FeedAnswer, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether the caller has what `answer` would give, by the headers as they came."""
    if if_none_match is not None:
        tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in tags or answer.etag in tags
    if if_modified_since is None or "Last-Modified" not in answer.headers:
        return False
    assert answer.last_modified is not None
    try:
        since = parsedate_to_datetime(if_modified_since)
    except (ValueError, OverflowError):
        return False
    return since.tzinfo is not None and answer.last_modified.replace(microsecond=0) <= since


async def whole(answer: FeedAnswer, body: bytes, kind: str, *, gzipped: bool) -> FeedAnswer:
    """200 with the body, compressed if the caller takes that."""
    headers = {**answer.headers, "Content-Type": kind}
    if gzipped:
        headers["Content-Encoding"] = "gzip"
        body = await asyncio.to_thread(gzip.compress, body, 5, mtime=0)
    return FeedAnswer(status=200, body=body, etag=answer.etag, last_modified=answer.last_modified, headers=headers)
