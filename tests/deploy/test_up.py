"""One command, from nothing to a booked quarter; again in seconds; and nothing left behind."""

from __future__ import annotations

import email
import signal
import urllib.request
from email import policy
from pathlib import Path

import pytest

from tests.support.running import Running, convene_up, left_behind

pytestmark = pytest.mark.slow

TODAY = "2026-09-01"
WHAT_STANDS = """
query { obligations(filter: {dueTo: "2026-10-15", booked: true}) { totalCount }
        meetings(filter: {from: "2026-09-01", to: "2026-11-30"}, first: 3) { totalCount edges { node { reference chair { code } } } }
        caseloads { iro { code } children points limit state } }
"""
ISSUE_FEED = """
mutation Issue($key: ID!, $code: String!) { issueCalendarFeed(input: {requestKey: $key, scope: IRO, code: $code}) {
  __typename ... on IssuedCalendarFeed { url } } }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority") / "var"


def test_the_main_job_from_an_empty_folder_and_again(folder: Path) -> None:
    with convene_up(folder, CONVENE_TODAY=TODAY) as running:
        booked = _the_quarter_is_booked(running)
        _an_iro_reads_her_calendar(running)
        _invitations_lie_in_the_sink(folder)
        assert running.end(signal.SIGTERM) == 0
    assert left_behind(folder) == []

    with convene_up(folder, CONVENE_TODAY=TODAY) as again:
        assert not any("loading the sample" in line for line in again.lines)
        assert again.ask("MANAGER", WHAT_STANDS)["meetings"]["totalCount"] == booked
        again.process.send_signal(signal.SIGINT)
        assert again.end(signal.SIGINT) == 0
    assert left_behind(folder) == []


def _the_quarter_is_booked(running: Running) -> int:
    stands = running.ask("MANAGER", WHAT_STANDS)
    assert stands["obligations"]["totalCount"] > 20
    assert len(stands["caseloads"]) == 6
    assert all(each["state"] in ("UNDER", "NEAR") for each in stands["caseloads"])
    booked = int(stands["meetings"]["totalCount"])
    assert booked > 150
    return booked


def _an_iro_reads_her_calendar(running: Running) -> None:
    issued = running.ask("MANAGER", ISSUE_FEED, key="feed-1", code="IRO-01")["issueCalendarFeed"]
    with urllib.request.urlopen(issued["url"], timeout=300) as answer:
        text = answer.read().decode()
        etag = answer.headers["ETag"]
    assert text.count("BEGIN:VEVENT") > 10
    assert "CH0" not in text
    request = urllib.request.Request(issued["url"], headers={"If-None-Match": etag})
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        urllib.request.urlopen(request, timeout=300)
    assert unchanged.value.code == 304
    unchanged.value.close()


def _invitations_lie_in_the_sink(folder: Path) -> None:
    mails = [path.read_bytes() for path in (folder / "mail").glob("*.eml")]
    calendars = [
        part
        for mail in mails
        for part in email.message_from_bytes(mail, policy=policy.default).walk()
        if part.get_content_type() == "text/calendar"
    ]
    assert "REQUEST" in {calendar.get_param("method") for calendar in calendars}
    assert not any(b"CH0" in mail for mail in mails)


def test_a_second_start_on_the_same_data_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    with convene_up(tmp_path, CONVENE_SAMPLE="0") as running:
        with convene_up(tmp_path, CONVENE_SAMPLE="0") as second:
            assert second.process.wait(600) == 1
            assert any("already runs" in line for line in second.lines)
        assert running.ask("MANAGER", "{ viewer { role } }")["viewer"]["role"] == "MANAGER"
        assert running.end(signal.SIGTERM) == 0
    assert left_behind(tmp_path) == []


def test_a_failed_start_leaves_nothing_behind(tmp_path: Path) -> None:
    with convene_up(tmp_path, CONVENE_SAMPLE="0", CONVENE_SMTP_URL="smtp://127.0.0.1:1", CONVENE_HOST="203.0.113.7") as running:
        assert running.process.wait(600) == 1
        assert any(line.startswith("convene: ") for line in running.lines)
    assert left_behind(tmp_path) == []
