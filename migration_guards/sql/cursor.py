"""Going through the words of a statement."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, takewhile

from migration_guards.model import Dialect
from migration_guards.sql.lexer import Kind, Word

_DEFAULT_SCHEMAS = ("public", "main", "dbo")
_MARKS = frozenset("(),;=.")


class Cursor:
    """A place among words. What takes something moves it on; past the end there is nothing, and no error."""

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

    @property
    def rest(self) -> list[Word]:
        return self.words[self.at :]

    @property
    def uppers(self) -> list[str]:
        """What is left as keywords."""
        return [word.upper for word in self.rest]

    def peek(self, ahead: int = 1) -> str:
        place = self.at + ahead
        return self.words[place].upper if place < len(self.words) else ""

    def next(self) -> Word | None:
        word = self.word
        self.at += 1
        return word

    def some(self, count: int) -> list[Word]:
        """The next words, moved past."""
        self.at += count
        return self.words[self.at - count : self.at]

    def take(self, *keywords: str) -> bool:
        """Moves past these keywords, if they stand here one after the other."""
        if all(self.peek(ahead) == keyword for ahead, keyword in enumerate(keywords)):
            self.at += len(keywords)
            return True
        return False

    def take_any(self, *keywords: str) -> str:
        """Moves past one of these keywords and gives it; empty when none stands here."""
        word = self.upper if self.upper in keywords else ""
        self.at += bool(word)
        return word

    def skip(self, *keywords: str) -> None:
        while self.upper in keywords:
            self.at += 1

    def name(self) -> str:
        """A name, qualified or not, as the server stores it; the default schema is left out."""
        parts = [self._part()]
        while self.upper == ".":
            self.at += 1
            parts.append(self._part())
        if len(parts) > 1 and parts[0].lower() in _DEFAULT_SCHEMAS:
            parts = parts[1:]
        return ".".join(part for part in parts if part)

    def _part(self) -> str:
        """One name; what stands against a template without a blank belongs to it."""
        text, end = "", -1
        while self.word is not None and self.word.text not in _MARKS:
            word = self.word
            if end >= 0 and not (word.start == end and Kind.TEMPLATE in (word.kind, self.words[self.at - 1].kind)):
                break
            folds = word.kind is Kind.CODE and self.dialect is Dialect.POSTGRES
            text += word.bare.lower() if folds else word.bare
            end = word.end
            self.at += 1
        return text

    def group(self) -> list[Word]:
        """The words between the parentheses that open here; nothing when none does."""
        if self.upper != "(":
            return []
        depth, start = 0, self.at + 1
        while self.word is not None:
            depth += (self.upper == "(") - (self.upper == ")")
            self.at += 1
            if depth == 0:
                break
        return self.words[start : self.at - 1]

    def until(self, *keywords: str) -> list[Word]:
        """The words up to one of these keywords outside parentheses, or to the end."""
        start, depth = self.at, 0
        while self.word is not None and not (depth == 0 and self.upper in keywords):
            depth += (self.upper == "(") - (self.upper == ")")
            self.at += 1
        return self.words[start : self.at]

    def inside(self, found: list[Word]) -> Cursor:
        return Cursor(found, self.dialect)


def parted(found: list[Word], at: str = ",") -> Iterator[list[Word]]:
    """The words between the commas, or another keyword, outside parentheses. Empty parts are left out."""
    part: list[Word] = []
    depth = 0
    for word in found:
        depth += (word.upper == "(") - (word.upper == ")")
        if depth == 0 and word.upper == at:
            if part:
                yield part
            part = []
        else:
            part.append(word)
    if part:
        yield part


def unwrapped(found: list[Word]) -> list[Word]:
    """The words without the parentheses around all of them."""
    depths = list(accumulate((word.upper == "(") - (word.upper == ")") for word in found))
    first = len(list(takewhile(lambda word: word.upper == "(", found)))
    last = len(list(takewhile(lambda word: word.upper == ")", reversed(found))))
    around = min(first, last, *depths[first : len(found) - last], len(found) // 2)
    return found[around : len(found) - around]


def said(found: list[Word]) -> str:
    """Words as text: one blank where there was any or a comment, and none where there was none."""
    text, end = "", -1
    for word in found:
        text += word.text if word.start == end or not text else f" {word.text}"
        end = word.end
    return text


def listed(found: list[Word], lower: bool = True) -> str:
    """Words as a type or an option is written: no blank at parentheses, commas, brackets and points."""
    text = ""
    for word in found:
        shown = word.bare if word.kind is Kind.NAME else word.text
        tight = text.endswith(("(", ",", "[", ".")) or word.text in ("(", ")", ",", "[", "]", ".", "[]")
        text += ("" if tight or not text else " ") + (shown.lower() if lower and word.kind is Kind.CODE else shown)
    return text
