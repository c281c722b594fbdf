"""Fastify: a hook meets every route of its own instance and of those below it, whenever it is added.

Facts by running it: the form of each is a test. `register` makes an instance below, unless `fastify-plugin` lifts the
plugin into the one that registers it. Hooks run by their phase; the body is validated before `preHandler`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.machine.values import (
    Arguments,
    Attribute,
    Closure,
    Given,
    Keyed,
    Made,
    Space,
    Symbol,
    Value,
    name_of,
    scalar_of,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Mount, Origin
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.autoload import Loaded, autoloaded
from rules.facts.endpoints.routing.fastify_calls import (
    PHASES,
    answer,
    any_of,
    call_hook,
    passed_hook,
    with_option,
)
from rules.facts.endpoints.routing.javascript import innermost
from rules.facts.endpoints.routing.ordered import flat
from rules.facts.endpoints.routing.paths import below, paths_of

NAME = "fastify"
MARKS = (b"fastify", b"Fastify")
APPS = ("fastify", "fastify.fastify", "fastify.default", "fastify.Fastify")
TYPES = frozenset(("fastify.FastifyInstance",))
NAMES = frozenset(("fastify", "app", "server", "instance"))
METHODS = {
    **{name: name.upper() for name in ("get", "post", "put", "patch", "delete", "head", "options", "trace", "query")},
    "all": "ANY",
}
SAME = METHODS.keys() | {
    "route", "register", "addHook", "decorate", "decorateRequest", "decorateReply", "withTypeProvider", "after",
    "setErrorHandler", "setNotFoundHandler", "setValidatorCompiler", "setSerializerCompiler", "addSchema",
}  # fmt: skip
"""Calls that give the instance itself."""

PLUGINS = frozenset(("fastify-plugin", "fastify-plugin.fastifyPlugin", "fastify-plugin.default"))
AUTOLOAD = frozenset(("@fastify/autoload", "@fastify/autoload.default", "fastify-autoload"))
LIMITERS = frozenset(("@fastify/rate-limit", "fastify-rate-limit"))
MAX_NESTING = 12


@dataclass(frozen=True)
class Site:
    """An instance: below a prefix, with the hooks and limits that it inherits."""

    router: Symbol
    prefix: str
    mount: Mount
    inside: tuple[Symbol, ...]
    hooks: tuple[tuple[str, Layer], ...] = ()
    limits: tuple[str, ...] = ()


def read(world: World) -> Iterator[Endpoint]:
    """Every endpoint of every application, and of plugins that no application was seen to register."""
    inspector, walk = Inspector(world), Walk(world)
    write = partial(with_option, world)
    for app in [made for name in APPS for made in world.calls.get(name, [])]:
        yield from endpoints(inspector, NAME, walk.start(app, Mount()), write)
    for given in list(world.givens):
        if id(given) not in walk.reached and _is_instance(given):
            yield from endpoints(inspector, NAME, walk.start(given, Mount(found=False)), write)


class Walk:
    """Applications with everything that is registered in them."""

    def __init__(self, world: World) -> None:
        self.reached: set[int] = set()
        self._world = world
        self._routes: list[Route] = []
        self._decorators = dict(_decorators(world))

    def start(self, root: Symbol, mount: Mount) -> list[Route]:
        """The routes of an instance and of those below it."""
        self._routes = []
        self._instance(Site(root, "", mount, (root,)))
        return self._routes

    def _instance(self, site: Site) -> None:
        own, below = self._lifted(site.router)
        hooks = [pair for use in own if use.method == "addHook" for pair in self._hooks(site, use)]
        limits = tuple(name for use in own if use.method == "register" for name in _limits(use))
        site = replace(site, hooks=(*site.hooks, *hooks), limits=(*site.limits, *limits))
        for use in own:
            self._declared(site, use)
        for use, loaded in below:
            self._below(site, use, loaded)

    def _lifted(self, first: Symbol) -> tuple[list[Made], list[tuple[Made, Loaded]]]:
        """What is called on an instance, by plugins that are lifted into it too, and what is registered below it."""
        own: list[Made] = []
        below: list[tuple[Made, Loaded]] = []
        pending, seen = [first], set[int]()
        while pending:
            router = pending.pop(0)
            seen.add(id(router))
            self.reached.add(id(router))
            for use in _calls(router):
                own.append(use)
                for loaded in self._registered(use):
                    inner = self._given(loaded.plugin) if loaded.lifted else None
                    if not loaded.lifted:
                        below.append((use, loaded))
                    elif inner is not None and id(inner) not in seen:
                        pending.append(inner)
        return own, below

    def _registered(self, use: Made) -> Iterator[Loaded]:
        plugin = use.arguments.get(0) if use.method == "register" else None
        if isinstance(plugin, Space):
            plugin = self._world.exported(plugin.path, "default")
        if plugin is None:
            return
        options = use.arguments.get(1)
        prefix = _prefix(options)
        found = (
            autoloaded(self._world, use, options, prefix) if name_of(plugin) in AUTOLOAD else [Loaded(plugin, prefix)]
        )
        for loaded in found:
            inner = _lifted(loaded.plugin)
            yield replace(loaded, plugin=inner, lifted=True) if inner is not None else loaded

    def _given(self, plugin: Value) -> Symbol | None:
        """The instance that a plugin was given when it was followed."""
        if not isinstance(plugin, Closure):
            return None
        if id(plugin.function) not in self._world.given_to:
            self._world.call_blindly(plugin)
        given = self._world.given_to.get(id(plugin.function), ())
        return given[0] if given else None

    def _below(self, site: Site, use: Made, loaded: Loaded) -> None:
        inner = self._given(loaded.plugin)
        if inner is None or inner in site.inside or len(site.inside) >= MAX_NESTING:
            return
        prefix = below(site.prefix, loaded.prefix)
        mount = replace(site.mount, prefix=prefix, places=(*site.mount.places, self._world.locate(use.place)))
        hooks = [(phase, replace(layer, origin=_as_parent(layer.origin))) for phase, layer in site.hooks]
        for hook in loaded.hooks:
            standing = self._given(_lifted(hook) or hook)
            for added in _calls(standing) if standing is not None else ():
                self.reached.add(id(standing))
                found = self._hooks(site, added) if added.method == "addHook" else ()
                hooks += [(phase, replace(layer, origin=Origin.DIRECTORY)) for phase, layer in found]
        self._instance(Site(inner, prefix, mount, (*site.inside, inner), tuple(hooks), site.limits))

    def _hooks(self, site: Site, use: Made) -> Iterator[tuple[str, Layer]]:
        phase = text_of(use.arguments.get(0)) or ""
        origin = Origin.APP if len(site.inside) == 1 else Origin.ROUTER
        for value in flat(use.arguments.positional[1:]):
            if phase in PHASES:
                yield from ((phase, layer) for layer in self._layers(value, origin, use))
            elif phase == "onRoute" and isinstance(value, Closure):
                options = Given("options")
                self._world.machine.call(value, Arguments((options,)), value.place)
                for added in PHASES:
                    held = options.attributes.get(added)
                    found = self._layers(held, origin, use) if held is not None else ()
                    yield from ((added, layer) for layer in found)

    def _declared(self, site: Site, use: Made) -> None:
        given = list(use.arguments.positional)
        if use.method == "setNotFoundHandler" and given:
            self._route(site, use, "ANY", "/*", _entries(given[0]), given[-1])
        if use.method not in METHODS and use.method != "route":
            return
        paths = [] if use.method == "route" or not given else paths_of(given.pop(0))
        entries = _entries(given[0]) if given else {}
        handler = entries.get("handler") or (given[-1] if given and not isinstance(given[-1], Keyed) else None)
        methods = [METHODS[use.method]] if use.method in METHODS else paths_of(entries.get("method"))
        for path in paths or paths_of(entries.get("url")) or paths_of(entries.get("path")):
            for method in methods if handler is not None else ():
                self._route(site, use, method.upper(), path, entries, handler)

    def _route(
        self, site: Site, use: Made, method: str, path: str, entries: Mapping[str, Value], handler: Value | None
    ) -> None:
        if handler is None:
            return
        given = [phase for phase in PHASES if phase in entries]
        own = [(phase, one) for phase in given for one in self._layers(entries[phase], Origin.FUNCTION, use)]
        hooks = sorted((*site.hooks, *own), key=lambda pair: PHASES.index(pair[0]))
        last = Layer(handler, Origin.IN_HANDLER, use.place, answer, got_answer, use.under)
        layers = (*(layer for _, layer in hooks), last)
        mount = replace(site.mount, conditions=tuple(map(self._world.locate, use.under)))
        route = Route(method, below(site.prefix, path), use.place, innermost(handler), mount, layers, under=use.under)
        limits, checked = _limited(entries, site.limits), ("schema",) if _validates(entries) else ()
        self._routes.append(replace(route, rate_limits=limits, validators=checked))

    def _layers(self, values: Value, origin: Origin, use: Made) -> Iterator[Layer]:
        """The layers of a hook or of a list of them; `@fastify/auth` puts several together."""
        for value in map(self._undecorated, flat([values])):
            if not isinstance(value, Made) or value.method != "auth":
                yield Layer(value, origin, use.place, call_hook, passed_hook, use.under)
                continue
            parts = tuple(map(self._undecorated, flat(value.arguments.positional[:1])))
            if text_of(_entries(value.arguments.get(1)).get("relation")) == "and":
                yield from (Layer(part, origin, use.place, call_hook, passed_hook, use.under) for part in parts)
            else:
                several = replace(value, arguments=Arguments(parts))
                yield Layer(several, origin, use.place, any_of, passed_hook, use.under)

    def _undecorated(self, value: Value) -> Value:
        """What `decorate` put under a name of an instance."""
        return self._decorators.get(value.name, value) if isinstance(value, Attribute) else value


def _decorators(world: World) -> Iterator[tuple[str, Value]]:
    instances = [made for name in APPS for made in world.calls.get(name, [])]
    for use in [use for one in (*instances, *world.givens) for use in one.uses if use.method == "decorate"]:
        name, value = text_of(use.arguments.get(0)), use.arguments.get(1)
        if name is not None and value is not None:
            yield name, value


def _calls(instance: Symbol) -> list[Made]:
    """What was called on an instance, also in a chain, in order."""
    found: list[Made] = []
    pending = list(instance.uses)
    while pending:
        use = pending.pop()
        if use.method in SAME:
            found.append(use)
            pending.extend(use.uses)
    return sorted(found, key=lambda use: use.order)


def _is_instance(given: Given) -> bool:
    kind = name_of(given.annotation) if given.annotation is not None else ""
    declares = any(use.method in METHODS or use.method in ("route", "register", "addHook") for use in given.uses)
    return declares and (kind in TYPES if kind else given.name.lower() in NAMES)


def _lifted(plugin: Value) -> Value | None:
    """The function inside `fastify-plugin`; None where there is none."""
    if isinstance(plugin, Made) and name_of(plugin.callee) in PLUGINS and plugin.arguments.positional:
        return plugin.arguments.positional[0]
    return None


def _entries(options: Value | None) -> Mapping[str, Value]:
    return options.entries if isinstance(options, Keyed) else {}


def _prefix(options: Value | None) -> str:
    entries = _entries(options)
    inner = _entries(entries.get("options"))
    return next((path for held in (entries, inner) for path in paths_of(held.get("prefix"))), "")


def _as_parent(origin: Origin) -> Origin:
    return Origin.PARENT_ROUTER if origin is Origin.ROUTER else origin


def _limits(use: Made) -> tuple[str, ...]:
    """The limit that a registered plugin puts before every route."""
    name = name_of(use.arguments.get(0))
    off = scalar_of(_entries(use.arguments.get(1)).get("global")) is False
    return (name,) if name in LIMITERS and not off else ()


def _limited(entries: Mapping[str, Value], inherited: tuple[str, ...]) -> tuple[str, ...]:
    own = _entries(entries.get("config")).get("rateLimit")
    if own is None:
        return inherited
    return () if scalar_of(own) is False else ("config.rateLimit",)


def _validates(entries: Mapping[str, Value]) -> bool:
    schema = _entries(entries.get("schema"))
    return any(part in schema for part in ("body", "querystring", "query", "params", "headers"))
