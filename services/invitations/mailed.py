"""What was mailed, as a mail system tells it: the Message-IDs of invitations in its log, and to whom they went.

Read are Postfix's and Exim's logs, where a queue identifier joins the lines of one mail, and every list with a Message-ID and one
address a line (a message trace as CSV). Whatever else a line holds is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

_OURS = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\.(\d{1,9})@([A-Za-z0-9.-]+)")
_QUEUE = re.compile(r"(?:\]: |^|\s)([0-9A-Za-z]{6,20}|[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4})(?:: | <= | => | -> )")
_ACCEPTED = re.compile(r"(?:\bto=<|\s[=-]> )([^\s<>,;\"]+@[^\s<>,;\"]+)")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """The newest that one addressee was mailed of one meeting; `recipient` None: the log does not tell to whom."""

    uid: str
    sequence: int
    recipient: str | None = None


def read_mailed(lines: Iterable[str], organiser: str) -> dict[str, Mailed]:
    """By UID what was mailed in the organiser's name. A mail that the log calls deferred or bounced counts like any other:
    it may have arrived.
    """
    domain, found, queued = organiser.rsplit("@", 1)[-1].lower(), dict[str, Mailed](), dict[str, str]()
    for line in lines:
        queue = _QUEUE.search(line)
        ours = _OURS.search(line)
        if ours is not None and ours[3].lower() == domain:
            mailed = Mailed(uid=ours[1], sequence=int(ours[2]), recipient=_only_address(line, organiser))
            found[mailed.uid] = _newest(found.get(mailed.uid), mailed)
            if queue is not None:
                queued[queue[1]] = mailed.uid
        elif queue is not None and queue[1] in queued and (accepted := _ACCEPTED.search(line)) is not None:
            uid = queued[queue[1]]
            found[uid] = replace(found[uid], recipient=accepted[1])
    return found


def _newest(known: Mailed | None, mailed: Mailed) -> Mailed:
    if known is None:
        return mailed
    return Mailed(uid=mailed.uid, sequence=max(known.sequence, mailed.sequence), recipient=mailed.recipient or known.recipient)


def _only_address(line: str, organiser: str) -> str | None:
    """The one address of a line that is neither a Message-ID nor the organiser's; None where there is none, or several."""
    addresses = {each for each in _ADDRESS.findall(_OURS.sub(" ", line)) if each.lower() != organiser.lower()}
    return addresses.pop() if len(addresses) == 1 else None
