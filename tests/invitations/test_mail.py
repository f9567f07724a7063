"""The door to the mail server, and the sink that stands in for one."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.mail_sink import MailSink
from services.kernel.errors import Rejected
from services.platform.mail import MailDeferred, MailGateway, MailRefused, MailServerAway
from tests.support.smtp import ScriptedSmtp, nobody_listens, running

BODY = b"Subject: x\r\n\r\n.a line that begins with a dot\r\n..two\r\nend\r\n"


async def send(gateway: MailGateway, times: int = 1) -> None:
    async with gateway.session() as session:
        for _ in range(times):
            await session.send("unit@example.org", "iro01@example.org", BODY)


async def test_bytes_arrive_as_they_are_over_one_connection() -> None:
    async with running(ScriptedSmtp()) as server:
        await send(MailGateway(server.url), times=3)
    assert [mail.content for mail in server.accepted] == [BODY] * 3
    assert server.sessions == 1


async def test_a_refused_recipient_leaves_the_session_usable() -> None:
    script = ScriptedSmtp(on_rcpt=lambda to: "550 no" if to.startswith("gone") else "250 fine")
    async with running(script) as server, MailGateway(server.url).session() as session:
        with pytest.raises(MailRefused) as refused:
            await session.send("unit@example.org", "gone@example.org", BODY)
        await session.send("unit@example.org", "iro01@example.org", BODY)
    assert refused.value.code == "550"
    assert (len(server.accepted), server.sessions) == (1, 1)


async def test_a_stalled_server_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    time = loop.time
    async with running(ScriptedSmtp(hold=asyncio.Event())) as server:
        sending = asyncio.create_task(send(MailGateway(server.url, command_seconds=20)))
        await server.reached.wait()
        monkeypatch.setattr(loop, "time", lambda: time() + 20)  # which pass at once, and not before it stalls
        with pytest.raises(MailDeferred) as deferred:
            await sending
        assert server.hold is not None
        server.hold.set()
    assert deferred.value.code == "TIMEOUT"


async def test_no_server_is_told_apart_from_a_server_that_defers() -> None:
    with nobody_listens() as server, pytest.raises(MailServerAway, match="CONNECT"):
        await send(MailGateway(server.url))


def self_signed(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server with a certificate of its own for localhost, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begin = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "certificate.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(chain, secret)
    client = ssl.create_default_context(cafile=str(chain))
    return server, client


@pytest.mark.parametrize("password", ["s3cret/ü", "wrong"])
async def test_starttls_is_required_and_the_password_is_sent_inside_it(tmp_path: Path, password: str) -> None:
    context, trusting = self_signed(tmp_path)

    def check(server: object, session: object, envelope: object, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"unit@x", "s3cret/ü".encode()), handled=False)

    options = {"tls_context": context, "require_starttls": True, "authenticator": check, "auth_required": True}
    async with running(ScriptedSmtp(options=options)) as server:
        url = f"smtp+starttls://unit%40x:{'s3cret%2F%C3%BC' if password != 'wrong' else password}@localhost:{server.port}"
        with pytest.raises(MailServerAway, match="TLS"):
            await send(MailGateway(url))  # a certificate that the system does not trust
        if password == "wrong":
            with pytest.raises(MailServerAway, match="AUTH 535"):
                await send(MailGateway(url, tls_context=trusting))
        else:
            await send(MailGateway(url, tls_context=trusting))
    assert len(server.accepted) == (password != "wrong")


async def test_a_server_that_offers_no_tls_gets_nothing_over_starttls() -> None:
    async with running(ScriptedSmtp()) as server:
        with pytest.raises(MailServerAway):
            await send(MailGateway(f"smtp+starttls://127.0.0.1:{server.port}"))
    assert not server.accepted


def test_an_address_that_is_no_mail_server_is_refused_without_repeating_it() -> None:
    with pytest.raises(Rejected, match="smtp://host:25") as refused:
        MailGateway("http://user:hunter2@example.org")
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(vars(MailGateway("smtps://user:hunter2@example.org")))


async def test_the_sink_writes_each_message_under_names_that_sort(tmp_path: Path) -> None:
    sink = MailSink(tmp_path / "mail")
    sink.start()
    try:
        async with MailGateway(sink.url).session() as session:
            for number in range(12):
                await session.send("unit@example.org", "iro01@example.org", b"Subject: %d\r\n\r\n%s" % (number, BODY))
    finally:
        sink.stop()
    files = sorted((tmp_path / "mail").iterdir())
    assert [path.read_bytes() for path in files] == [b"Subject: %d\r\n\r\n%s" % (number, BODY) for number in range(12)]
    assert {path.suffix for path in files} == {".eml"}


async def test_the_sink_stops_under_an_open_session_and_starts_again_on_its_port(tmp_path: Path) -> None:
    sink = MailSink(tmp_path)
    sink.start()
    with socket.create_connection((sink.host, sink.port)) as client:
        assert client.recv(4) == b"220 "
        sink.stop()
        assert client.makefile("rb").read().count(b"\n") <= 1  # the rest of the greeting, then the end
    again = MailSink(tmp_path, port=sink.port)
    again.start()
    again.stop()


async def test_the_sink_says_so_when_its_folder_cannot_be_written(tmp_path: Path) -> None:
    sink = MailSink(tmp_path / "mail")
    sink.start()
    try:
        (tmp_path / "mail").rmdir()
        with pytest.raises(MailDeferred, match="452"):
            await send(MailGateway(sink.url))
    finally:
        sink.stop()


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    first = MailSink(tmp_path)
    first.start()
    try:
        with pytest.raises(Rejected, match=f"port {first.port}"):
            MailSink(tmp_path, port=first.port).start()
    finally:
        first.stop()


def test_the_sink_has_no_slots_since_its_library_reads_every_attribute_of_it(tmp_path: Path) -> None:
    """Python 3.11.2 leaves a slotted dataclass with a `__weakref__` that cannot be read, and each session would end at once."""
    assert not hasattr(MailSink, "__slots__")
    assert MailSink(folder=tmp_path).__dict__["folder"] == tmp_path
