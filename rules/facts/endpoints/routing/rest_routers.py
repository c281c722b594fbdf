"""Routers of Django REST framework: a set of views becomes the paths of its actions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rules.facts.endpoints.machine.values import (
    ClassValue,
    Closure,
    Instance,
    Listed,
    Made,
    Value,
    lineage,
    name_of,
    scalar_of,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.routing.django_settings import Settings
from rules.facts.endpoints.routing.django_views import Served, foreign, served, unwrapped

ROUTERS = frozenset((
    "rest_framework.routers.DefaultRouter", "rest_framework.routers.SimpleRouter",
    "rest_framework_nested.routers.DefaultRouter", "rest_framework_nested.routers.SimpleRouter",
    "rest_framework_extensions.routers.ExtendedDefaultRouter",
))  # fmt: skip
ACTION = "rest_framework.decorators.action"
STANDARD = {
    "list": ("GET", False), "create": ("POST", False), "retrieve": ("GET", True), "update": ("PUT", True),
    "partial_update": ("PATCH", True), "destroy": ("DELETE", True),
}  # fmt: skip
"""The actions that have paths of their own: method, and whether it is about one object."""

PROVIDED = {
    "ModelViewSet": tuple(STANDARD), "ReadOnlyModelViewSet": ("list", "retrieve"), "ListModelMixin": ("list",),
    "CreateModelMixin": ("create",), "RetrieveModelMixin": ("retrieve",),
    "UpdateModelMixin": ("update", "partial_update"), "DestroyModelMixin": ("destroy",),
}  # fmt: skip


def registered(world: World, router: Made | Instance, settings: Settings) -> Iterator[tuple[Made, str, Served]]:
    """Every path below a router: the call that registers it, the path, and what is served there."""
    for use in router.uses:
        prefix, given = text_of(use.arguments.get(0, "prefix")), use.arguments.get(1, "viewset")
        if use.method != "register" or prefix is None or given is None:
            continue
        around, cls = unwrapped(given, use)
        if isinstance(cls, ClassValue):
            for path, view in _actions(world, cls, use, settings):
                yield use, f"{prefix}/{path}", replace(view, layers=(*around, *view.layers))


def _actions(world: World, cls: ClassValue, use: Made, settings: Settings) -> Iterator[tuple[str, Served]]:
    made = Instance(cls, use.arguments, use.place, use.order)
    key = text_of(world.machine.class_member(cls, "lookup_field", made)) or "pk"
    provided = {action for name in foreign(cls) for action in PROVIDED.get(name.rpartition(".")[2], ())}
    own = {method.name for base in lineage(cls) if isinstance(base, ClassValue) for method in base.definition.methods}
    for action, (verb, detail) in STANDARD.items():
        if action in provided or action in own:
            path = f"{{{key}}}/" if detail else ""
            yield path, served(world, cls, made, verb, action, (), settings)
    for name in sorted(own - set(STANDARD)):
        marked = _marked(world.machine.class_member(cls, name, made))
        if marked is not None:
            yield from _extra(world, cls, made, name, marked, key, settings)


def _marked(value: Value | None) -> Made | None:
    """The call of `action` with which a method is marked."""
    while isinstance(value, Made):
        if isinstance(value.callee, Made) and name_of(value.callee.callee) == ACTION:
            return value.callee
        value = next((a for a in value.arguments.positional if isinstance(a, Made | Closure)), None)
    return None


def _extra(
    world: World, cls: ClassValue, made: Instance, name: str, marked: Made, key: str, settings: Settings
) -> Iterator[tuple[str, Served]]:
    options = marked.arguments
    detail = scalar_of(options.get(1, "detail")) is not False
    path = text_of(options.get(None, "url_path")) or name
    methods = options.get(0, "methods")
    verbs = [text_of(verb) or "GET" for verb in methods.values] if isinstance(methods, Listed) else ["GET"]
    own = options.get(None, "permission_classes")
    for verb in verbs:
        where = f"{{{key}}}/{path}/" if detail else f"{path}/"
        yield where, served(world, cls, made, verb.upper(), name, (), settings, own=own)
