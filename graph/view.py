"""GraphQL over HTTP by the book: POST of one JSON document, answers in the media type that was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.unset import UNSET

from graph.admission import NotInPost, actor_of, refusal
from graph.context import Context
from graph.execution import GraphSchema
from graph.socket import SocketHandler
from graph.tokens import BadToken, read_token
from services.booking.watching import DiaryWatch
from services.caseload.watching import Watch
from services.kernel.errors import Unavailable
from services.platform.resources import Resources

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
_EVENTS = "text/event-stream"
_MOST_SUBSCRIPTIONS = 20
_SECONDS_TO_SHOW_A_TOKEN = 10


class _Sub(Response):
    """What strawberry hands from hook to hook of one request."""

    def __init__(self, media_type: str) -> None:
        super().__init__()
        self.status_code = 200
        self.answers_in = media_type
        del self.headers["content-length"]  # of a stream nobody knows it


class GraphView(GraphQL[Context, None]):
    """No queries by GET, no multipart, no batches, no page to type into."""

    graphql_transport_ws_handler_class = SocketHandler

    def __init__(self, schema: GraphSchema, resources: Resources, clock: Callable[[], datetime]) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=_SECONDS_TO_SHOW_A_TOKEN),
            max_subscriptions_per_connection=_MOST_SUBSCRIPTIONS,
        )
        self._resources = resources
        self._clock = clock
        self._watch = Watch()
        self._diary = DiaryWatch()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        answer = _unfit(request)
        if answer is None:
            try:
                answer = await self.run(request)
            except HTTPException as fault:
                answer = refusal(fault.status_code, fault.reason)
        await answer(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        state = request.scope["state"]
        return Context(
            resources=self._resources,
            clock=self._clock,
            request_id=state["request_id"],
            claims=state.get("claims"),
            actor_or_none=state.get("actor"),
            watch=self._watch,
            diary=self._diary,
        )

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        return _Sub(_media_type(request.headers) or JSON)

    async def on_ws_connect(self, context: Context) -> Any:
        """Takes the token of `connection_init`: `{"Authorization": "Bearer …"}` or `{"token": …}`."""
        shown = context.connection_params or {}
        header, token = shown.get("Authorization", shown.get("authorization")), shown.get("token")
        if isinstance(header, str) and header.lower().startswith("bearer "):
            token = header[len("bearer ") :].strip()
        if not isinstance(token, str):
            raise ConnectionRejectionError
        now = self._clock()
        try:
            context.claims = read_token(self._resources.config, token, now)
            context.actor_or_none = await actor_of(self._resources, context.claims, now)
        except (BadToken, NotInPost, Unavailable):
            raise ConnectionRejectionError from None
        return UNSET

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        data = self.parse_json(await request.get_body())
        if not isinstance(data, dict):
            raise HTTPException(400, "the body is one JSON object with a query: batches are not taken")
        if not isinstance(data.get("query"), str) or not data["query"].strip():
            raise HTTPException(400, "`query` must be a GraphQL document")
        _refuse_unless(data, "operationName", str, "a string")
        _refuse_unless(data, "variables", dict, "an object")
        _refuse_unless(data, "extensions", dict, "an object")
        transport = self._get_stream_transport_from_headers(request.headers)
        return GraphQLRequestData(
            query=data["query"],
            variables=data.get("variables"),
            operation_name=data.get("operationName"),
            extensions=data.get("extensions"),
            protocol=transport.protocol if transport else "http",
        )

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        answer: dict[str, Any] = {}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        if not _never_ran(result):
            answer["data"] = result.data
        return answer  # type: ignore[return-value]

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        assert isinstance(sub_response, _Sub)
        refused = "data" not in response_data
        # the older media type says 200 to every well-formed request, whatever became of it
        status = 400 if refused and sub_response.answers_in == GRAPHQL_JSON else 200
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Vary": "Accept"}
        return Response(
            orjson.dumps(response_data), status_code=status, media_type=f"{sub_response.answers_in}; charset=utf-8", headers=headers
        )

    def decode_json(self, data: str | bytes) -> object:
        """Strictly JSON in UTF-8; raises `JSONDecodeError` for every other, whatever its fault."""
        try:
            text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
            found = json.loads(text, parse_constant=_refuse_constant)
            if "\\u" in text:  # only an escape can make half of a surrogate pair, which no answer could repeat
                json.dumps(found, ensure_ascii=False).encode()
        except (RecursionError, ValueError):
            raise json.JSONDecodeError("no JSON that can be read", "", 0) from None
        return found

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()


def _refuse_constant(name: str) -> object:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's


def _refuse_unless(data: dict[str, Any], name: str, kind: type, what: str) -> None:
    if data.get(name) is not None and not isinstance(data[name], kind):
        raise HTTPException(400, f"`{name}` must be {what}, or left out")


def _never_ran(result: ExecutionResult) -> bool:
    """Whether the request failed before execution: parsing, limits, validation or variables."""
    if isinstance(result, PreExecutionError):
        return True
    about_the_request = [error.path is None and (error.extensions or {}).get("code") != "UNAVAILABLE" for error in result.errors or ()]
    return result.data is None and bool(about_the_request) and all(about_the_request)


def _unfit(request: Request) -> Response | None:
    """Why this request cannot be one of the graph's; None where it can."""
    if request.method != "POST":
        return refusal(405, "the graph is asked by POST", {"Allow": "POST"})
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != JSON or ("charset" in parameters.lower() and "utf-8" not in parameters.lower()):
        return refusal(415, f"a request is {JSON} in UTF-8")
    if _media_type(request.headers) is None:
        return refusal(406, f"answers are {GRAPHQL_JSON}, {JSON} or {_EVENTS}")
    return None


def _media_type(headers: Headers) -> str | None:
    """Ours that the client likes best; the older one where it does not say."""
    for each in sorted(headers.get("accept", "*/*").split(","), key=_dislike):
        name = each.partition(";")[0].strip().lower()
        if name in (JSON, GRAPHQL_JSON, _EVENTS):
            return name
        if name in ("*/*", "application/*", ""):
            return JSON
    return None


def _dislike(accepted: str) -> float:
    quality = accepted.partition("q=")[2].partition(";")[0].strip()
    try:
        return -float(quality or 1)
    except ValueError:
        return 0.0
