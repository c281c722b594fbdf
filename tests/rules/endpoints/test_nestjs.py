"""NestJS applications: forms, paths, modules, and what stands before whole applications; and what resists."""

from __future__ import annotations

import pytest

from rules.core.codebase import Codebase
from rules.core.source import MemorySnapshot
from rules.facts.endpoints import ENDPOINTS
from tests.rules.endpoints.nestjs_sources import ATTACHED, COMMON, G, source
from tests.rules.endpoints.trees import inventory, table

FORMS = """
@Controller(["a", "b"])
class C {
  @Get() index() {}
  @Get("list") @UseGuards(G) list() {}
  @Post(["x", "y"]) both() {}
  @Put(":id") put() {}
  @Patch(":id") patch() {}
  @Delete(":id") gone() {}
  @Options("o") options() {}
  @Head("h") head() {}
  @All("any") any() {}
  @Search("s") search() {}
  @QueryMethod("q") query() {}
  @Sse("events") events() {}
  @RequestMapping({ path: "m", method: RequestMethod.POST }) mapped() {}
  @RequestMapping({ path: "n" }) asked() {}
  helper() {}
}
"""


def test_every_form_of_declaration_enters_the_inventory() -> None:
    rest = {
        "GET {}": "unguarded", "GET {}/list": "guarded", "POST {}/x": "unguarded", "POST {}/y": "unguarded",
        "PUT {}/:id": "unguarded", "PATCH {}/:id": "unguarded", "DELETE {}/:id": "unguarded",
        "OPTIONS {}/o": "unguarded", "HEAD {}/h": "unguarded", "ANY {}/any": "unguarded", "SEARCH {}/s": "unguarded",
        "QUERY {}/q": "unguarded", "GET {}/events": "unguarded", "POST {}/m": "unguarded", "GET {}/n": "unguarded",
    }  # fmt: skip
    assert table(source(FORMS)) == {name.format(path): v for name, v in rest.items() for path in ("/a", "/b")}


PATHS = """
@Controller({ path: "cats", version: ["1", VERSION_NEUTRAL], host: ":tenant.example" })
class Cats {
  @Get() index() {}
  @Version("2") @Get("new") fresh() {}
}
@Controller("health")
class Health { @Get() check() {} @Get("deep") deep() {} }
@Controller()
class Inner { @Get("inner") inner() {} }
@Module({ controllers: [Inner] })
class InnerModule {}
@Module({ imports: [InnerModule, RouterModule.register([
  { path: "admin", children: [{ path: "deep", module: InnerModule }] },
])] })
class PathModule {}
@Module({ controllers: [Cats, Health], imports: [forwardRef(() => PathModule)] })
class AppModule {}
async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.setGlobalPrefix("api", { exclude: ["health", { path: "health/{*rest}", method: RequestMethod.POST }] });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: "3" });
  await app.listen(3000);
}
bootstrap();
"""


def test_paths_are_put_together_of_prefix_version_module_controller_and_method() -> None:
    assert set(table({"main.ts": COMMON + PATHS})) == {
        "GET /api/v1/cats", "GET /api/cats", "GET /api/v2/cats/new", "GET /v3/health", "GET /api/v3/health/deep",
        "GET /api/v3/admin/deep/inner",
    }  # fmt: skip


def test_versions_in_a_header_are_no_part_of_the_path() -> None:
    text = COMMON + PATHS.replace("VersioningType.URI", "VersioningType.HEADER, header: 'v'")
    assert {"GET /api/cats", "GET /api/cats/new", "GET /health"} <= set(table({"main.ts": text}))


INHERITED = """
@UseGuards(G)
abstract class Base<T> {
  @Get("base") base() {}
  @Get("replaced") replaced() {}
  @Get("kept") kept() {}
}
@UseGuards(ThrottlerGuard)
@Controller("c")
class C extends Base<string> {
  replaced() {}
  @Get("own") own() {}
}
@Controller("free")
class Free { @Get() open() {} }
"""


def test_methods_and_guards_of_base_classes_are_inherited_unless_a_method_is_replaced() -> None:
    found = inventory(source(INHERITED, "C, Free"))
    assert {(e.path, e.verdict.value, *((g.name, g.origin.value) for g in e.guards)) for e in found} == {
        ("/c/base", "guarded", ("G", "base-class")),
        ("/c/kept", "guarded", ("G", "base-class")),
        ("/c/own", "guarded", ("G", "base-class")),
        ("/free", "unguarded"),
    }
    assert {e.rate_limits for e in found if e.path.startswith("/c")} == {("@nestjs/throttler.ThrottlerGuard",)}


@pytest.mark.parametrize(
    ("wanted", "origin", "verdict"),
    [
        ({"providers": "{ provide: APP_GUARD, useClass: G }"}, "app", "guarded"),
        ({"providers": "G, { provide: APP_GUARD, useExisting: G }"}, "app", "guarded"),
        ({"providers": "{ provide: APP_GUARD, useFactory: () => new G() }"}, "app", "guarded"),
        ({"providers": "{ provide: APP_GUARD, useValue: new G() }"}, "app", "guarded"),
        ({"providers": "{ provide: APP_GUARD, useClass: ThrottlerGuard }"}, "", "unguarded"),
        ({"providers": "...(process.env.AUTH ? [{ provide: APP_GUARD, useClass: G }] : [])"}, "app", "unknown"),
        ({"app": "app.useGlobalGuards(new G());"}, "app", "guarded"),
        ({"app": "app.useGlobalGuards(app.get(G));"}, "app", "guarded"),
        ({"app": "if (process.env.AUTH) app.useGlobalGuards(new G());"}, "app", "unknown"),
        ({"app": "app.use((req, res, next) => (req.user ? next() : res.sendStatus(401)));"}, "app", "guarded"),
        ({"app": "app.use('/c', (req, res, next) => (req.user ? next() : res.sendStatus(401)));"}, "app", "guarded"),
        (
            {"app": "app.setGlobalPrefix('v'); app.use('/c', (q, s, next) => (q.user ? next() : s.sendStatus(401)));"},
            "",
            "unguarded",
        ),
        ({"app": "app.use('/d', (req, res, next) => (req.user ? next() : res.sendStatus(401)));"}, "", "unguarded"),
    ],
)
def test_a_guard_of_the_application_stands_before_every_handler(
    wanted: dict[str, str], origin: str, verdict: str
) -> None:
    for found in inventory(source(ATTACHED, **wanted)):
        assert found.verdict.value == verdict, found
        assert [guard.origin.value for guard in found.guards] == ([origin] if origin else [])


MIDDLEWARE = """
@Injectable()
class Logged implements NestMiddleware {
  use(req, res, next) { if (!req.session?.userId) throw new UnauthorizedException(); next(); }
}
"""


@pytest.mark.parametrize(
    ("chain", "guarded"),
    [
        ("apply(Logged).forRoutes('*')", {"GET /api/c/r", "POST /api/c/s"}),
        ("apply(Logged).forRoutes({ path: '*path', method: RequestMethod.ALL })", {"GET /api/c/r", "POST /api/c/s"}),
        ("apply(Logged).forRoutes(C)", {"GET /api/c/r", "POST /api/c/s"}),
        ("apply(Logged).forRoutes('c')", {"GET /api/c/r", "POST /api/c/s"}),
        ("apply(Logged).forRoutes('d', 'c/r')", {"GET /api/c/r"}),
        ("apply(Logged).forRoutes({ path: 'c', method: RequestMethod.ALL })", set()),
        ("apply(Logged).forRoutes({ path: 'c/s', method: RequestMethod.POST })", {"POST /api/c/s"}),
        ("apply(Logged).forRoutes({ path: 'c/s', method: RequestMethod.GET })", set()),
        ("apply(Logged).exclude('c/r').forRoutes(C)", {"POST /api/c/s"}),
        ("apply(Logged).exclude({ path: 'c/s', method: RequestMethod.POST }).forRoutes(C)", {"GET /api/c/r"}),
        ("apply(Logged).exclude('c/{*rest}').forRoutes(C)", set()),
        ("apply((req, res, next) => next()).forRoutes('*').apply(Logged).forRoutes(C)",
         {"GET /api/c/r", "POST /api/c/s"}),
    ],
)  # fmt: skip
def test_middleware_of_a_module_meets_the_routes_that_it_is_for(chain: str, guarded: set[str]) -> None:
    configure = f"configure(consumer: MiddlewareConsumer) {{ consumer.{chain}; }}"
    files = source(MIDDLEWARE + ATTACHED, app="app.setGlobalPrefix('api');", module=configure)
    assert {name for name, verdict in table(files).items() if verdict == "guarded"} == guarded


OTHER_KINDS = """
class Gql implements CanActivate {
  canActivate(context: ExecutionContext) {
    if (context.getType() === "http") return true;
    return !!GqlExecutionContext.create(context).getContext().req.user;
  }
}
@Resolver(() => Cat)
class Cats {
  @Query(() => [Cat]) cats() {}
  @UseGuards(Gql) @Query(() => Cat, { name: "cat" }) one(@Args("id") id: string) {}
  @Mutation("addCat") add(@Context() context) { if (!context.req.user) throw new UnauthorizedException(); }
  @Subscription(() => Cat) catAdded() {}
  @ResolveField() owner() {}
}
@WebSocketGateway({ namespace: "chat" })
class Chat {
  @SubscribeMessage("say") say(@ConnectedSocket() client) {}
  @UseGuards(G) @SubscribeMessage("shout") shout() {}
}
@WebSocketGateway()
class Closed {
  handleConnection(client) { if (!client.handshake.auth.user) client.disconnect(); }
  @SubscribeMessage("whisper") whisper() {}
}
@Controller()
class Orders {
  @MessagePattern({ cmd: "sum" }) sum() {}
  @EventPattern("order.placed") placed() {}
  @UseGuards(G) @MessagePattern("mine") mine() {}
}
"""


def test_resolvers_gateways_and_message_handlers_are_in_the_inventory() -> None:
    assert table(source(OTHER_KINDS, "Orders", providers="Cats, Chat, Closed")) == {
        "QUERY cats": "unguarded", "QUERY cat": "guarded", "MUTATION addCat": "guarded",
        "SUBSCRIPTION catAdded": "unguarded", "MESSAGE say": "unguarded", "MESSAGE shout": "guarded",
        "MESSAGE whisper": "guarded", "MESSAGE sum": "unknown", "EVENT order.placed": "unknown",
        "MESSAGE mine": "guarded",
    }  # fmt: skip


def test_guards_of_the_application_reach_resolvers_and_messages_but_no_gateways() -> None:
    held = "Cats, Chat, Closed, { provide: APP_GUARD, useClass: G }"
    found = table(source(OTHER_KINDS, "Orders", providers=held))
    assert {name for name, verdict in found.items() if verdict != "guarded"} == {"MESSAGE say"}
    used = table(source(OTHER_KINDS, "Orders", providers="Cats, Chat, Closed", app="app.useGlobalGuards(new G());"))
    assert {name for name, verdict in used.items() if verdict != "guarded"} == {
        "MESSAGE say", "MESSAGE sum", "EVENT order.placed",
    }  # fmt: skip


MODULES = {
    "app.module.ts": """
import { Module } from "@nestjs/common";
import { CatsModule } from "./cats.module";
import { dynamic } from "./dynamic";
@Module({ imports: [CatsModule.forRoot({ guard: true }), ...dynamic] })
export class AppModule {}
""",
    "cats.module.ts": """
import { Module } from "@nestjs/common";
import { APP_GUARD } from "@nestjs/core";
import { Cats } from "./cats.controller";
import { G } from "./guard";
@Module({})
export class CatsModule {
  static forRoot(options) {
    const providers = options.guard ? [{ provide: APP_GUARD, useClass: G }] : [];
    return { module: CatsModule, controllers: [Cats], providers };
  }
}
""",
    "dynamic.ts": """
import { forwardRef, Module } from "@nestjs/common";
import { AppModule } from "./app.module";
import { Dogs } from "./dogs.controller";
@Module({ controllers: [Dogs], imports: [forwardRef(() => AppModule)] })
class DogsModule {}
export const dynamic = [forwardRef(() => DogsModule)];
""",
    "guard.ts": COMMON + G.replace("class G", "export class G"),
    "cats.controller.ts": COMMON + "@Controller('cats')\nexport class Cats { @Get() all() {} }\n",
    "dogs.controller.ts": COMMON + "@Controller('dogs')\nexport class Dogs { @Get() all() {} }\n",
    "main.ts": """
import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module";
export const handler = async (event) => {
  const app = await NestFactory.create(AppModule);
  return app.init();
};
""",
}


def test_modules_that_are_made_by_calls_and_import_each_other_are_one_application() -> None:
    assert table(MODULES) == {"GET /cats": "guarded", "GET /dogs": "guarded"}


def test_a_controller_that_no_application_holds_is_unknown() -> None:
    body = "@Controller()\nclass C { @Get('r') r() {} }\n@Controller('d')\nclass D {\n"
    body += "  @Get() d() {}\n  @UseGuards(G) @Get('e') e() {}\n}\n"
    found = {e.path: (e.verdict.value, e.reason) for e in inventory(source(body))}
    assert found == {
        "/r": ("unguarded", ""), "/d": ("unknown", "no application was found that serves it"),
        "/d/e": ("guarded", "G (authn, function)"),
    }  # fmt: skip


def test_each_application_has_its_own_guards() -> None:
    apps = "".join(
        f"@Controller('{n}')\nclass C{n} {{ @Get() r() {{}} }}\n"
        f"@Module({{ controllers: [C{n}], providers: [{p}] }})\nclass M{n} {{}}\n"
        f"NestFactory.create(M{n}).then((app) => app.listen(3000));\n"
        for n, p in (("a", "{ provide: APP_GUARD, useClass: G }"), ("b", ""))
    )
    assert table({"main.ts": COMMON + G + apps}) == {"GET /a": "guarded", "GET /b": "unguarded"}


FIXABLE = """
@Controller("c")
class C {
  @UseGuards(G, ThrottlerGuard)
  @Get("a")
  a() {}

  @Delete(":id")
  gone() {}
}
"""


def test_a_handler_is_guarded_like_its_siblings_with_that_guard_alone() -> None:
    files = {path: text.encode() for path, text in source(FIXABLE).items()}
    found = {e.method: e for e in Codebase(MemorySnapshot(files)).get(ENDPOINTS)}
    protection = found["DELETE"].protection
    assert protection is not None
    (edit,) = protection.edits
    assert (protection.guard, edit.text) == ("UseGuards(G)", b"@UseGuards(G)\n  ")
    start = edit.span.start if edit.span is not None else -1
    fixed = files["main.ts"][:start] + edit.text + files["main.ts"][start:]
    assert table({"main.ts": fixed}) == {"GET /c/a": "guarded", "DELETE /c/:id": "guarded"}


@pytest.mark.parametrize(
    "body",
    [
        FIXABLE.replace("(G, ", "(AdminGuard, ") + "class AdminGuard extends G {}\n",
        FIXABLE.replace('  @Delete(":id")', '  @UseGuards(AuthGuard("jwt"))\n  @Get("b") b() {}\n\n  @Delete(":id")'),
        FIXABLE.replace('Delete(":id")', 'Post("login")'),
    ],
    ids=["role", "two guards", "login"],
)
def test_nobody_chooses_a_role_or_between_two_guards_or_closes_the_login(body: str) -> None:
    reading = "  canActivate(context) { return context.getArgs()[0].user?.role === 'admin'; }\n"
    body = body.replace("extends G {}", f"{{\n{reading}}}")
    assert [e.protection for e in inventory(source(body)) if e.verdict.value == "unguarded"] == [None]


def test_a_computed_path_says_what_is_computed() -> None:
    body = "@Controller(`${process.env.BASE}/c`)\nclass C { @Get(names.first) r() {} @Get(`x/${Part.A}`) x() {} }\n"
    body += "enum Part { A = 'a' }\n"
    assert set(table(source(body, app="app.setGlobalPrefix(process.env.PREFIX);"))) == {
        "GET /${PREFIX}/${BASE}/c", "GET /${PREFIX}/${BASE}/c/x/a",
    }  # fmt: skip


@pytest.mark.parametrize(
    "files",
    [
        {**source(ATTACHED), "broken.ts": "@Controller() class { @Get( r() {} @nestjs/"},
        {**source(ATTACHED), "a.ts": 'import { B } from "./b";\nexport class A extends B {}\n',
         "b.ts": 'import "@nestjs/common";\nimport { A } from "./a";\nexport class B extends A {}\n'},
        source("@Injectable()\nclass S { constructor(private s: S) {} }\n" + ATTACHED, providers="S"),
        source(ATTACHED + "@Module({ imports: [Loop] })\nclass Loop {}\n", providers="...nothing"),
        source(ATTACHED, app="app.useGlobalGuards();", module="configure(consumer) { consumer.apply().forRoutes(); }"),
    ],
    ids=["broken file", "bases in a circle", "service that needs itself", "module in itself", "nothing given"],
)  # fmt: skip
def test_what_resists_leaves_the_rest_read(files: dict[str, str]) -> None:
    assert table(files) == {"GET /c/r": "unguarded", "POST /c/s": "unguarded"}


def test_a_file_that_cannot_be_understood_is_unread() -> None:
    code = Codebase(MemorySnapshot({"a.controller.ts": b"import '@nestjs/common';\0"}))
    assert code.get(ENDPOINTS) == ()
    assert [unread.path for unread in code.unread_by(ENDPOINTS)] == ["a.controller.ts"]
