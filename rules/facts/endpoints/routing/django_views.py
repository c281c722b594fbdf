"""Views of Django: functions and classes, with the decorators and mixins that stand before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.facts.endpoints.caller.inspector import Layer
from rules.facts.endpoints.caller.outcome import got_value
from rules.facts.endpoints.machine.values import (
    Arguments,
    Attribute,
    ClassValue,
    Closure,
    Extern,
    Instance,
    Keyed,
    Known,
    Listed,
    Made,
    Place,
    Value,
    lineage,
    name_of,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Origin, Trap
from rules.facts.endpoints.routing.django_calls import asks_test, call_view, granted, passed_view
from rules.facts.endpoints.routing.django_settings import Settings
from rules.facts.endpoints.routing.rest_permissions import limits, permissions

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
MIXINS = {
    "django.contrib.auth.mixins.LoginRequiredMixin": "",
    "django.contrib.auth.mixins.PermissionRequiredMixin": "",
    "django.contrib.auth.mixins.UserPassesTestMixin": "test_func",
}
"""Mixins that reject before the view runs, and the method that decides where there is one."""

GENERIC = {
    "ListAPIView": "GET", "CreateAPIView": "POST", "RetrieveAPIView": "GET", "DestroyAPIView": "DELETE",
    "UpdateAPIView": "PUT PATCH", "ListCreateAPIView": "GET POST", "RetrieveUpdateAPIView": "GET PUT PATCH",
    "RetrieveDestroyAPIView": "GET DELETE", "RetrieveUpdateDestroyAPIView": "GET PUT PATCH DELETE",
    "TemplateView": "GET", "ListView": "GET", "DetailView": "GET", "RedirectView": "GET", "ArchiveIndexView": "GET",
    "FormView": "GET POST", "CreateView": "GET POST", "UpdateView": "GET POST", "DeleteView": "GET POST",
    "ObtainAuthToken": "POST", "SpectacularAPIView": "GET", "SpectacularSwaggerView": "GET",
}  # fmt: skip
"""The methods that views of the libraries answer (documentation of Django 5.2 and REST framework 3.16)."""

SIGN_IN = re.compile(
    r"log_?(in|out)|sign_?up|obtainauthtoken|tokenobtain|tokenrefresh|password_?reset|authenticate|confirm_?email", re.I
)
OPEN = re.compile(r"\.(RedirectView|TemplateView|SpectacularAPIView|SpectacularSwaggerView|SpectacularRedocView)$")


@dataclass(frozen=True)
class Served:
    """One method of a view with its layers, the handler last. `anybody`: the login that middleware asks for is off.
    `nearly` are layers that nothing asks."""

    framework: str
    method: str
    handler: Value
    layers: tuple[Layer, ...]
    name: str = ""
    place: Place | None = None
    doubt: str = ""
    limits: tuple[str, ...] = ()
    anybody: bool = False
    nearly: tuple[tuple[Trap, Layer], ...] = ()


def views_of(world: World, given: Value, use: Made, settings: Settings) -> Iterator[Served]:
    """What a URL pattern serves: a function, a class, or something from outside."""
    outer, inner = unwrapped(given, use)
    anybody = any(name_of(layer.value).endswith("login_not_required") for layer in outer)
    if isinstance(inner, Made) and inner.method == "as_view" and isinstance(inner.callee, Attribute):
        around, cls = unwrapped(inner.callee.of, use)
        if isinstance(cls, ClassValue):
            yield from class_view(world, cls, inner, (*outer, *around), settings, anybody=anybody)
        else:
            yield _foreign(cls, outer)
    elif isinstance(inner, Made) and (name := name_of(inner.callee)).endswith(".as_view"):
        yield _foreign(Extern(name.removesuffix(".as_view")), outer)
    elif isinstance(inner, Closure):
        yield from _function_view(inner, outer, settings, anybody)
    elif isinstance(inner, Extern | Attribute):
        yield _foreign(inner, outer)


def unwrapped(value: Value, use: Made) -> tuple[tuple[Layer, ...], Value]:
    """A view without what was put around it, the outermost first; and what that is."""
    layers: list[Layer] = []
    value = value.wrapped if isinstance(value, ClassValue) and value.wrapped is not None else value
    while isinstance(value, Made) and value.method != "as_view" and len(value.arguments.positional) == 1:
        inner = value.arguments.positional[0]
        if not isinstance(inner, Closure | Made | ClassValue):
            break
        layers += list(_decorator(value, use))
        value = inner
    return tuple(layers), value


def _decorator(value: Made, use: Made) -> Iterator[Layer]:
    """The layer of a decorator: itself, what `method_decorator` turns into one, or the function that decides."""
    callee = value.callee
    if isinstance(callee, Made) and name_of(callee.callee).endswith("method_decorator"):
        for one in callee.arguments.positional[:1]:
            for held in one.values if isinstance(one, Listed) else [one]:
                yield Layer(held, Origin.DECORATOR, use.place, call_view, passed_view)
        return
    if isinstance(callee, Made) and name_of(callee.callee).endswith("user_passes_test"):
        test = callee.arguments.get(0)
        if isinstance(test, Closure):
            yield Layer(test, Origin.DECORATOR, use.place, asks_test, granted)
            return
    yield Layer(callee, Origin.DECORATOR, use.place, call_view, passed_view)


def _foreign(value: Value, outer: tuple[Layer, ...]) -> Served:
    name = name_of(value)
    known = SIGN_IN.search(name) or OPEN.search(name)
    doubt = "" if known else f"{name or 'what is served here'} is defined outside this repository"
    method = GENERIC.get(name.rpartition(".")[2], "ANY").partition(" ")[0]
    return Served("django", method, value, outer, name, doubt=doubt)


def _function_view(closure: Closure, outer: tuple[Layer, ...], settings: Settings, anybody: bool) -> Iterator[Served]:
    decorated = [layer for layer in outer if name_of(layer.value).startswith("rest_framework.decorators.api_view")]
    own = [layer for layer in outer if layer not in decorated]
    last = Layer(closure, Origin.IN_HANDLER, closure.place, call_view, passed_view)
    if not decorated:
        yield Served("django", "ANY", closure, (*own, last), closure.function.name, closure.place, anybody=anybody)
        return
    marked = [layer for layer in outer if name_of(layer.value).endswith("permission_classes()")]
    doubt = "REST framework refuses permission_classes above api_view" if _is_above(marked, decorated, outer) else ""
    named = [layer.value for layer in marked if not doubt]
    listed = named[-1].arguments.get(0) if named and isinstance(named[-1], Made) else settings.permissions
    asked = tuple(permissions(listed, Origin.DECORATOR if named else Origin.SETTINGS, closure.place))
    rest = [layer for layer in own if "rest_framework.decorators." not in name_of(layer.value)]
    made = decorated[0].value
    verbs = made.arguments.get(0) if isinstance(made, Made) else None
    methods = [text_of(verb) or "ANY" for verb in verbs.values] if isinstance(verbs, Listed) else ["GET"]
    for method in methods:
        layers = (*rest, *(layer for layer in asked if _asks(layer, method)), last)
        yield Served("drf", method.upper(), closure, layers, closure.function.name, closure.place, doubt)


def _is_above(marked: list[Layer], decorated: list[Layer], outer: tuple[Layer, ...]) -> bool:
    return bool(marked) and outer.index(marked[0]) < outer.index(decorated[0])


def _asks(layer: Layer, method: str) -> bool:
    """Whether a permission is asked for a method: those that let everybody read are not, for reading."""
    reading = method.upper() in ("GET", "HEAD", "OPTIONS")
    return not (reading and name_of(layer.value).endswith(("ReadOnly", "ReadOnly()")))


def is_rest(cls: ClassValue) -> bool:
    return any(name.startswith("rest_framework") for name in foreign(cls))


def foreign(cls: ClassValue) -> list[str]:
    """The names of the bases that the repository does not define, nearest first."""
    return [name_of(base) for base in lineage(cls) if isinstance(base, Extern | Attribute)]


def class_view(
    world: World, cls: ClassValue, use: Made, outer: tuple[Layer, ...], settings: Settings, *, anybody: bool = False
) -> Iterator[Served]:
    """The methods of a class: those of a mapping that `as_view` was given, else those that it answers."""
    made = Instance(cls, use.arguments, use.place, use.order)
    mapping = use.arguments.get(0, "actions")
    if isinstance(mapping, Keyed):
        pairs = [(verb.upper(), text_of(action) or "") for verb, action in mapping.entries.items()]
    else:
        pairs = _answered(world, cls)
    framework = "drf" if is_rest(cls) else "django"
    for method, name in pairs:
        yield served(world, cls, made, method, name, outer, settings, framework=framework, anybody=anybody)


def served(
    world: World,
    cls: ClassValue,
    made: Instance,
    method: str,
    name: str,
    outer: tuple[Layer, ...],
    settings: Settings,
    *,
    framework: str = "drf",
    anybody: bool = False,
    own: Value | None = None,
) -> Served:
    """One method of a class with everything before it. `own` are the permissions of an action itself."""
    found = world.machine.class_member(cls, name, made) if name else None
    layers = list(outer)
    if framework == "drf":
        asked = own if own is not None else _permissions(world, cls, made, name)
        origin = Origin.FUNCTION if own is not None else Origin.CLASS
        origin, asked = (Origin.SETTINGS, settings.permissions) if asked is None else (origin, asked)
        layers += [layer for layer in permissions(asked, origin, cls.place) if _asks(layer, method)]
    else:
        layers += list(_mixins(world, cls, made))
    nearly = tuple(_unasked(world, cls, made)) if framework == "django" else ()
    place, handler = cls.place, found if found is not None else cls
    inner: Value = handler
    if isinstance(handler, Made | Closure):
        around, inner = unwrapped(handler, _nowhere(cls))
        layers += [layer for layer in around if "rest_framework.decorators." not in name_of(layer.value)]
    if isinstance(inner, Closure):
        bound = Closure(inner.function, inner.env, made, inner.owner or cls, inner.attributes)
        place = inner.place
        layers.append(Layer(bound, Origin.IN_HANDLER, inner.place, call_view, passed_view))
    throttled = limits(world.machine.class_member(cls, "throttle_classes", made), settings.throttles)
    handled = inner if isinstance(inner, Closure) else cls
    names = ".".join((cls.definition.name, *foreign(cls)[:1]))
    return Served(
        framework, method, handled, tuple(layers), names, place, limits=throttled, anybody=anybody, nearly=nearly
    )


def _permissions(world: World, cls: ClassValue, made: Instance, action: str) -> Value | None:
    """What a view asks: what `get_permissions` gives for an action, or its attribute; None where it names nothing."""
    chosen = world.machine.class_member(cls, "get_permissions", made)
    if isinstance(chosen, Closure):
        made.attributes["action"] = Known(action)
        value = world.from_top(cls.env.path, lambda: world.machine.call(chosen, Arguments(), cls.place))
        if value is not None and not (isinstance(value, Made) and value.method == "get_permissions"):
            return value
    return world.machine.class_member(cls, "permission_classes", made)


def _unasked(world: World, cls: ClassValue, made: Instance) -> Iterator[tuple[Trap, Layer]]:
    """Mixins that stand right of the view, and permissions, which a view of Django itself does not know."""
    bases = lineage(cls)
    view = next((number for number, base in enumerate(bases) if _is_view(base)), len(bases))
    for layer in _asked_mixins(world, bases[view + 1 :], cls, made):
        yield Trap.RIGHT_OF_VIEW, layer
    named = world.machine.class_member(cls, "permission_classes", made)
    for layer in permissions(named, Origin.CLASS, cls.place) if named is not None else ():
        yield Trap.NOT_ASKED, layer


def _is_view(base: Value) -> bool:
    return isinstance(base, Extern | Attribute) and name_of(base).rpartition(".")[2].endswith("View")


def _mixins(world: World, cls: ClassValue, made: Instance) -> Iterator[Layer]:
    """The mixins that are asked: those that stand left of the view itself."""
    bases = lineage(cls)
    view = next((number for number, base in enumerate(bases) if _is_view(base)), len(bases))
    yield from _asked_mixins(world, bases[:view], cls, made)


def _asked_mixins(world: World, bases: list[Value], cls: ClassValue, made: Instance) -> Iterator[Layer]:
    for base in bases:
        name = name_of(base) if isinstance(base, Extern | Attribute) else ""
        if name in MIXINS:
            test = world.machine.class_member(cls, MIXINS[name], made) if MIXINS[name] else None
            if isinstance(test, Closure):
                yield Layer(test, Origin.BASE_CLASS, cls.place, asks_test, granted)
            else:
                yield Layer(base, Origin.BASE_CLASS, cls.place, call_view, passed_view)
        elif isinstance(base, ClassValue):
            dispatch = world.machine.own_member(base, "dispatch", made)
            around, inner = unwrapped(dispatch, _nowhere(base)) if dispatch is not None else ((), None)
            yield from around
            if isinstance(inner, Closure):
                yield Layer(inner, Origin.BASE_CLASS, base.place, call_view, got_value)


def _nowhere(cls: ClassValue) -> Made:
    """A call at the place of a class, for what is decorated inside it."""
    return Made(Extern(""), Arguments(), cls.place, 0)


def _answered(world: World, cls: ClassValue) -> list[tuple[str, str]]:
    """The HTTP methods that a class answers, each with the name of its own method where it has one."""
    own = [verb for verb in VERBS if world.machine.class_member(cls, verb, None) is not None]
    library = next((GENERIC[last] for name in foreign(cls) if (last := name.rpartition(".")[2]) in GENERIC), "")
    pairs = {verb.upper(): verb for verb in own if verb not in ("head", "options", "trace")}
    pairs |= {verb: "" for verb in library.split() if verb not in pairs}
    return list(pairs.items()) or [("ANY", "")]
