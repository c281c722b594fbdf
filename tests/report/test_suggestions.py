"""Suggestions stand on added lines or nowhere."""

from __future__ import annotations

from bot.report.suggestions import suggestions

BEFORE = b"one\ntwo\nthree\nfour\n"


def found(after: bytes, *added: range) -> list[tuple[int, int, str]] | None:
    listed = suggestions("a", BEFORE, after, added)
    return None if listed is None else [(s.first, s.last, s.body) for s in listed]


def test_a_change_of_added_lines_replaces_them() -> None:
    assert found(b"one\n2\n3\nfour\n", range(2, 4)) == [(2, 3, "```suggestion\n2\n3\n```")]


def test_an_insertion_takes_an_added_neighbour_along() -> None:
    assert found(b"one\ntwo\nnew\nthree\nfour\n", range(2, 3)) == [(2, 2, "```suggestion\ntwo\nnew\n```")]
    assert found(b"one\ntwo\nnew\nthree\nfour\n", range(3, 4)) == [(3, 3, "```suggestion\nnew\nthree\n```")]
    assert found(b"new\none\ntwo\nthree\nfour\n", range(1, 2)) == [(1, 1, "```suggestion\nnew\none\n```")]


def test_one_change_outside_the_added_lines_takes_back_all() -> None:
    assert found(b"ONE\n2\nthree\nfour\n", range(2, 3)) is None
    assert found(b"one\ntwo\nthree\nfour\nfive\n", range(1, 3)) is None


def test_a_deletion_is_an_empty_suggestion() -> None:
    assert found(b"one\nthree\nfour\n", range(2, 3)) == [(2, 2, "```suggestion\n```")]


def test_backticks_cannot_end_the_block() -> None:
    ((_, _, body),) = found(b"one\n````\nthree\nfour\n", range(2, 3)) or []
    assert body == "`````suggestion\n````\n`````"


def test_bytes_that_are_no_text_are_not_suggested() -> None:
    assert found(b"one\n\xff\nthree\nfour\n", range(2, 3)) is None
