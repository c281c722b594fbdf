"""What the languages' own functions and methods give for values that are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rules.facts.endpoints.machine.values import (
    NOTHING,
    Arguments,
    Attribute,
    Closure,
    Keyed,
    Known,
    Listed,
    Made,
    Place,
    Regex,
    Value,
    join,
    name_of,
    text_of,
)
from rules.facts.endpoints.path_patterns import MAX_LENGTH, safe

if TYPE_CHECKING:
    from rules.facts.endpoints.machine.calls import Machine

SAME = {
    name: 0
    for name in (
        "functools.cache", "functools.lru_cache", "functools.lru_cache()", "functools.wraps()", "staticmethod",
        "classmethod", "property", "contextlib.contextmanager", "contextlib.asynccontextmanager", "asyncio.run", "list",
        "tuple", "set", "sorted", "reversed", "react.cache", "util.promisify", "Object.freeze", "Object.seal",
        "Promise.resolve", "Promise.all", "Array.from", "structuredClone", "str", "String", "typing.final",
        "bool", "Boolean",
        "@nestjs/common.mixin", "@nestjs/common/decorators.mixin",
    )
} | {"typing.cast": 1, "cast": 1}  # fmt: skip
"""Functions that give back one of their arguments, as far as this matters here."""


def answer(machine: Machine, callee: Value, arguments: Arguments, place: Place) -> Value | None:
    """The result of a call of something built in, or None when it has to be asked for outside."""
    if isinstance(callee, Attribute):
        found = _method(machine, callee, arguments, place)
        if found is not None:
            return found
    name = name_of(callee)
    if name in SAME and (same := arguments.get(SAME[name])) is not None:
        if name == "functools.wraps()" and isinstance(callee, Made) and isinstance(same, Closure):
            same.attributes["__wrapped__"] = callee.arguments.get(0) or NOTHING
        return same
    if isinstance(callee, Made) and name_of(callee.callee) == "functools.partial" and callee.arguments.positional:
        first, *rest = callee.arguments.positional
        named = {**callee.arguments.named, **arguments.named}
        return machine.call(first, Arguments((*rest, *arguments.positional), named, arguments.more), place)
    function: Callable[[Machine, Arguments], Value | None] | None = globals().get(f"_call_{name.replace('.', '_')}")
    return function(machine, arguments) if function is not None else None


def _method(machine: Machine, callee: Attribute, arguments: Arguments, place: Place) -> Value | None:
    of, name = callee.of, callee.name
    if name == "then" and isinstance(arguments.get(0), Closure):
        return machine.call(arguments.positional[0], Arguments((of,)), place)
    if isinstance(of, Listed):
        return _list_method(machine, of, name, arguments, place)
    if isinstance(of, Keyed):
        return _record_method(machine, of, name, arguments)
    if isinstance(of, Closure):
        return _function_method(machine, of, name, arguments, place)
    if isinstance(of, Regex):
        return _search(of, text_of(arguments.get(0))) if name in ("test", "exec") else None
    if name in ("match", "search") and isinstance(pattern := arguments.get(0), Regex):
        return _search(pattern, text_of(of))
    return _text_method(of.value, name, arguments) if isinstance(of, Known) and isinstance(of.value, str) else None


def _search(pattern: Regex, text: str | None) -> Value | None:
    """Whether an expression is found in a known text; what it found is not told."""
    expression = safe(pattern.source) if text is not None else None
    if expression is None or text is None:
        return None
    return Known(bool(expression.search(text[:MAX_LENGTH])))


def _list_method(machine: Machine, of: Listed, name: str, arguments: Arguments, place: Place) -> Value | None:
    first = arguments.get(0)
    if name in ("append", "push", "add", "unshift", "insert") and arguments.positional:
        if of.maker is machine:
            of.values += [arguments.positional[-1]] if name in ("append", "insert", "add") else arguments.positional
        return NOTHING
    if name in ("extend", "concat", "update"):
        added = [v for a in arguments.positional for v in (a.values if isinstance(a, Listed) else [a])]
        if name == "concat":
            return Listed([*of.values, *added], of.is_open, machine)
        of.values += added if of.maker is machine else []
        return NOTHING
    if name in ("forEach", "map", "flatMap", "some", "every", "filter", "find") and isinstance(first, Closure):
        return _each(machine, of, name, first, place)
    if name in ("slice", "copy", "flat", "reverse", "values"):
        return of
    known = not of.is_open and all(isinstance(value, Known) for value in of.values)
    if name in ("includes", "has") and isinstance(first, Known) and known:
        return Known(any(isinstance(value, Known) and value.value == first.value for value in of.values))
    return None


def _each(machine: Machine, of: Listed, name: str, function: Closure, place: Place) -> Value:
    results = [machine.call(function, Arguments((v, Known(i))), place) for i, v in enumerate(of.values)]
    if name == "forEach":
        return NOTHING
    if name == "map":
        return Listed(results, of.is_open, machine)
    if name == "flatMap":
        return Listed([v for r in results for v in (r.values if isinstance(r, Listed) else [r])], of.is_open, machine)
    if name == "filter":
        kept = [v for v, r in zip(of.values, results, strict=True) if machine.host.truth(r).answer is not False]
        return Listed(kept, of.is_open, machine)
    if name in ("some", "every"):
        return _decided(machine, results, decisive=name == "some", is_open=of.is_open)
    return join(of.values)


def _decided(machine: Machine, results: list[Value], *, decisive: bool, is_open: bool) -> Value:
    """Whether some or every one of these is true: one may decide it, or all of them together."""
    answers = [machine.host.truth(result).answer for result in results if isinstance(result, Known)]
    if decisive in answers or (len(answers) == len(results) and not is_open):
        return Known(decisive if decisive in answers else not decisive)
    return join(results)


def _record_method(machine: Machine, of: Keyed, name: str, arguments: Arguments) -> Value | None:
    key = text_of(arguments.get(0))
    if name in ("get", "pop", "setdefault") and key is not None:
        fallback = arguments.get(1) or NOTHING
        return of.entries.get(key) or (None if of.is_open else fallback)
    if name == "update" and isinstance(given := arguments.get(0), Keyed) and of.maker is machine:
        of.entries.update(given.entries)
        return NOTHING
    return _parts(machine, of, name) if not arguments.positional else None


def _parts(machine: Machine, of: Keyed, name: str) -> Value | None:
    if name == "values":
        return Listed(list(of.entries.values()), of.is_open, machine)
    if name == "keys":
        return Listed([Known(key) for key in of.entries], of.is_open, machine)
    if name in ("items", "entries"):
        pairs: list[Value] = [Listed([Known(key), value], False, machine) for key, value in of.entries.items()]
        return Listed(pairs, of.is_open, machine)
    return None


def _function_method(machine: Machine, of: Closure, name: str, arguments: Arguments, place: Place) -> Value | None:
    if name not in ("bind", "call", "apply") or not arguments.positional:
        return None
    this, *rest = arguments.positional
    bound = Closure(of.function, of.env, this, of.owner, of.attributes)
    if name == "bind":
        return bound
    if name == "apply" and rest and isinstance(rest[0], Listed):
        rest = rest[0].values
    return machine.call(bound, Arguments(tuple(rest)), place)


def _text_method(value: str, name: str, arguments: Arguments) -> Value | None:
    texts = [text_of(argument) for argument in arguments.positional]
    if any(text is None for text in texts):
        return None
    given = [text for text in texts if text is not None]
    plain: dict[str, Callable[[str], str]] = {
        "lower": str.lower,
        "toLowerCase": str.lower,
        "upper": str.upper,
        "toUpperCase": str.upper,
        "strip": str.strip,
        "trim": str.strip,
        "rstrip": str.rstrip,
        "toString": str,
    }
    tests: dict[str, Callable[[str, str], bool]] = {
        "startswith": str.startswith,
        "startsWith": str.startswith,
        "endswith": str.endswith,
        "endsWith": str.endswith,
        "includes": str.__contains__,
    }
    if name in plain and not given:
        return Known(plain[name](value))
    if name in tests and len(given) == 1:
        return Known(bool(tests[name](value, given[0])))
    if name in ("rstrip", "lstrip") and len(given) == 1:
        return Known(value.rstrip(given[0]) if name == "rstrip" else value.lstrip(given[0]))
    if name in ("replace", "replaceAll") and len(given) == 2:
        return Known(value.replace(given[0], given[1]))
    if name == "split" and len(given) == 1 and given[0]:
        return Listed([Known(part) for part in value.split(given[0])])
    return None


def _call_getattr(machine: Machine, arguments: Arguments) -> Value | None:
    name, of = text_of(arguments.get(1)), arguments.get(0)
    return machine.member(of, name) if name is not None and of is not None else None


def _call_setattr(machine: Machine, arguments: Arguments) -> Value | None:
    name, of, value = text_of(arguments.get(1)), arguments.get(0), arguments.get(2)
    if name is not None and of is not None and value is not None:
        machine.set_member(of, name, value)
    return NOTHING


def _call_Object_assign(machine: Machine, arguments: Arguments) -> Value | None:
    target = arguments.get(0)
    for source in arguments.positional[1:]:
        for name, value in source.entries.items() if isinstance(source, Keyed) and target is not None else []:
            machine.set_member(target or NOTHING, name, value)
    return target


def _call_Object_values(machine: Machine, arguments: Arguments) -> Value | None:
    of = arguments.get(0)
    return _parts(machine, of, "values") if isinstance(of, Keyed) else None


def _call_Object_keys(machine: Machine, arguments: Arguments) -> Value | None:
    of = arguments.get(0)
    return _parts(machine, of, "keys") if isinstance(of, Keyed) else None


def _call_Object_entries(machine: Machine, arguments: Arguments) -> Value | None:
    of = arguments.get(0)
    return _parts(machine, of, "entries") if isinstance(of, Keyed) else None


def _call_dict(machine: Machine, arguments: Arguments) -> Value | None:
    entries = dict(arguments.named)
    for given in arguments.positional:
        if not isinstance(given, Keyed):
            return None
        entries = {**given.entries, **entries}
    return Keyed(entries, bool(arguments.more), machine)


def _call_enumerate(machine: Machine, arguments: Arguments) -> Value | None:
    of = arguments.get(0)
    if not isinstance(of, Listed):
        return None
    pairs: list[Value] = [Listed([Known(i), value], False, machine) for i, value in enumerate(of.values)]
    return Listed(pairs, of.is_open, machine)
