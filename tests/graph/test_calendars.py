"""The addresses of calendars over HTTP: what is answered to whom, and what is not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.support.graph import Graph

ISSUE = """mutation ($input: IssueCalendarFeedInput!) { issueCalendarFeed(input: $input) {
  ... on IssuedCalendarFeed { url feed { id freeBusyOnly lastFetchedAt } } } }"""


async def _mutate(graph: Graph, document: str, stated: dict[str, Any], **viewer: Any) -> dict[str, Any]:
    (result,) = (await graph.ask(document, {"input": stated}, **viewer)).data.values()
    assert isinstance(result, dict)
    return result


async def _issued(graph: Graph, **stated: Any) -> str:
    """The path of a new address."""
    issued = await _mutate(graph, ISSUE, {"requestKey": "f", "scope": "IRO", "code": "IRO-01", **stated})
    path: str = issued["url"].removeprefix(graph.resources.config.base_url)
    return path


async def _fetched(graph: Graph) -> list[str | None]:
    feeds = (await graph.ask("{ calendarFeeds { lastFetchedAt } }")).data["calendarFeeds"]
    return [each["lastFetchedAt"] for each in feeds]


async def test_a_feed_is_issued_fetched_and_revoked(graph: Graph, authority: Authority) -> None:
    issue = """mutation ($input: IssueCalendarFeedInput!) { issueCalendarFeed(input: $input) {
      __typename ... on IssuedCalendarFeed { url feed { id scope code issuedAt revokedAt } } ... on Forbidden { message } } }"""
    stated = {"requestKey": "f", "scope": "IRO"}
    issued = await _mutate(graph, issue, stated, role=Role.IRO, code="IRO-01")
    assert (issued["feed"]["scope"], issued["feed"]["code"]) == ("IRO", "IRO-01")
    assert (await _mutate(graph, issue, stated, role=Role.IRO, code="IRO-01"))["url"] is None
    path = issued["url"].removeprefix(graph.resources.config.base_url)
    calendar = await graph.client.get(path, headers={"Accept-Encoding": "gzip"})
    assert calendar.status_code == 200
    assert calendar.text.startswith("BEGIN:VCALENDAR")
    assert calendar.headers["content-encoding"] == "gzip"
    assert calendar.headers["referrer-policy"] == "no-referrer"
    assert calendar.headers["x-robots-tag"].startswith("noindex")
    assert calendar.headers["cache-control"].startswith("private")
    same = await graph.client.get(path, headers={"If-None-Match": calendar.headers["etag"], "Accept-Encoding": "gzip"})
    assert (same.status_code, same.content) == (304, b"")
    revoke = """mutation ($input: RevokeCalendarFeedInput!) { revokeCalendarFeed(input: $input) {
      __typename ... on RevokedCalendarFeed { feed { revokedAt } } ... on NotFound { message } } }"""
    stranger = await _mutate(graph, revoke, {"requestKey": "g", "id": issued["feed"]["id"]}, role=Role.IRO, code="IRO-02")
    assert stranger["__typename"] == "NotFound"
    revoked = await _mutate(graph, revoke, {"requestKey": "g", "id": issued["feed"]["id"]}, role=Role.IRO, code="IRO-01")
    assert revoked["feed"]["revokedAt"] is not None
    gone, never = await graph.client.get(path), await graph.client.get("/calendars/never.ics")
    assert (gone.status_code, gone.content) == (never.status_code, never.content) == (404, b"no such calendar\n")


async def test_a_partner_is_given_free_and_busy_times_and_no_calendar(graph: Graph, authority: Authority) -> None:
    issue = """mutation ($input: IssueCalendarFeedInput!) { issueCalendarFeed(input: $input) {
      ... on IssuedCalendarFeed { url feed { freeBusyOnly lastFetchedAt changedAt stale } } ... on InvalidInput { field } } }"""
    issued = await _mutate(graph, issue, {"requestKey": "f", "scope": "ROOM", "code": "ROOM-A", "freeBusyOnly": True})
    assert issued["feed"] == {"freeBusyOnly": True, "lastFetchedAt": None, "changedAt": None, "stale": False}
    path = issued["url"].removeprefix(graph.resources.config.base_url)
    busy = await graph.client.get(path, headers={"Accept-Encoding": "gzip"})
    assert (busy.status_code, busy.headers["content-encoding"]) == (200, "gzip")
    assert busy.headers["content-type"] == "text/calendar; charset=utf-8; method=PUBLISH; component=VFREEBUSY"
    assert "BEGIN:VFREEBUSY" in busy.text
    same = await graph.client.get(path, headers={"If-None-Match": busy.headers["etag"], "Accept-Encoding": "gzip"})
    assert (same.status_code, same.content) == (304, b"")
    assert (await graph.client.get(path.replace(".ifb", ".ics"))).status_code == 404
    unit = await _mutate(graph, issue, {"requestKey": "g", "scope": "UNIT", "freeBusyOnly": True})
    assert unit == {"field": "scope"}


@pytest.mark.parametrize("ending", ["ics", "ifb"])
async def test_whoever_asks_for_the_headers_alone_gets_those_of_the_whole_and_has_fetched_nothing(
    graph: Graph, authority: Authority, ending: str
) -> None:
    path = await _issued(graph, freeBusyOnly=ending == "ifb")
    plain = {"Accept-Encoding": "identity"}
    looked = await graph.client.head(path, headers=plain)
    assert await _fetched(graph) == [None]
    whole = await graph.client.get(path, headers=plain)
    assert (looked.status_code, dict(looked.headers)) == (200, dict(whole.headers))
    assert whole.headers["content-length"] == str(len(whole.content))
    assert await _fetched(graph) != [None]


async def test_an_unchanged_calendar_is_sent_without_a_length_or_a_kind(graph: Graph, authority: Authority) -> None:
    path = await _issued(graph)
    whole = await graph.client.get(path)
    same = await graph.client.get(path, headers={"If-None-Match": whole.headers["etag"]})
    about_the_body = {"content-length", "content-type", "content-encoding"}
    assert same.status_code == 304
    assert dict(same.headers) == {name: value for name, value in whole.headers.items() if name not in about_the_body}


@pytest.mark.parametrize(("tags", "status"), [(('"other"', None), 304), ((None, '"other"'), 304), (('"other"', '"another"'), 200)])
async def test_tags_on_several_lines_are_one_list(
    graph: Graph, authority: Authority, tags: tuple[str | None, str | None], status: int
) -> None:
    path = await _issued(graph)
    etag = (await graph.client.get(path)).headers["etag"]
    lines = [("If-None-Match", etag if tag is None else tag) for tag in tags]
    assert (await graph.client.get(path, headers=lines)).status_code == status


@pytest.mark.parametrize("codings", [["gzip", "br"], ["br", "gzip"], ["identity;q=0.5, gzip"], ["gzip;q=0", "*"]])
async def test_codings_on_several_lines_are_one_list(graph: Graph, authority: Authority, codings: list[str]) -> None:
    path = await _issued(graph)
    answer = await graph.client.get(path, headers=[("Accept-Encoding", each) for each in codings])
    assert answer.headers.get("content-encoding") == (None if "gzip;q=0" in codings else "gzip")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
async def test_a_calendar_is_only_to_be_read(graph: Graph, authority: Authority, method: str) -> None:
    path = await _issued(graph)
    for address in (path, "/calendars/never.ics"):
        refused = await graph.client.request(method, address)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path", ["/calendars/", "/calendars/x", "/calendars/x.txt", "/calendars/x.icsx", "/calendars/x/y.ics", "/calendars/.ics"]
)
async def test_what_is_no_address_of_a_calendar_is_nothing(graph: Graph, path: str) -> None:
    assert (await graph.client.get(path)).status_code == 404


@pytest.mark.parametrize("token", ["%0A", "%2e%2e", "%F0%9F%98%80", "x" * 5_000, "%00", "a%20b"])
async def test_an_odd_address_is_as_unknown_as_any(graph: Graph, token: str) -> None:
    unknown = await graph.client.get("/calendars/never.ics")
    for ending in ("ics", "ifb"):
        odd = await graph.client.get(httpx.URL(f"http://convene.test/calendars/{token}.{ending}"))
        assert (odd.status_code, odd.content, dict(odd.headers)) == (404, unknown.content, dict(unknown.headers))
