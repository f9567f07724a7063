"""`python -m tests.readers`: fetches the calendar programs of others that the tests ask. Exits with 1 if one cannot be had."""

from __future__ import annotations

import sys

from tests.readers.fetching import fetch


def main() -> int:
    """Says what could not be had: the tests that need it will be skipped, and say so."""
    lacking = fetch()
    for line in lacking:
        print(f"A CALENDAR PROGRAM IS NOT TO BE HAD, and its tests will be skipped: {line}", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
