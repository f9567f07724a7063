"""What is wrong between what was owed and what a mail server took: read from the tables and the server's own log alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from services.platform.database import Connection
from tests.fire.oracle import Fault
from tests.support.smtp import Mail

Where = tuple[str, str]
"""The UID of an addressee, and one of the addresses at which that one has been told of the meeting."""

_LONGEST_LINE = 75
_LETTERS = """
SELECT about, email, message, state, entry_uid, entry_sequence, state = 'SUPERSEDED' AND EXISTS (
    SELECT FROM meeting m JOIN sitting s ON s.meeting_id = m.id JOIN calendar_entry e ON e.uid = letter.entry_uid
    WHERE m.id = letter.meeting_id AND m.state IN ('CONFIRMED', 'ADJOURNED') AND lower(s.during) = letter.sitting_starts_at
      AND NOT e.cancelled AND e.email = letter.email
      AND (letter.paper <> 'REMINDER' OR e.sequence = letter.entry_sequence) -- who was told of a change needs no reminder
      AND NOT EXISTS (SELECT FROM letter other WHERE other.meeting_id = m.id AND other.paper = letter.paper AND other.email = letter.email
                      AND other.sitting_starts_at = letter.sitting_starts_at AND other.state <> 'SUPERSEDED')
) AS untold
FROM letter WHERE message <> ''::bytea
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A mail as its reader sees it: `calendar` unfolded."""

    mail: Mail
    message: EmailMessage
    folded: str
    plain: str
    method: str

    @property
    def calendar(self) -> str:
        return self.folded.replace("\r\n ", "")

    def value(self, name: str) -> str:
        """Of the one property of that name; fails if there are several, or none."""
        (found,) = re.findall(rf"^{name}(?:;[^:\r]*)?:(.*)\r$", self.calendar, flags=re.MULTILINE)
        return str(found)

    @property
    def key(self) -> tuple[str, int]:
        return self.value("UID"), int(self.value("SEQUENCE"))

    @property
    def where(self) -> Where:
        return self.value("UID"), self.mail.recipient.lower()


def read(mail: Mail) -> Arrived:
    """What a program that knows nothing of Convene finds in the mail."""
    message = message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    plain, calendar = message.iter_parts()
    folded = calendar.get_payload(decode=True)
    assert isinstance(folded, bytes)
    method = calendar["Content-Type"].params["method"]
    return Arrived(mail=mail, message=message, folded=folded.decode(), plain=str(plain.get_content()), method=method)


def without_last(accepted: Sequence[Mail]) -> list[Mail]:
    """As if the last word at an address had never come: it may have come more than once, since an answer may be lost.

    It is one that must be heard there: a word of a meeting, or of the end of one that was told there.
    """
    told = [(read(mail), mail.content) for mail in accepted if is_invitation(mail)]
    last = next(
        content
        for place, (arrived, content) in reversed([*enumerate(told)])
        if not any(other.where == arrived.where for other, late in told[place:] if late != content)
        and (arrived.method == "REQUEST" or any(other.where == arrived.where for other, early in told[:place] if early != content))
    )
    return [mail for mail in accepted if mail.content != last]


def heard_again(accepted: Sequence[Mail]) -> bool:
    """Whether one addressee has had two different mails about one meeting."""
    words = {read(mail).key for mail in accepted if is_invitation(mail)}
    return len({uid for uid, _ in words}) < len(words)


def is_invitation(mail: Mail) -> bool:
    """As opposed to a letter, which is plain text."""
    return b"\r\nContent-Type: text/calendar;" in mail.content


async def find_mail_faults(owner: Connection, accepted: Sequence[Mail]) -> list[Fault]:
    """Whatever was owed and did not arrive, arrived and was not owed, arrived late or otherwise than it was owed."""
    rows = await owner.fetch("SELECT uid, sequence, method, email, message, state FROM notice ORDER BY uid, sequence")
    owed = {(row["uid"], row["sequence"]): row for row in rows}
    heard: dict[Where, list[int]] = defaultdict(list)
    faults = []
    for mail in filter(is_invitation, accepted):
        arrived = read(mail)
        key, where = arrived.key, arrived.where
        row = owed.get(key)
        if row is None:
            faults.append(Fault("ghost", f"{key}"))
        elif row["message"] != mail.content or row["email"] != mail.recipient:
            faults.append(Fault("other bytes", f"{key}"))
        if heard[where] and key[1] < max(heard[where]):
            faults.append(Fault("overtaken", f"{key}"))
        heard[where].append(key[1])
    entries = await owner.fetch("SELECT uid, sequence, cancelled, email FROM calendar_entry")
    dead = {uid for (uid, _), row in owed.items() if row["state"] == "REFUSED"}
    letters = await owner.fetch(_LETTERS)
    return [
        *faults,
        *_lost(rows, heard),
        *_untrue([each for each in entries if each["uid"] not in dead], heard),
        *_letter_faults(letters, [mail for mail in accepted if not is_invitation(mail)]),
        *_late_letters(letters, accepted),
    ]


def _late_letters(owed: Sequence[Any], accepted: Sequence[Mail]) -> list[Fault]:
    """Letters that came after a newer word of the invitation that they repeat."""
    repeats = {bytes(row["message"]): (row["entry_uid"], row["entry_sequence"]) for row in owed if row["entry_uid"] is not None}
    heard: dict[tuple[str, str], int] = {}
    faults = []
    for mail in accepted:
        if is_invitation(mail):
            uid, sequence = read(mail).key
            heard[uid, mail.recipient] = max(sequence, heard.get((uid, mail.recipient), sequence))
        elif mail.content in repeats:
            uid, sequence = repeats[mail.content]
            if heard.get((uid, mail.recipient), sequence) > sequence:
                faults.append(Fault("overtaken letter", f"{uid} {sequence}"))
    return faults


def _letter_faults(owed: Sequence[Any], accepted: Sequence[Mail]) -> list[Fault]:
    """Letters that did not arrive, or arrived otherwise than they were owed; one of a sitting that stands no more need not arrive."""
    known, came = {bytes(row["message"]): row for row in owed}, {mail.content for mail in accepted}
    strange = [
        Fault("ghost" if mail.content not in known else "other bytes", f"letter to {mail.recipient}")
        for mail in accepted
        if mail.content not in known or known[mail.content]["email"] != mail.recipient
    ]
    lost = [
        Fault("owed" if row["state"] == "OWED" else "lost", f"letter {row['about']} {row['state']}")
        for row in known.values()
        if row["state"] in ("OWED", "SENT") or row["untold"]
        if bytes(row["message"]) not in came
    ]
    return [*strange, *lost]


def _lost(owed: Sequence[Any], heard: Mapping[Where, Sequence[int]]) -> list[Fault]:
    """Neither accepted nor overtaken by something newer, at the same address, that was; where nobody ever heard of a meeting, no word of
    its end is needed."""
    last = {_where(row): row["method"] for row in owed}
    return [
        Fault("lost" if row["state"] != "OWED" else "owed", f"{row['uid']} {row['sequence']} {row['state']}")
        for row in owed
        if row["state"] != "REFUSED" and max(heard.get(_where(row), (-1,))) < row["sequence"]
        if _where(row) in heard or last[_where(row)] != "CANCEL"
    ]


def _where(row: Any) -> Where:
    return row["uid"], row["email"].lower()


def _untrue(entries: Sequence[Any], heard: Mapping[Where, Sequence[int]]) -> list[Fault]:
    """Addressees whose last mail is not what their calendar entry says."""
    return [
        Fault("untrue", str(entry["uid"]))
        for entry in entries
        if entry["email"] is not None
        and heard.get(_where(entry), [None])[-1] not in ({None} if entry["cancelled"] else set()) | {entry["sequence"]}
    ]


def find_ill_formed(accepted: Sequence[Mail], canaries: Sequence[str]) -> list[Fault]:
    """Mails that are not as RFC 5546 and 6047 want them, or tell what they must not."""
    letters = [mail for mail in accepted if not is_invitation(mail)]
    return [
        *(Fault(what, str(read(mail).key)) for mail in accepted if is_invitation(mail) for what in _ill_forms(read(mail), canaries)),
        *(Fault(what, f"letter to {mail.recipient}") for mail in letters for what in _ill_letter(mail, canaries)),
    ]


def _ill_letter(mail: Mail, canaries: Sequence[str]) -> list[str]:
    message = message_from_bytes(mail.content, policy=policy.default)
    told = f"{message.as_string()}\n{message.get_content()}".lower()
    right = {
        "organiser": message["From"] == mail.sender,
        "attendee": message["To"] == mail.recipient,
        "canary": not any(canary.lower() in told for canary in canaries),
    }
    return [what for what, holds in right.items() if not holds]


def _ill_forms(arrived: Arrived, canaries: Sequence[str]) -> list[str]:
    message, mail = arrived.message, arrived.mail
    uid, sequence = arrived.key
    told = f"{message.as_string()}\n{arrived.calendar}\n{arrived.plain}".lower()
    right = {
        "method": arrived.method == arrived.value("METHOD") == ("CANCEL" if arrived.value("STATUS") == "CANCELLED" else "REQUEST"),
        "organiser": arrived.value("ORGANIZER") == f"mailto:{message['From']}" == f"mailto:{mail.sender}",
        "attendee": arrived.value("ATTENDEE") == f"mailto:{message['To']}" == f"mailto:{mail.recipient}",
        "Message-ID": message["Message-ID"] == f"<{uid}.{sequence}@{mail.sender.partition('@')[2]}>",
        "line": max(len(line.encode()) for line in arrived.folded.split("\r\n")) <= _LONGEST_LINE,
        "stamp": f"{message['Date'].datetime:%Y%m%dT%H%M%SZ}" == arrived.value("DTSTAMP"),
        "plain": arrived.value("SUMMARY").removeprefix("Meeting ") in arrived.plain and arrived.value("LOCATION") in arrived.plain,
        "canary": not any(canary.lower() in told for canary in canaries),
    }
    return [what for what, holds in right.items() if not holds]
