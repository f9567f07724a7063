"""Where a mail system hands over what comes to the organiser's address: one raw mail a request, answered by what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from prometheus_client import Counter
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from graph.admission import admit, refusal, too_large, whole_body
from services.invitations.replies import take_reply
from services.invitations.reply_mail import LARGEST_MAIL
from services.kernel.errors import Forbidden, Unavailable
from services.kernel.permission import Act, require
from services.kernel.words import ReplyOutcome
from services.platform.resources import Resources

REPLIES = Counter("convene_replies_total", "Mails handed over at /replies, by what became of them.", ["outcome"])
_MEDIA_TYPE = "message/rfc822"
_NOT_STORED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Replies:
    """`POST` of a raw mail: 200 with its outcome, also for one that is ignored, since sending it again would change nothing.

    Judged from the headers first: no valid token 401, no right 403, no mail 415; then too large 413. 503: send it again.
    """

    def __init__(self, resources: Resources, clock: Callable[[], datetime]) -> None:
        self._resources = resources
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["request_id"] = uuid4().hex
        answer = await self._judge(scope) or await self._take(scope, receive)
        await answer(scope, receive, send)

    async def _judge(self, scope: Scope) -> Response | None:
        refused = await admit(scope, self._resources, self._clock())
        if refused is not None:
            return refused
        try:
            require(scope["state"]["actor"], Act.DELIVER_REPLIES)
        except Forbidden as fault:
            return refusal(403, str(fault))
        kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
        return None if kind == _MEDIA_TYPE else refusal(415, f"a mail comes as {_MEDIA_TYPE}", {"Accept": _MEDIA_TYPE})

    async def _take(self, scope: Scope, receive: Receive) -> Response:
        mail = await whole_body(scope, receive, LARGEST_MAIL)
        if mail is None:
            REPLIES.labels(ReplyOutcome.TOO_LARGE.value).inc()
            return too_large(LARGEST_MAIL)
        try:
            outcome = await take_reply(self._resources, scope["state"]["actor"], mail, self._clock())
        except Unavailable as fault:
            return refusal(503, str(fault), {"Retry-After": "1"})
        REPLIES.labels(outcome.value).inc()
        return JSONResponse({"outcome": outcome.value}, headers=_NOT_STORED)
