"""Who gets in, with what, in which form: tokens, bodies and media types, judged before anything is parsed."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from graph.app import build_management_app
from graph.tokens import BadToken, read_token, sign_token
from services.kernel.words import Role
from services.platform.config import Config
from tests.graph.conftest import Authority
from tests.support.graph import SECRET, Graph, graph_on

GRAPHQL_JSON = "application/graphql-response+json"


def _config(**settings: Any) -> Config:
    return Config(_env_file=None, token_secret=SECRET, **settings)  # type: ignore[call-arg]


def _claims(now: datetime, **changes: Any) -> dict[str, Any]:
    stamp = int(now.timestamp())
    claims = {
        "iss": "convene", "aud": "convene", "sub": "manager:x", "role": "MANAGER", "name": "x", "iat": stamp, "nbf": stamp,
        "exp": stamp + 600,
    }  # fmt: skip
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def _signed(claims: dict[str, Any], secret: str = SECRET, alg: str = "HS256") -> str:
    return jwt.encode({"alg": alg}, claims, OctKey.import_key(secret), algorithms=[alg])


def _unsigned(claims: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)]
    return ".".join([*parts, ""])


def test_a_token_that_we_sign_says_who_its_bearer_is(now: datetime) -> None:
    token = sign_token(
        _config(), role=Role.SOCIAL_WORKER, code=None, name="A worker", children=("CH2", "CH1"), lifetime=timedelta(hours=1), now=now
    )
    claims = read_token(_config(), token, now)
    assert (claims.role, claims.name, claims.children) == (Role.SOCIAL_WORKER, "A worker", frozenset({"CH1", "CH2"}))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "another"}, {"aud": "another"}, {"iss": None}, {"aud": None}, {"exp": None}, {"sub": None}, {"exp": 1}, {"exp": "soon"},
        {"nbf": 4_000_000_000}, {"role": "GOD"}, {"role": None}, {"role": "IRO"}, {"role": ["MANAGER"]},
        {"children": "CH1"}, {"children": [1]},
        {"code": 5}, {"sub": ["x"]}, {"sub": ""}, {"sub": "a\x00"}, {"code": "\x00"}, {"name": "\x00"}, {"children": ["\x00"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_with_a_wrong_claim_proves_nothing(now: datetime, changes: dict[str, Any]) -> None:
    assert read_token(_config(), _signed(_claims(now)), now).subject == "manager:x"
    with pytest.raises(BadToken):
        read_token(_config(), _signed(_claims(now, **changes)), now)


def test_clocks_may_differ_by_a_minute_and_no_more(now: datetime) -> None:
    token = _signed(_claims(now))
    for off in (timedelta(seconds=-59), timedelta(seconds=600 + 59)):
        assert read_token(_config(), token, now + off).role is Role.MANAGER
    for off in (timedelta(seconds=-62), timedelta(seconds=600 + 62)):
        with pytest.raises(BadToken):
            read_token(_config(), token, now + off)


def test_the_algorithm_is_ours_to_choose(now: datetime, tmp_path: Path) -> None:
    claims = _claims(now)
    key = RSAKey.generate_key(2048, {"kid": "one"})
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    provider = _config(token_jwks=keys)
    signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
    assert read_token(provider, signed, now).role is Role.MANAGER
    public_pem = key.as_pem(private=False).decode()
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    forged = [
        _unsigned(claims),
        _signed(claims, alg="HS512"),
        _signed(claims, secret="another secret of the same length, thirty-two"),
        jwt.encode({"alg": "RS256", "kid": "one"}, claims, stranger),
        f"{_signed(claims)[:-4]}AAAA",
    ]
    for token in forged:
        for config in (_config(), provider):
            with pytest.raises(BadToken):
                read_token(config, token, now)
    with pytest.raises(BadToken):
        read_token(provider, _signed(claims), now)
    assert public_pem.startswith("-----BEGIN")


async def _post(graph: Graph, body: bytes | str, **headers: str) -> Any:
    return await graph.client.post("/graphql", content=body, headers={"Content-Type": "application/json", **headers})


_NO_TOKENS: list[str | None] = [None, "", "Bearer", "Bearer x.y.z", "Basic eDp5", "Bearer " + "a" * 9000]  # fmt: skip


async def test_without_a_valid_token_nothing_is_parsed(graph: Graph) -> None:
    for authorization in _NO_TOKENS:
        headers = {} if authorization is None else {"Authorization": authorization}
        response = await _post(graph, "this is not JSON {{{", **headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Bearer")
        assert response.json() == {"errors": [{"message": "a valid bearer token is needed"}]}
        assert graph.database.statements == []


_NO_REQUESTS: list[tuple[str, int]] = [
        ("{", 400), ("[]", 400), ('[{"query": "{ viewer { name } }"}]', 400), ("null", 400), ("{}", 400), ('{"query": 1}', 400),
        ('{"query": ""}', 400), ('{"query": "{ viewer { name } }", "variables": []}', 400),
        ('{"query": "{ viewer { name } }", "operationName": 1}', 400), ('{"query": "{ viewer { name } }", "extensions": "x"}', 400),
        ("[" * 50_000, 400), ('{"query": "' + " " * 100_001 + '"}', 413),
    ]  # fmt: skip


async def test_a_body_that_is_no_request_is_refused_in_one_line(graph: Graph) -> None:
    for body, status in _NO_REQUESTS:
        response = await _post(graph, body, Authorization=f"Bearer {graph.token(Role.MANAGER)}")
        assert response.status_code == status
        (error,) = response.json()["errors"]
        assert 10 < len(error["message"]) < 120


_FORMS: list[tuple[dict[str, str], int]] = [
        ({"Content-Type": "text/plain"}, 415), ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415), ({"Content-Type": "application/json; charset=latin-1"}, 415),
        ({"Accept": "text/html"}, 406), ({"Accept": "*/*"}, 200), ({"Accept": f"{GRAPHQL_JSON}, application/json;q=0.5"}, 200),
    ]  # fmt: skip


async def test_only_json_comes_in_and_only_what_was_asked_for_goes_out(graph: Graph) -> None:
    for headers, status in _FORMS:
        given = {"Authorization": f"Bearer {graph.token(Role.MANAGER)}", **headers}
        assert (await _post(graph, '{"query": "{ viewer { name } }"}', **given)).status_code == status


async def test_the_graph_is_asked_by_post_alone(graph: Graph) -> None:
    response = await graph.client.get(
        "/graphql", params={"query": "{ viewer { name } }"}, headers={"Authorization": f"Bearer {graph.token(Role.MANAGER)}"}
    )
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


_NEVER_RAN: list[tuple[str, dict[str, Any] | None]] = [
        ("{", None),
        ("{ nothing }", None),
        ("query ($first: Int!) { children(first: $first) { totalCount } }", {"first": "many"}),
        ("query ($from: Date!) { meetings(filter: {from: $from, to: $from}) { totalCount } }", {"from": "2026-09-01T00:00:00Z"}),
        ("query A { viewer { name } } query B { viewer { name } }", None),
        ('subscription { planProgress(id: "x") { id } }', None),
    ]  # fmt: skip


async def test_a_request_that_never_ran_has_no_data_and_its_status_by_the_media_type(graph: Graph) -> None:
    for document, variables in _NEVER_RAN:
        newer = await graph.ask(document, variables, accept=GRAPHQL_JSON)
        older = await graph.ask(document, variables, accept="application/json")
        assert newer.status == 400
        assert older.status in (200, 400)
        assert newer.headers["content-type"].partition(";")[0] in (GRAPHQL_JSON, "application/json")
        assert "data" not in newer.body
        assert "data" not in older.body
        assert newer.body["errors"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Date", "2026-11-23T00:00:00Z"), ("Date", "20261123"), ("Date", "2026-W48-1"), ("Date", "2026-02-30"), ("Date", 20261123),
        ("DateTime", "2026-11-23"), ("DateTime", "2026-11-23T10:00:00"), ("DateTime", 1),
        ("Decimal", 1.5), ("Decimal", 1), ("Decimal", "NaN"),
        ("Decimal", "Infinity"), ("Decimal", "1e400000000000000000000000000000000"), ("Decimal", ""),
    ],
)  # fmt: skip
def test_scalars_refuse_what_would_have_to_be_guessed(kind: str, value: object) -> None:
    from graphql import GraphQLError

    from graph.scalars import parse_day, parse_decimal, parse_instant

    with pytest.raises(GraphQLError, match=f"a {kind} is"):
        {"Date": parse_day, "DateTime": parse_instant, "Decimal": parse_decimal}[kind](value)


async def test_a_fault_of_ours_is_masked_and_logged_without_what_was_asked(
    graph: Graph, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.history import reading

    async def broken(*_: object) -> None:
        raise RuntimeError("CH-SECRET in a message")

    monkeypatch.setattr(reading, "child_named", broken)
    answer = await graph.ask('query Leak { child(reference: "CH-SECRET") { reference } }')
    assert answer.code == "INTERNAL"
    fault_id = answer.body["errors"][0]["message"].split()[7]
    written = "".join(capsys.readouterr())
    assert fault_id in written
    assert "RuntimeError" in written
    assert "SECRET" not in written + json.dumps(answer.body)


async def test_a_database_that_is_away_is_told_as_try_again(graph: Graph) -> None:
    from services.kernel.errors import Unavailable

    async def away(*_: object, **__: object) -> None:
        raise Unavailable("the database does not answer: try again")

    graph.database.connection = away  # type: ignore[method-assign, assignment]
    answer = await graph.ask("{ viewer { name } }")
    assert answer.data
    graph.database.connection = _refusing  # type: ignore[method-assign, assignment]
    answer = await graph.ask('{ child(reference: "CH1") { reference } }')
    assert (answer.code, answer.body["data"]) == ("UNAVAILABLE", {"child": None})


class _refusing:  # noqa: N801 stands in for a method
    async def __aenter__(self) -> None:
        from services.kernel.errors import Unavailable

        raise Unavailable("the database does not answer: try again")

    async def __aexit__(self, *_: object) -> None: ...


async def test_health_tells_of_the_database_and_its_revision_and_of_the_queue(graph: Graph) -> None:
    assert (await graph.client.get("/health/live")).status_code == 200
    ready = await graph.client.get("/health/ready")
    told = {"ready": True, "database": True, "migrated": True, "queue": False, "oldestOwedNoticeSeconds": 0}
    assert (ready.status_code, ready.json()) == (200, told)
    async with graph.database.connection() as connection:
        await connection.execute("SET ROLE NONE")
        await connection.execute("UPDATE alembic_version SET version_num = '0000'")
    assert (await graph.client.get("/health/ready")).json()["migrated"] is False


async def _management(graph: Graph, clock: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=build_management_app(graph.resources, clock))
    return httpx.AsyncClient(transport=transport, base_url="http://management.test")


async def test_mail_that_waits_shows_in_readiness_and_metrics(graph: Graph, authority: Authority, now: datetime) -> None:
    async with graph.database.connection() as connection:
        await connection.execute(
            """INSERT INTO calendar_entry (uid, meeting_id, addressee_kind, addressee_code, owner_id, email, sequence, cancelled, starts_at,
                                           ends_at, view, vevent, changed_at)
               VALUES ('u', $1, 'IRO', 'IRO-01', $2, 'a@example.org', 0, false, $3::timestamptz,
                       $3::timestamptz + interval '1 hour', '{}', 'x', $3::timestamptz)""",
            authority.own_meeting, authority.officer, now,
        )  # fmt: skip
        await connection.execute(
            """INSERT INTO notice (id, uid, sequence, method, email, message_id, message, state, owed_at, next_attempt_at)
               VALUES (gen_random_uuid(), 'u', 0, 'REQUEST', 'a@example.org', '<u@x>', 'x', 'OWED', $1, $1)""",
            now - timedelta(minutes=7),
        )
    assert (await graph.client.get("/health/ready")).json()["oldestOwedNoticeSeconds"] == 420
    async with await _management(graph, graph.clock) as client:
        told = (await client.get("/metrics")).text
        assert "convene_notices_owed 1.0" in told
        assert "convene_oldest_owed_notice_seconds 420.0" in told
        graph.database.connection = _refusing  # type: ignore[method-assign, assignment]
        assert "convene_oldest_owed_notice_seconds NaN" in (await client.get("/metrics")).text


async def test_what_nobody_foresaw_is_one_line_for_the_client_and_no_words_in_the_log(
    graph: Graph, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("CH-SECRET in a message")

    monkeypatch.setattr("services.invitations.feed_store.feeds_of", broken)
    monkeypatch.setattr("graph.view.GraphView.run", broken)
    answers = [await _post(graph, "{}", Authorization=f"Bearer {graph.token(Role.MANAGER)}"), await graph.client.get("/calendars/x.ics")]
    written = "".join(capsys.readouterr())
    assert "RuntimeError" in written
    assert "SECRET" not in written
    for response in answers:
        assert response.status_code == 500
        (error,) = response.json()["errors"]
        assert error["message"].split()[7] in written
        assert "SECRET" not in response.text


async def test_the_schema_and_introspection_are_shown_only_where_they_may_be(database_url: str, now: datetime) -> None:
    async with graph_on(database_url, now) as shown, graph_on(database_url, now, introspection=False) as hidden:
        assert "type Query" in (await shown.client.get("/schema.graphql")).text
        assert (await hidden.client.get("/schema.graphql")).status_code == 404
        assert (await shown.ask("{ __schema { queryType { name } } }")).data
        assert "errors" in (await hidden.ask("{ __schema { queryType { name } } }")).body
        filtered = "query ($f: ObligationFilter) { obligations(filter: $f) { totalCount } }"
        for document, variables in (
            ("{ vewer { name } }", None),
            (filtered, {"f": {"kindz": []}}),
            (filtered, {"f": {"kinds": ["CARE_REVEW"]}}),
        ):
            assert "Did you mean" in str((await shown.ask(document, variables)).body)
            assert "Did you mean" not in str((await hidden.ask(document, variables)).body)
