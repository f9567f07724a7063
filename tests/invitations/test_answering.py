"""What a calendar answers over HTTP: when the caller has it, and what stands above it."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from services.invitations.answering import NOT_THERE, has_it, unchanged, whole

CHANGED = datetime(2026, 9, 1, 9, 0, 0, 123456, tzinfo=UTC)
ANSWER = unchanged("1a", CHANGED, past=True, gzipped=False)


@pytest.mark.parametrize(
    ("etag", "since", "has"),
    [
        (None, None, False),
        ('"1a"', None, True),
        ('W/"1a"', None, True),
        ('"0", W/"1a" , "2"', None, True),
        ("*", None, True),
        ('"1a-gz"', None, False),
        ("1a", None, False),
        (None, "Tue, 01 Sep 2026 09:00:00 GMT", True),  # HTTP's dates are whole seconds
        (None, "Tue, 01 Sep 2026 08:59:59 GMT", False),
        ('"0"', "Tue, 01 Sep 2026 10:00:00 GMT", False),  # the date counts where there is no tag (RFC 9110 13.1.3)
        ('"1a"', "Tue, 01 Sep 2026 08:00:00 GMT", True),
        (None, "Tue, 01 Sep 2026 10:00:00 -0000", False),  # a date of no zone is none
        (None, "yesterday", False),
        (None, "Tue, 99 Sep 99999 10:00:00 GMT", False),
    ],
)
def test_the_caller_has_it_by_the_tag_or_else_by_the_date(etag: str | None, since: str | None, has: bool) -> None:
    assert has_it(ANSWER, etag, since) is has


def test_a_date_to_come_is_not_sent_and_counts_for_nothing() -> None:
    ahead = unchanged("1a", CHANGED, past=False, gzipped=False)
    assert "Last-Modified" not in ahead.headers
    assert not has_it(ahead, None, "Tue, 01 Sep 2027 10:00:00 GMT")


async def test_no_calendar_is_kept_by_others_found_or_named_to_them() -> None:
    kept = {
        "Cache-Control": "private, no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }
    for answer in (ANSWER, NOT_THERE, await whole(ANSWER, b"x", "text/calendar", gzipped=False)):
        assert kept.items() <= answer.headers.items()
    assert ANSWER.headers.items() - kept.items() == {
        ("ETag", '"1a"'),
        ("Vary", "Accept-Encoding"),
        ("Last-Modified", "Tue, 01 Sep 2026 09:00:00 GMT"),
    }


async def test_the_same_calendar_is_the_same_bytes_compressed_whenever_it_is_fetched() -> None:
    answer = await whole(unchanged("1a", CHANGED, past=True, gzipped=True), b"BEGIN:VCALENDAR\r\n", "text/calendar", gzipped=True)
    assert (answer.etag, answer.headers["Content-Encoding"]) == ('"1a-gz"', "gzip")
    assert gzip.decompress(answer.body) == b"BEGIN:VCALENDAR\r\n"
    assert answer.body[4:8] == bytes(4), "of no hour: that of compressing would be in it"
