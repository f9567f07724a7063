"""What other people's programs make of a calendar: each answers the instants of every event, by UID, in UTC."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC
from pathlib import Path

import icalendar

from tests.readers.fetching import DEBIAN_PYTHON, ENVIRONMENT, NODE_FOLDER

Instants = dict[str, list[str]]
"""By UID begin and end, as 2027-03-28T01:00:00Z."""


def read_by_icalendar(content: bytes) -> Instants:
    calendar = icalendar.Calendar.from_ical(content)
    assert not [fault for part in calendar.walk() for fault in part.errors]
    found = {}
    for each in calendar.walk("VEVENT"):
        times = [each.decoded(name).astimezone(UTC) for name in ("DTSTART", "DTEND")]
        found[str(each["UID"])] = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in times]
    return found


_NODE_PROGRAM = """
const fs = require("fs");
const text = fs.readFileSync(0, "utf8");
const iso = (date) => date.toISOString().replace(".000Z", "Z");
const found = {};
"""
_ICAL_JS = (
    _NODE_PROGRAM
    + """
(async () => {
  const module = await import(require.resolve("ical.js"));
  const ICAL = module.default || module;
  const root = new ICAL.Component(ICAL.parse(text));
  for (const zone of root.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  for (const part of root.getAllSubcomponents("vevent")) {
    const event = new ICAL.Event(part);
    const utc = (time) => iso(new Date(time.toUnixTime() * 1000));
    found[event.uid] = [utc(event.startDate), utc(event.endDate)];
  }
  console.log(JSON.stringify(found));
})();
"""
)
_NODE_ICAL = (
    _NODE_PROGRAM
    + """
const data = require("node-ical").sync.parseICS(text);
for (const part of Object.values(data)) if (part.type === "VEVENT") found[part.uid] = [iso(part.start), iso(part.end)];
console.log(JSON.stringify(found));
"""
)
_LIBICAL = """
import json, sys
import gi
gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib as I
def faults(part):
    count = part.count_properties(I.PropertyKind.XLICERROR_PROPERTY)
    inner = part.get_first_component(I.ComponentKind.ANY_COMPONENT)
    while inner is not None:
        count += faults(inner)
        inner = part.get_next_component(I.ComponentKind.ANY_COMPONENT)
    return count
"""
_LIBICAL_INSTANTS = (
    _LIBICAL
    + """
root = I.Component.new_from_string(sys.stdin.read())
zone = I.Timezone.new()
zone.set_component(root.get_first_component(I.ComponentKind.VTIMEZONE_COMPONENT).clone())
found = {}
part = root.get_first_component(I.ComponentKind.VEVENT_COMPONENT)
def utc(time):
    if not time.is_utc():
        time.set_timezone(zone)
    return time.convert_to_zone(I.Timezone.get_utc_timezone()).as_ical_string()
iso = lambda text: f"{text[:4]}-{text[4:6]}-{text[6:11]}:{text[11:13]}:{text[13:15]}Z"
while part is not None:
    found[part.get_uid()] = [iso(utc(part.get_dtstart())), iso(utc(part.get_dtend()))]
    part = root.get_next_component(I.ComponentKind.VEVENT_COMPONENT)
print(json.dumps(found))
"""
)
_LIBICAL_RESTRICTIONS = (
    _LIBICAL
    + """
judged = []
for text in json.load(sys.stdin):
    root = I.Component.new_from_string(text)
    judged.append(root is not None and bool(I.restriction_check(root)) and faults(root) == 0)
print(json.dumps(judged))
"""
)


def run(command: Sequence[str | Path], content: bytes = b"", **more: str) -> str:
    """What a program prints, in a far time zone; fails with what it says of its own failure."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    environment |= {"TZ": "Pacific/Auckland", "NODE_PATH": str(NODE_FOLDER / "node_modules"), **more}
    done = subprocess.run(command, input=content, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout.decode()


def _read_by_node(program: str) -> Callable[[bytes], Instants]:
    def read(content: bytes) -> Instants:
        found: Instants = json.loads(run([shutil.which("node") or "node", "-e", program], content))
        return found

    return read


def read_by_libical(content: bytes) -> Instants:
    found: Instants = json.loads(run([DEBIAN_PYTHON, "-c", _LIBICAL_INSTANTS], content))
    return found


def kept_by_libical(calendars: Sequence[str]) -> list[bool]:
    """Of each whether libical reads it, and finds every restriction of its METHOD kept (RFC 5546)."""
    found: list[bool] = json.loads(run([DEBIAN_PYTHON, "-c", _LIBICAL_RESTRICTIONS], json.dumps(calendars).encode()))
    return found


_KHAL = """
[calendars]
[[one]]
path = {folder}/calendar
[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %H:%M:%S
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%dT%H:%M:%SZ
longdatetimeformat = %Y-%m-%dT%H:%M:%SZ
[sqlite]
path = {folder}/khal.db
[default]
default_calendar = one
"""


def read_by_khal(content: bytes) -> Instants:
    """It keeps an event a file: the calendar is taken apart at its events."""
    head, *events = content.partition(b"END:VCALENDAR")[0].split(b"BEGIN:VEVENT")
    with tempfile.TemporaryDirectory(prefix="convene-khal-") as folder:
        calendar = Path(folder, "calendar")
        calendar.mkdir()
        for number, event in enumerate(events):
            (calendar / f"{number}.ics").write_bytes(head + b"BEGIN:VEVENT" + event + b"END:VCALENDAR\r\n")
        Path(folder, "config").write_text(_KHAL.format(folder=folder))
        command: list[str | Path] = [ENVIRONMENT / "bin" / "khal", "-c", f"{folder}/config", "list", "--once", "--day-format", ""]
        form = "{uid} {start-long-full} {end-long-full}"
        listed = run([*command, "--format", form, "2026-09-01", "500d"], HOME=folder, XDG_DATA_HOME=folder)
    return {uid: times for uid, *times in map(str.split, listed.splitlines())}


READERS: dict[str, Callable[[bytes], Instants]] = {
    "icalendar": read_by_icalendar,
    "ical.js": _read_by_node(_ICAL_JS),
    "node-ical": _read_by_node(_NODE_ICAL),
    "libical": read_by_libical,
    "khal": read_by_khal,
}
