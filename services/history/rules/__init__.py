"""What may be recorded: each refusal is an `InvalidInput` that names the graph's field, says what would be right and, where
there is one, whose rule it is. Pure: what the records say goes in as facts, the day and what is asked beside them."""

from services.history.rules.days import EARLIEST_NOTICE_OF_BIRTH

__all__ = ["EARLIEST_NOTICE_OF_BIRTH"]
