"""What a client may write: text that the database can keep and an answer can repeat."""

from __future__ import annotations

from typing import Any

from graphql import ASTValidationRule, GraphQLError, StringValueNode

_REFUSAL = "text holds no NUL character (U+0000): leave it out"


def is_text(value: str) -> bool:
    """Whether it is text in Unicode: no NUL, which PostgreSQL cannot keep, and no half of a surrogate pair."""
    try:
        return b"\x00" not in value.encode()
    except UnicodeEncodeError:
        return False


class TextRule(ASTValidationRule):
    """Validation: strings in the document itself are text."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if not is_text(node.value):
            self.report_error(GraphQLError(_REFUSAL, node))


def judge(variables: object) -> None:
    """Raises `GraphQLError` where a string in a JSON value is no text; without recursion, however deep it nests."""
    waiting = [variables]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and not is_text(value):
            raise GraphQLError(_REFUSAL)
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
