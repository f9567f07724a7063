"""Messages of a WebSocket, looked at before strawberry takes them: it trusts their shape."""

from __future__ import annotations

from typing import Any

from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from graph.context import Context

_LONGEST_NAME = 80
"""Of what strawberry may quote in the reason of a close, which has 123 bytes."""
_KINDS = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """Closes the connection with 4400 over a message that is none of graphql-transport-ws."""

    async def handle_message(self, message: Any) -> None:
        if _is_message(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("This is no message of graphql-transport-ws")


def _is_message(message: object) -> bool:
    if not (isinstance(message, dict) and isinstance(message.get("type"), str) and message["type"] in _KINDS):
        return False
    if message["type"] == "complete":
        return _is_name(message.get("id"))
    return message["type"] != "subscribe" or (_is_name(message.get("id")) and _is_operation(message.get("payload")))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_NAME


def _is_operation(payload: object) -> bool:
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and (payload.get("operationName") is None or _is_name(payload["operationName"]))
        and isinstance(payload.get("variables"), dict | None)
    )
