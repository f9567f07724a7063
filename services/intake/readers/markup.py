"""XML as a stream: elements as they end, with their own values, and never a tree.

Entities, document types and external references are refused before anything is expanded (defusedxml). Text beside
child elements, as hand-edited files have it, is no value of anything and is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from services.kernel.errors import InvalidInput

CHUNK = 1 << 16
DEEPEST = 60
LONGEST_TEXT = 1000
_ALIASES = {"CHILDID": "CHILD", "PL": "PLACE"}


@dataclass(slots=True)
class Element:
    """One element that has ended. `leaves`: text of its childless children, by upper-case name; a repeated one: the last."""

    name: str
    path: str
    line: int
    leaves: dict[str, str] = field(default_factory=dict)
    inherited: dict[str, str] = field(default_factory=dict)
    stray: str | None = None
    text: str = ""
    seen: dict[str, int] = field(default_factory=dict)
    waiting: list[Element] = field(default_factory=list)
    data: Any = None


Ended = Callable[[Element, "list[Element]"], None]


class _Handler(ContentHandler):
    """Keeps the open elements and hands each one that ends, with those around it, to `ended`."""

    def __init__(self, parser: DefusedExpatParser, file_name: str, root: str, ended: Ended) -> None:
        super().__init__()
        self._parser, self._file_name, self._root, self._ended = parser, file_name, root, ended
        self._open: list[Element] = []

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802
        local = name.rsplit(":", 1)[-1]
        if not self._open:
            self._check_root(local)
            path = local
        else:
            if len(self._open) >= DEEPEST:
                raise InvalidInput(f"{self._file_name}, line {self._line}: elements are nested deeper than {DEEPEST}")
            parent = self._open[-1]
            number = parent.seen[local] = parent.seen.get(local, 0) + 1
            path = f"{parent.path}/{local}[{number}]" if len(self._open) > 1 else f"{local}[{number}]"
            _set_stray(parent)
        self._open.append(Element(name=local, path=path, line=self._line))

    def characters(self, content: str) -> None:
        if self._open and len(self._open[-1].text) < LONGEST_TEXT:
            self._open[-1].text += content

    def endElement(self, name: str) -> None:  # noqa: N802
        element = self._open.pop()
        if element.seen:
            _set_stray(element)
        elif self._open:
            key = element.name.upper()
            self._open[-1].leaves[_ALIASES.get(key, key)] = element.text.strip()
        self._ended(element, self._open)

    @property
    def _line(self) -> int:
        return int(self._parser.getLineNumber())

    def _check_root(self, name: str) -> None:
        if name.upper() != self._root.upper():
            raise InvalidInput(f"{self._file_name}: the root element is {name[:60]}; expected {self._root}")


def _set_stray(element: Element) -> None:
    text = element.text.strip()
    element.text = ""
    if text and element.stray is None:
        element.stray = text[:40]


def walk(stream: IO[bytes], file_name: str, root: str, ended: Ended) -> Iterator[None]:
    """Reads the file a chunk at a time and calls `ended` for each element; yields after each chunk.

    Raises `InvalidInput` for broken XML (line and column), another root, entities and document types.
    """
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(_Handler(parser, file_name, root, ended))
    try:
        start = stream.read(CHUNK)
        _check_start(start, file_name)
        while start:
            parser.feed(start)
            yield
            start = stream.read(CHUNK)
        parser.close()
        yield
    except SAXParseException as fault:
        where = f"line {fault.getLineNumber()}, column {(fault.getColumnNumber() or 0) + 1}"
        raise InvalidInput(f"{file_name}, {where}: broken XML ({fault.getMessage()}); nothing was read") from None
    except DefusedXmlException:
        raise InvalidInput(f"{file_name} declares a document type or entities: returns have none, so it is refused") from None
    except (LookupError, ValueError) as fault:  # an encoding that nobody knows
        raise InvalidInput(f"{file_name} cannot be read as XML: {fault}") from None


def _check_start(start: bytes, file_name: str) -> None:
    if not start.strip():
        raise InvalidInput(f"{file_name} is empty: an XML file is needed")
    if start.startswith((b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")):
        raise InvalidInput(f"{file_name} is a zip or spreadsheet file, not XML: unpack it first")


def records(
    stream: IO[bytes],
    file_name: str,
    root: str,
    is_record: Callable[[Element], bool],
    identity: Callable[[Element], Mapping[str, str]],
) -> Iterator[Element]:
    """Elements that are records, each with the identity of the elements around it, whichever order those come in.

    A record waits until an element around it states its child; one that nobody names comes last. So a file of any length
    needs the memory of one child.
    """
    ready: list[Element] = []

    def ended(element: Element, around: list[Element]) -> None:
        mine = identity(element)
        waiting = [*element.waiting, element] if is_record(element) else element.waiting
        for each in waiting:
            each.inherited = {**element.inherited, **mine, **each.inherited}
        if len(around) <= 1:
            ready.extend(waiting)
            return
        ready.extend(each for each in waiting if _is_named(each))
        around[-1].waiting += [each for each in waiting if not _is_named(each)]
        around[-1].inherited.update(mine or element.inherited)

    for _ in walk(stream, file_name, root, ended):
        yield from ready
        ready.clear()
    yield from ready


def _is_named(element: Element) -> bool:
    return "CHILD" in element.leaves or "CHILD" in element.inherited
