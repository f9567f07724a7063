"""Who may speak to the graph at all: judged from the headers, before a byte of the body is parsed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.limits import LARGEST_BODY
from graph.tokens import NEED_A_CODE, BadToken, Claims, read_token
from services.directory.reading import resource_of
from services.kernel.actor import Actor
from services.kernel.errors import Rejected, Unavailable
from services.platform.resources import Resources

_NOT_STORED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """One clear line, in the shape of a GraphQL answer."""
    body = orjson.dumps({"errors": [{"message": message}]})
    return Response(body, status_code=status, media_type="application/json; charset=utf-8", headers={**_NOT_STORED, **(headers or {})})


class NotInPost(Rejected):
    """The token is valid, but its bearer has left, or has not begun: the diary is not hers to see."""

    def __init__(self) -> None:
        super().__init__("the bearer of this token is not in post")


async def actor_of(resources: Resources, claims: Claims, now: datetime) -> Actor:
    """Who a valid token's bearer is: the officer, note-taker or police team is looked up anew each time.

    Raises `NotInPost` where there is no such person or team today.
    """
    resource_id = None
    if claims.code is not None:
        async with resources.database.connection() as connection:
            resource_id = await resource_of(connection, claims.role, claims.code, resources.today(now))
    if resource_id is None and claims.role in NEED_A_CODE:
        raise NotInPost
    return Actor(
        subject=claims.subject,
        role=claims.role,
        name=claims.name,
        code=claims.code,
        resource_id=resource_id,
        child_references=claims.children,
    )


class Admission:
    """Middleware of the graph's address: a valid bearer token, or 401; somebody in post, or 403; a body of a decent size, or 413.

    Handlers find `claims`, `actor` and `request_id` in the scope's state. A WebSocket brings its token later, in
    `connection_init`, since browsers send no header there: nothing is answered to it before that.
    """

    def __init__(self, app: ASGIApp, resources: Resources, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._resources = resources
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = uuid4().hex
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        answer = await admit(scope, self._resources, self._clock())
        if answer is None:
            body = await whole_body(scope, receive, LARGEST_BODY)
            if body is None:
                answer = too_large(LARGEST_BODY)
            else:
                await self._app(scope, _replay(body, receive), send)
                return
        await answer(scope, receive, send)


async def admit(scope: Scope, resources: Resources, now: datetime) -> Response | None:
    """Why the bearer of the request's token may not come in; None: he may, and `claims` and `actor` are in the scope's state."""
    state = scope.setdefault("state", {})
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    try:
        claims = read_token(resources.config, token.strip() if scheme.lower() == "bearer" else "", now)
        state["claims"], state["actor"] = claims, await actor_of(resources, claims, now)
    except BadToken as fault:
        challenge = 'Bearer realm="convene"' + (', error="invalid_token"' if token else "")
        return refusal(401, str(fault), {"WWW-Authenticate": challenge})
    except NotInPost as fault:
        return refusal(403, str(fault))
    except Unavailable as fault:
        return refusal(503, str(fault), {"Retry-After": "1"})
    return None


def too_large(most: int) -> Response:
    return refusal(413, f"a request has at most {most} bytes")


async def whole_body(scope: Scope, receive: Receive, most: int) -> bytes | None:
    """The body, None where it is too large: then no more of it is read than that shows."""
    length = Headers(scope=scope).get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
