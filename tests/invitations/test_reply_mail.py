"""What is read of an answer by mail, and that nothing a stranger can send makes reading fail."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invitations.reply_mail import LARGEST_MAIL, ReplyMail, read_reply
from services.kernel.window import TimeWindow
from services.kernel.words import ReplyAnswer, ReplyOutcome
from tests.invitations.replies import apple, calendar, google, mailed, outlook, reply

UID = "0f8fad5b-d9cb-469f-a165-70867728950e"
WHO = "iro-01@example.org"
NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
AT = NOW - timedelta(minutes=1)


def read(mail: bytes) -> ReplyMail:
    found = read_reply(mail, NOW)
    assert isinstance(found, ReplyMail), found
    return found


def plain(text: str, sender: str = WHO) -> ReplyMail | ReplyOutcome:
    return read_reply(mailed(text, sender), NOW)


# ------------------------------------------------------------------------------------------------- read


@pytest.mark.parametrize("client", [outlook, google, apple, reply])
@pytest.mark.parametrize("answer", list(ReplyAnswer))
def test_every_answer_of_every_client_is_read(client: Callable[..., bytes], answer: ReplyAnswer) -> None:
    found = read(client(UID, WHO, AT, sequence=3, answer=answer.value))
    assert found == ReplyMail(uid=UID, sequence=3, attendee=WHO, answer=answer, counters=False, proposed=None, stamped_at=AT)


@pytest.mark.parametrize("answer", ["DECLINED", "TENTATIVE"])
def test_another_time_is_read_by_the_clock_of_its_zone_as_windows_names_it(answer: str) -> None:
    found = read(outlook(UID, WHO, AT, answer=answer, proposed=datetime(2026, 9, 16, 14, 0)))  # noqa: DTZ001 on a wall in England
    begins = datetime(2026, 9, 16, 13, 0, tzinfo=UTC)
    assert (found.answer, found.counters) == (ReplyAnswer(answer), True)
    assert found.proposed == TimeWindow(begins, begins + timedelta(hours=2))


@pytest.mark.parametrize(
    ("starts", "ends", "begins"),
    [
        ("DTSTART:20260916T140000", "DTEND:20260916T160000", 13),
        ("DTSTART:20260916T140000Z", "DTEND:20260916T160000Z", 14),
        ("DTSTART:20260916T140000Z", "DURATION:PT2H", 14),
        ("DTSTART;TZID=Europe/Paris:20260916T140000", "DTEND;TZID=Europe/Paris:20260916T160000", 12),
        ('DTSTART;TZID="W. Europe Standard Time":20260916T140000', "DURATION:PT2H", 12),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/London:20260916T140000", "DURATION:PT2H", 13),
    ],
)
def test_another_time_is_read_in_every_form_that_a_calendar_has_for_it(starts: str, ends: str, begins: int) -> None:
    found = plain(calendar(UID, WHO, AT, answer=None, method="COUNTER", extra=f"{starts}\n{ends}\n"))
    assert isinstance(found, ReplyMail)
    assert found.answer is ReplyAnswer.TENTATIVE
    assert found.proposed == TimeWindow(datetime(2026, 9, 16, begins, tzinfo=UTC), datetime(2026, 9, 16, begins + 2, tzinfo=UTC))


@pytest.mark.parametrize(
    "extra",
    [
        "",
        "DTSTART:20260916T140000Z\n",
        "DTSTART;VALUE=DATE:20260916\nDTEND;VALUE=DATE:20260917\n",
        "DTSTART;TZID=Customized Time Zone:20260916T140000\nDTEND:20260916T160000Z\n",
        "DTSTART;TZID=../../etc/passwd:20260916T140000\nDURATION:PT2H\n",
        "DTSTART:20260916T140000Z\nDTEND:20260916T130000Z\n",
        "DTSTART:00010101T000000\nDTEND;TZID=Asia/Tokyo:00010101T010000\n",
        "DTSTART:20260916T140000Z\nDURATION:P99999999999D\n",
        "DTSTART:noon\nDTEND:later\n",
    ],
)
def test_a_time_that_cannot_be_read_is_still_asked_for(extra: str) -> None:
    found = plain(calendar(UID, WHO, AT, method="COUNTER", answer="DECLINED", extra=extra))
    assert isinstance(found, ReplyMail)
    assert (found.answer, found.counters, found.proposed) == (ReplyAnswer.DECLINED, True, None)


def test_a_plain_reply_asks_for_no_other_time_whatever_time_it_repeats() -> None:
    found = plain(calendar(UID, WHO, AT, extra="DTSTART:20260916T140000Z\nDTEND:20260916T160000Z\n"))
    assert isinstance(found, ReplyMail)
    assert (found.counters, found.proposed) == (False, None)


_OTHERS = (
    "ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE;ROLE=CHAIR;CUTYPE=INDIVIDUAL:mailto:conferences@unit.example.org\n"
    "ATTENDEE;CUTYPE=ROOM;PARTSTAT=DECLINED:urn:uuid:5f0c1b5e-8a3d-4f0e-9b7a-2d6c41e8f3a7\n"
    "ATTENDEE;PARTSTAT=DECLINED:mailto:b@example.org\n"
)


@pytest.mark.parametrize(
    ("method", "stated", "answer"),
    [
        ("REPLY", "ACCEPTED", "ACCEPTED"),
        ("COUNTER", "NEEDS-ACTION", "TENTATIVE"),
        ("COUNTER", "ACCEPTED", "ACCEPTED"),
        ("COUNTER", None, "TENTATIVE"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_of_all_whom_an_answer_repeats_the_sender_alone_is_heard(method: str, stated: str | None, answer: str, first: bool) -> None:
    text = calendar(UID, WHO, AT, method=method, answer=stated)
    mark = "END:VEVENT" if first else "ATTENDEE"
    found = plain(text.replace(mark, f"{_OTHERS}{mark}", 1).replace("ATTENDEE", "attendee"))
    assert isinstance(found, ReplyMail)
    assert (found.attendee, found.answer, found.counters) == (WHO, ReplyAnswer(answer), method == "COUNTER")


def test_an_answer_that_names_its_sender_twice_alike_is_one() -> None:
    found = plain(calendar(UID, WHO, AT, extra=f"ATTENDEE;PARTSTAT=accepted;CN=An Officer:MAILTO:{WHO.upper()}\n"))
    assert isinstance(found, ReplyMail)
    assert found.answer is ReplyAnswer.ACCEPTED


@pytest.mark.parametrize("method", ["REPLY", "COUNTER"])
def test_whoever_repeats_all_that_are_asked_without_being_one_of_them_is_a_forger(method: str) -> None:
    text = calendar(UID, WHO, AT, method=method, extra=_OTHERS)
    assert plain(text, "mallory@example.org") is ReplyOutcome.FORGED


def test_a_missing_sequence_is_the_first() -> None:
    assert read(reply(UID, WHO, AT, sequence=None)).sequence == 0


def test_a_stamp_without_a_zone_is_utc_and_none_is_later_than_now() -> None:
    naive = calendar(UID, WHO, AT).replace(f"DTSTAMP:{AT:%Y%m%dT%H%M%SZ}", f"DTSTAMP:{AT:%Y%m%dT%H%M%S}")
    assert read(mailed(naive, WHO)).stamped_at == AT
    assert read(reply(UID, WHO, NOW + timedelta(days=400))).stamped_at == NOW


@pytest.mark.parametrize(
    "sender", [WHO.upper(), f"<{WHO}>", f'"Officer, An (IRO)" <{WHO}>', f"=?utf-8?q?K=C3=A4the?= <{WHO}>", f"An (IRO) <{WHO}>"]
)
def test_the_sender_is_the_attendee_however_the_name_is_written(sender: str) -> None:
    assert read(reply(UID, WHO, AT, sender=sender)).attendee == WHO


def test_a_method_in_small_letters_counts() -> None:
    assert isinstance(plain(calendar(UID, WHO, AT, method="reply").replace("VEVENT", "vevent")), ReplyMail)


@pytest.mark.parametrize("kinds", [("text/calendar", "application/ics"), ("application/ics", "text/calendar")])
def test_what_the_mail_says_counts_and_not_the_file_that_is_attached_to_it(kinds: tuple[str, str]) -> None:
    said = {"text/calendar": "DECLINED", "application/ics": "ACCEPTED"}
    parts = "".join(f"--b\nContent-Type: {kind}\n\n{calendar(UID, WHO, AT, answer=said[kind])}\n" for kind in kinds)
    assert read(mailed(f"{parts}--b--\n", WHO, kind='multipart/mixed; boundary="b"')).answer is ReplyAnswer.DECLINED


# ---------------------------------------------------------------------------------------------- ignored


@pytest.mark.parametrize(
    "sender",
    [
        "mallory@example.org",
        f"{WHO}, mallory@example.org",
        f'"{WHO}" <mallory@example.org>',
        f"{WHO} <mallory@example.org>",
        f"Team: {WHO};",
        f"<{WHO}> <mallory@example.org>",
        f"{WHO}\nFrom: mallory@example.org",
        f"mallory@example.org\nFrom: {WHO}",
        "",
        "x" * 2_000 + f" <{WHO}>",
    ],
)
def test_whoever_writes_in_anothers_name_is_a_forger(sender: str) -> None:
    assert read_reply(reply(UID, WHO, AT, sender=sender or " "), NOW) is ReplyOutcome.FORGED


def test_a_deputy_whom_the_mail_itself_names_is_no_deputy() -> None:
    text = calendar(UID, WHO, AT).replace("ATTENDEE;", 'ATTENDEE;SENT-BY="mailto:mallory@example.org";')
    assert plain(text, "mallory@example.org") is ReplyOutcome.FORGED


def _with(old: str, new: str) -> str:
    text = calendar(UID, WHO, AT)
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (_with("METHOD:REPLY", "METHOD:REQUEST"), ReplyOutcome.NO_REPLY),
        (_with("METHOD:REPLY\n", ""), ReplyOutcome.NO_REPLY),
        (_with("METHOD:REPLY", "METHOD:REPLY\nMETHOD:COUNTER"), ReplyOutcome.NO_REPLY),
        (_with("METHOD:REPLY\nBEGIN:VEVENT", "BEGIN:VEVENT\nMETHOD:REPLY"), ReplyOutcome.NO_REPLY),
        (calendar(UID, WHO, AT) * 2, ReplyOutcome.NO_REPLY),
        (_with("ACCEPTED", "DELEGATED"), ReplyOutcome.NO_ANSWER),
        (_with("ACCEPTED", "ACCEPTED,DECLINED"), ReplyOutcome.NO_ANSWER),
        (calendar(UID, WHO, AT, answer=None), ReplyOutcome.NO_ANSWER),
        (_with("END:VEVENT", "END:VEVENT\nBEGIN:VEVENT\nUID:x\nEND:VEVENT"), ReplyOutcome.MALFORMED),
        (_with("END:VEVENT", "END:VEVENT\nBEGIN:VEVENT\nSUMMARY:another\nEND:VEVENT"), ReplyOutcome.MALFORMED),
        (_with("END:VEVENT\n", ""), ReplyOutcome.MALFORMED),
        (_with("END:VCALENDAR\n", ""), ReplyOutcome.MALFORMED),
        (_with("VEVENT", "VTODO"), ReplyOutcome.MALFORMED),
        (calendar(UID, WHO, AT, extra="RECURRENCE-ID:20260915T083000Z\n"), ReplyOutcome.MALFORMED),
        (calendar(UID, WHO, AT, extra=f"ATTENDEE;PARTSTAT=DECLINED:mailto:{WHO}\n"), ReplyOutcome.MALFORMED),
        (calendar(UID, WHO, AT, extra=f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{WHO}\n"), ReplyOutcome.MALFORMED),
        (_with("ATTENDEE;", "X-ATTENDEE;"), ReplyOutcome.MALFORMED),
        (calendar(UID, WHO, AT, extra="UID:another\n"), ReplyOutcome.MALFORMED),
        (calendar(UID, WHO, AT, extra="SEQUENCE:1\n"), ReplyOutcome.MALFORMED),
        (_with("SEQUENCE:0", "SEQUENCE:-1"), ReplyOutcome.MALFORMED),
        (_with("SEQUENCE:0", "SEQUENCE:99999999999"), ReplyOutcome.MALFORMED),
        (_with("SEQUENCE:0", "SEQUENCE:\u0661"), ReplyOutcome.MALFORMED),
        (_with(f"UID:{UID}", "UID:"), ReplyOutcome.MALFORMED),
        (_with(f"UID:{UID}", f"UID:{UID}\x00"), ReplyOutcome.MALFORMED),
        (_with(f"UID:{UID}", f"UID:{'x' * 300}"), ReplyOutcome.MALFORMED),
        (_with("DTSTAMP:", "X-DTSTAMP:"), ReplyOutcome.MALFORMED),
        (_with("DTSTAMP:2026", "DTSTAMP:20261301T"), ReplyOutcome.MALFORMED),
        (_with(f"DTSTAMP:{AT:%Y%m%dT%H%M%SZ}", "DTSTAMP:20260901"), ReplyOutcome.MALFORMED),
        (_with("mailto:", "https:"), ReplyOutcome.MALFORMED),
        (_with("END:VEVENT", f"DESCRIPTION:{'x' * 100_000}\nEND:VEVENT"), ReplyOutcome.TOO_LARGE),
    ],
)  # fmt: skip
def test_what_answers_nothing_or_more_than_one_thing_is_ignored(text: str, outcome: ReplyOutcome) -> None:
    assert plain(text) is outcome


def test_ordinary_mail_and_mail_in_which_another_is_attached_is_no_reply() -> None:
    assert read_reply(b"From: a@example.org\r\nSubject: out of office\r\n\r\nBack on Monday.\r\n", NOW) is ReplyOutcome.NO_REPLY
    assert read_reply(b"", NOW) is ReplyOutcome.NO_REPLY
    inner = reply(UID, WHO, AT)
    attached = (
        b"From: " + WHO.encode() + b'\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n'
    )
    assert read_reply(attached + inner + b"\r\n--b--\r\n", NOW) is ReplyOutcome.NO_REPLY


def test_a_header_or_a_number_of_lines_that_no_reply_has_is_not_read() -> None:
    text = calendar(UID, WHO, AT)
    for length, read_at_all in ((7_000, True), (9_000, False)):
        kind = f'text/calendar; method=REPLY; x="{"x" * length}"'
        assert (read_reply(mailed(text, WHO, kind=kind), NOW) is not ReplyOutcome.NO_REPLY) is read_at_all
    for lines, outcome in ((20_000, ReplyMail), (26_000, ReplyOutcome)):  # two ends each
        assert isinstance(read_reply(mailed(f"{text}{chr(10) * lines}", WHO), NOW), outcome)


@pytest.mark.parametrize("charset", ["utf-16", "punycode", "idna", "rot13", "no-such", "x" * 500])
def test_a_charset_that_no_client_writes_is_not_tried(charset: str) -> None:
    kind = f"text/calendar; method=REPLY; charset={charset}"
    assert read_reply(mailed(calendar(UID, WHO, AT), WHO, kind=kind), NOW) is ReplyOutcome.MALFORMED


def test_a_mail_is_read_up_to_its_bound_and_not_a_byte_beyond() -> None:
    mail = reply(UID, WHO, AT)
    padding = b"X-Padding: y\r\n"
    lines, rest = divmod(LARGEST_MAIL - len(mail), 1000)
    filled = (padding[:-2] + b"x" * (1000 - len(padding)) + b"\r\n") * lines + mail
    filled = filled.replace(b"Subject: Re", b"Subject: Re" + b"x" * (LARGEST_MAIL - len(filled)))
    assert (len(filled), rest < 1000) == (LARGEST_MAIL, True)
    assert read(filled).uid == UID
    assert read_reply(filled + b" ", NOW) is ReplyOutcome.TOO_LARGE


_HEAD = f"From: {WHO}\nContent-Type: text/calendar\n\n".encode()
_EVENT = b"BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\n"


@pytest.mark.parametrize(
    "mail",
    [
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (each, each) for each in range(15_000)),
        b"".join(b"Content-Type: message/rfc822\n\n" for _ in range(30_000)),
        b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\n" * 9_000,
        b"Content-Type: text/calendar" + b';"' * 450_000 + b"\n\n" + _EVENT,
        b"From:" + b" " * 900_000 + b"x\n",
        _HEAD + b"BEGIN:V\n" * 12_000,
        _HEAD + _EVENT + b"ATTENDEE" + b";X=y" * 24_000 + b":mailto:a@b\n",
        _HEAD + _EVENT + b'ATTENDEE;X="' + b"\\" * 50_000,
        _HEAD + _EVENT + b"ATTENDEE" + b"\n " * 20_000,
        _HEAD + b"x" * 90_000,
        _HEAD + bytes(range(256)) * 100,
        b"\xff\xfe" * 100_000,
        b"\n" * 900_000,
        b"\r" * 900_000,
    ],
    ids=range(14),
)
def test_what_is_made_to_break_a_parser_is_ignored(mail: bytes) -> None:
    assert read_reply(mail, NOW) in (ReplyOutcome.MALFORMED, ReplyOutcome.NO_REPLY, ReplyOutcome.NO_ANSWER)


@given(st.binary(max_size=2_000))
def test_no_bytes_make_reading_fail(mail: bytes) -> None:
    assert isinstance(read_reply(mail, NOW), ReplyOutcome)
    read_reply(_HEAD + _EVENT + mail, NOW)


@given(st.sampled_from([outlook, google, apple, reply]), st.randoms(use_true_random=False), st.integers(1, 12))
def test_no_damage_to_a_real_reply_makes_reading_fail(client: Callable[..., bytes], chance: random.Random, damages: int) -> None:
    mail = bytearray(client(UID, WHO, AT))
    for _ in range(damages):
        at = chance.randrange(len(mail))
        mail[at : at + chance.randrange(3)] = chance.choice(
            [b"", b"\r\n", b"\x00", b";", b":", b'"', b"\xff", b"\\", b"BEGIN:VEVENT\r\n", b"%"]
        )
    found = read_reply(bytes(mail), NOW)
    assert isinstance(found, ReplyOutcome) or found.stamped_at <= NOW
