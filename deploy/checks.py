"""What a linter cannot know: the tracked files that are made from others are up to date. Run by `make check`."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from services.platform.config import Config

ROOT = Path(__file__).resolve().parent.parent
_INDEX_HOST = re.compile(r"https?://|--(extra-)?index-url|--find-links", re.IGNORECASE)


def environment_example() -> str:
    """The text of `.env.example`: every setting with its default."""
    lines = ["# Every setting of Convene with its default. Copy to .env and change what you need.", ""]
    for name, field in Config.model_fields.items():
        default = field.default
        shown = "" if default is None else (str(int(default)) if isinstance(default, bool) else str(default))
        lines += [f"# {field.description}", f"#CONVENE_{name.upper()}={shown}", ""]
    return "\n".join(lines)


def lock_faults(lock: str, project: dict[str, object]) -> list[str]:
    """Why the lock file is not fit: a host named, a pin without a hash, a dependency that it does not hold."""
    faults = [f"requirements.lock names a place to fetch from: {line.strip()}" for line in lock.splitlines() if _INDEX_HOST.search(line)]
    pins = re.split(r"\n(?=[A-Za-z0-9])", lock)
    faults += [f"requirements.lock: no hash for {pin.split()[0]}" for pin in pins if "==" in pin and "--hash=sha256:" not in pin]
    locked = {_normal(pin.split("==")[0]) for pin in pins}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]  # type: ignore[misc, index]
    names = [_normal(re.split(r"[\[<>=;! ]", each)[0]) for each in wanted]
    return faults + [f"requirements.lock lacks {name}: run `make lock`" for name in names if name not in locked]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def faults() -> list[str]:
    """Every tracked file that is not what its source says."""
    from graph.schema import export

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = lock_faults((ROOT / "requirements.lock").read_text(), project)
    for path, wanted, how in (
        (ROOT / "graph" / "schema.graphql", export(), "convene schema > graph/schema.graphql"),
        (ROOT / ".env.example", environment_example(), "python -m deploy.checks --write"),
    ):
        if not path.exists() or path.read_text().strip() != wanted.strip():
            found.append(f"{path.relative_to(ROOT)} is out of date: {how}")
    return found


def main() -> int:
    """Prints each fault; 1 if there is one. With `--write`, writes `.env.example` first."""
    if "--write" in sys.argv:
        (ROOT / ".env.example").write_text(environment_example())
    found = faults()
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
