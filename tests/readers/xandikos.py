"""Xandikos, a CalDAV server, with its own way of taking invitations from a mail: `xandikos import-imip`."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from tests.readers.fetching import PYTHON
from tests.readers.reading import run

_PROGRAM = """
import asyncio, base64, json, pathlib, sys, tempfile
from argparse import ArgumentParser
from icalendar import Calendar
from xandikos import import_imip
parser = ArgumentParser()
import_imip.add_parser(parser)
async def keep(mails):
    with tempfile.TemporaryDirectory(prefix="convene-xandikos-") as folder:
        for mail in mails:
            options = parser.parse_args(["--directory", folder, "--autocreate"])
            assert await import_imip.main(options, parser, base64.b64decode(mail)) == 0
        kept = {}
        for path in pathlib.Path(folder, "user", "calendars").rglob("*.ics"):
            for event in Calendar.from_ical(path.read_bytes()).walk("VEVENT"):
                assert str(event["UID"]) not in kept
                kept[str(event["UID"])] = [str(event["STATUS"]), event.decoded("DTSTART").isoformat(), str(event["LOCATION"])]
        return kept
async def main():
    print(json.dumps([await keep(mails) for mails in json.load(sys.stdin)]))
asyncio.run(main())
"""
Kept = dict[str, tuple[str, str, str]]
"""By UID what stands in the calendar in the end: status, begin and place."""


def keep_by_xandikos(boxes: Sequence[Sequence[bytes]]) -> list[Kept]:
    """What each of these people has in the calendar, after these mails have been taken one after another."""
    encoded = [[base64.b64encode(mail).decode() for mail in mails] for mails in boxes]
    told = json.loads(run([PYTHON, "-c", _PROGRAM], json.dumps(encoded).encode()))
    return [{uid: (status, begin, place) for uid, (status, begin, place) in kept.items()} for kept in told]
