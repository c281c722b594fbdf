"""Going through the words of a statement."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guards.model import Dialect
from migration_guards.sql.tokens import Word

_NOISE = frozenset(
    {"IF", "NOT", "EXISTS", "ONLY", "TABLE", "COLUMN", "CONCURRENTLY", "IGNORE", "LOW_PRIORITY", "QUICK"}
)


class Cursor:
    """A place among words; every question that takes something moves it on."""

    def __init__(self, found: list[Word], dialect: Dialect) -> None:
        self.words = found
        self.dialect = dialect
        self.at = 0

    @property
    def word(self) -> Word | None:
        return self.words[self.at] if self.at < len(self.words) else None

    @property
    def upper(self) -> str:
        return self.word.upper if self.word else ""

    def peek(self, ahead: int = 1) -> str:
        index = self.at + ahead
        return self.words[index].upper if index < len(self.words) else ""

    def next(self) -> Word | None:
        word = self.word
        self.at += 1
        return word

    def take(self, *keywords: str) -> bool:
        """Moves past these keywords, if they stand here one after the other."""
        if [self.peek(i) for i in range(len(keywords))] == list(keywords):
            self.at += len(keywords)
            return True
        return False

    def take_any(self, *keywords: str) -> str:
        """Moves past one of these keywords and gives it; empty when none stands here."""
        if self.upper in keywords:
            word = self.upper
            self.at += 1
            return word
        return ""

    def skip(self, *keywords: str) -> None:
        while self.upper in keywords:
            self.at += 1

    def name(self) -> str:
        """A name, qualified or not, as the server stores it."""
        parts = [self._part()]
        while (self.word and self.word.text == ".") or (
            self.word and self.word.text.startswith(".") and len(self.word.text) > 1
        ):
            self.at += 1
            parts.append(self._part())
        parts = [part for part in parts if part]
        if len(parts) > 1 and parts[0].lower() in ("public", "main", "dbo"):
            parts = parts[1:]
        return ".".join(parts)

    def _part(self) -> str:
        word = self.next()
        if word is None or word.text in ("(", ")", ",", ";"):
            return ""
        if word.text[:1] in ('"', "`", "[", "'"):
            return word.text[1:-1]
        return word.text.lower() if self.dialect is Dialect.POSTGRES else word.text

    def group(self) -> list[Word]:
        """The words between the parentheses that open here; nothing when none does."""
        if not self.word or self.word.text != "(":
            return []
        depth, start = 0, self.at + 1
        while self.word is not None:
            depth += (self.word.text == "(") - (self.word.text == ")")
            self.at += 1
            if depth == 0:
                break
        return self.words[start : self.at - 1]

    def until(self, *keywords: str) -> list[Word]:
        """The words up to one of these keywords outside parentheses, or to the end."""
        start, depth = self.at, 0
        while self.word is not None and not (depth == 0 and self.upper in keywords):
            depth += (self.word.text == "(") - (self.word.text == ")")
            self.at += 1
        return self.words[start : self.at]

    def inside(self, found: list[Word]) -> Cursor:
        return Cursor(found, self.dialect)


def parted(found: list[Word]) -> Iterator[list[Word]]:
    """The words between the commas outside parentheses."""
    part: list[Word] = []
    depth = 0
    for word in found:
        depth += (word.text == "(") - (word.text == ")")
        if word.text == "," and depth == 0:
            yield part
            part = []
        else:
            part.append(word)
    if part:
        yield part


def said(found: list[Word]) -> str:
    """Words as text: blanks between words, none around parentheses and commas."""
    text = ""
    for word in found:
        tight = not text or text.endswith(("(", ".")) or word.text in ("(", ")", ",", ".")
        text += word.text if tight else f" {word.text}"
    return text
