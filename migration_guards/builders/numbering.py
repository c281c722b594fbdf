"""Numbers and time stamps in the names of migrations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import PurePosixPath

_NUMBER = re.compile(r"^[A-Za-z]?(\d+)")
_STAMP = "%Y%m%d%H%M%S"


def order_of(name: str) -> tuple[int | str, ...]:
    """A name's place among its siblings: by number, then by name."""
    number = _NUMBER.match(name)
    return (int(number[1]), name) if number else (name,)


def following(files: Iterable[str], history: str) -> str | None:
    """The number after the newest of a folder, as wide as that one; a time stamp a second later. None without any."""
    home = "" if history in ("", ".") else f"{history}/"
    names = {PurePosixPath(path.removeprefix(home)).parts[0] for path in files if path.startswith(home)}
    numbers = [match[1] for name in names if (match := _NUMBER.match(name))]
    return after(max(numbers, key=int)) if numbers else None


def after(number: str) -> str:
    """The number or time stamp that comes next."""
    if len(number) == len("20240101000000"):
        try:
            return (datetime.strptime(number, _STAMP) + timedelta(seconds=1)).strftime(_STAMP)
        except (ValueError, OverflowError):
            pass
    return str(int(number) + 1).zfill(len(number))


def plain(slug: str) -> str:
    """A slug fit for a file's name: it may hold whatever a constraint is called."""
    return re.sub(r"\W+", "_", slug, flags=re.ASCII)


def deed(slug: str) -> str:
    """What a new migration is called: the verb of `validate_orders_user_fk`.

    Files that are named by the history and the verb alone clash when two fixes add one each, so that the second waits
    for the first to be committed, and no number is given twice.
    """
    return plain(slug).partition("_")[0]
