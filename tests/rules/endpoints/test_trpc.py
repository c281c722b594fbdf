"""tRPC applications: routers, chains of procedures, middlewares in other files, order; and what resists."""

from __future__ import annotations

import pytest

from rules.core.codebase import Codebase
from rules.core.source import MemorySnapshot
from rules.facts.endpoints import ENDPOINTS
from rules.facts.endpoints.model import Endpoint
from tests.rules.endpoints.trees import inventory, table

TRPC = """
import { initTRPC, TRPCError, experimental_standaloneMiddleware } from "@trpc/server";
import { z } from "zod";
import * as Sentry from "@sentry/node";

const t = initTRPC.context<Context>().meta<Meta>().create({ transformer: superjson });
export const { router, mergeRouters, middleware } = t;
const logged = t.middleware(async ({ path, type, next }) => {
  const start = Date.now();
  const result = await next();
  console.log(path, type, result.ok, Date.now() - start);
  return result;
});
const traced = t.middleware((opts) => Sentry.startSpan({ name: opts.path }, () => opts.next()));
export const isAuthed = t.middleware(({ ctx, next }) => {
  if (!ctx.session?.user) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { session: { ...ctx.session, user: ctx.session.user } } });
});
export const isAdmin = isAuthed.unstable_pipe(({ ctx, next }) => {
  if (ctx.user.role !== "ADMIN") throw new TRPCError({ code: "FORBIDDEN" });
  return next();
});
export const isMember = t.middleware(async ({ ctx, next, getRawInput }) => {
  const { orgId } = z.object({ orgId: z.string() }).parse(await getRawInput());
  const member = await db.members.find({ orgId, userId: ctx.user?.id });
  if (!member) throw new TRPCError({ code: "FORBIDDEN" });
  return next();
});
export const alone = experimental_standaloneMiddleware<{ ctx: Context }>().create(({ ctx, next }) => {
  if (!ctx.userId) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next();
});
export const onlyProtected = t.middleware(({ ctx, meta, next }) => {
  if (meta?.protect && !ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next();
});
export const publicProcedure = t.procedure.use(logged).use(traced);
export const protectedProcedure = publicProcedure.use(isAuthed);
export const adminProcedure = publicProcedure.use(isAdmin);
export const softProcedure = publicProcedure.use(({ ctx, next }) => next({ ctx: { user: ctx.user ?? null } }));
export const markedProcedure = publicProcedure.use(onlyProtected);
"""
NAMES = (
    "adminProcedure, alone, isAuthed, isMember, markedProcedure, mergeRouters, protectedProcedure, publicProcedure, "
    "router, softProcedure"
)
HEAD = f"""
import {{ TRPCError }} from "@trpc/server";
import {{ z }} from "zod";
import {{ {NAMES} }} from "./trpc";
import {{ lookup, requireUser }} from "./session";
const input = z.object({{ id: z.string() }});
"""
SESSION = """
export function requireUser(ctx) {
  if (!ctx.session) throw new TRPCError({ code: "UNAUTHORIZED" });
  return ctx.session.user;
}
export async function lookup(token) {
  const found = await db.tokens.find(token);
  if (!found) throw new TRPCError({ code: "UNAUTHORIZED" });
  return found;
}
"""


def source(body: str) -> dict[str, str]:
    return {"src/trpc.ts": TRPC, "src/session.ts": SESSION, "src/app.ts": HEAD + body}


def one(chain: str) -> Endpoint:
    (found,) = inventory(source(f"export const app = router({{ r: {chain} }});\n"))
    return found


ROUTERS = {
    **source("""
import { lazy } from "@trpc/server";
import { cats } from "./cats";
import * as dogs from "./dogs";
export const appRouter = mergeRouters(
  router({
    cats,
    dogs: dogs.dogs,
    admin: router({ users: { list: adminProcedure.query(() => []) } }),
    birds: lazy(() => import("./birds")),
    fish: lazy(() => import("./fish").then((module) => module.fish)),
    add: protectedProcedure.input(input).mutation(async ({ input }) => db.add(input)),
  }),
  router({ onAdd: publicProcedure.subscription(async function* () { yield 1; }) }),
);
"""),
    "src/cats.ts": HEAD + "import { byId } from './cat';\n"
    "export const cats = router({ byId, all: publicProcedure.query(() => []) });\n",
    "src/cat.ts": HEAD + "export const byId = protectedProcedure.input(input).query(() => null);\n",
    "src/dogs.ts": HEAD + "export const dogs = router({ all: softProcedure.query(() => []) });\n",
    "src/birds.ts": HEAD + "const x = 1;\nexport const birds = router({ all: protectedProcedure.query(() => []) });\n",
    "src/fish.ts": HEAD + "export const fish = router({ all: publicProcedure.query(() => []) });\n",
}


def test_procedures_are_found_by_their_dotted_path_in_every_kind_of_router() -> None:
    assert table(ROUTERS) == {
        "QUERY cats.byId": "guarded", "QUERY cats.all": "unguarded", "QUERY dogs.all": "unguarded",
        "QUERY admin.users.list": "guarded", "QUERY birds.all": "guarded", "QUERY fish.all": "unguarded",
        "MUTATION add": "guarded", "SUBSCRIPTION onAdd": "unguarded",
    }  # fmt: skip


def test_a_guard_is_told_with_its_name_its_kind_and_where_it_came_from() -> None:
    found = {e.path: e for e in inventory(ROUTERS)}
    told = {path: [(g.name, g.kind.value, g.origin.value) for g in e.guards] for path, e in found.items()}
    assert told["add"] == [("isAuthed", "authn", "procedure")]
    assert told["admin.users.list"] == [("isAdmin", "authn", "procedure"), ("isAdmin", "role", "procedure")]
    assert found["add"].validators == ("zod.z.object()",)
    assert found["cats.byId"].declared.path == "src/cat.ts"


CHAINS = {
    "protectedProcedure.query(() => 1)": "guarded",
    "protectedProcedure.input(input).output(input).meta({ a: 1 }).query(() => 1)": "guarded",
    "publicProcedure.use(isAuthed).query(() => 1)": "guarded",
    "publicProcedure.use(alone).query(() => 1)": "guarded",
    "publicProcedure.use(({ ctx, next }) => { if (!ctx.user) throw new Error('Unauthorized'); return next(); })"
    ".mutation(() => 1)": "guarded",
    "publicProcedure.concat(protectedProcedure).query(() => 1)": "guarded",
    "publicProcedure.unstable_concat(softProcedure).query(() => 1)": "unguarded",
    "softProcedure.query(() => 1)": "unguarded",
    "publicProcedure.input(input).query(() => 1)": "unguarded",
    "publicProcedure.input(input).use(isAuthed).query(() => 1)": "unknown",
    "publicProcedure.input(input).use(isMember).query(() => 1)": "guarded",
    "protectedProcedure.input(input).use(isAuthed).query(() => 1)": "guarded",
    "markedProcedure.meta({ protect: true }).query(() => 1)": "guarded",
    "markedProcedure.meta({ protect: false }).query(() => 1)": "unguarded",
    "markedProcedure.query(() => 1)": "unguarded",
    "process.env.OPEN ? publicProcedure.query(() => 1) : publicProcedure.query(() => 2)": "unguarded",
}


@pytest.mark.parametrize("chain", CHAINS)
def test_what_counts_is_the_chain_that_built_a_procedure(chain: str) -> None:
    verdicts = {e.verdict.value for e in inventory(source(f"export const app = router({{ r: {chain} }});\n"))}
    assert verdicts == {CHAINS[chain]}


RESOLVERS = {
    "ctx thrown away": ("({ input }) => db.find(input.id)", "unguarded"),
    "session tested": ("({ ctx }) => { if (!ctx.session) throw new TRPCError({ code: 'UNAUTHORIZED' }); }", "guarded"),
    "helper in another file": ("async ({ ctx }) => db.find(requireUser(ctx).id)", "guarded"),
    "header looked up": ("async ({ ctx: { req } }) => lookup(req.headers.get('authorization'))", "guarded"),
    "token in the input": ("async ({ input }) => lookup(input.token)", "unguarded"),
    "secret in the input": (
        "({ input }) => { if (input.key !== process.env.CRON_KEY) throw new TRPCError({ code: 'UNAUTHORIZED' }); }",
        "guarded",
    ),
    "not found": ("async ({ input }) => { if (!db.find(input.id)) throw new TRPCError({ code: 'NOT_FOUND' }); }",
                  "unguarded"),
    "loaded handler": ("async (opts) => { const { handler } = await import('./handler'); return handler(opts); }",
                       "guarded"),
}  # fmt: skip


@pytest.mark.parametrize("name", RESOLVERS)
def test_a_procedure_may_turn_strangers_away_itself(name: str) -> None:
    resolver, verdict = RESOLVERS[name]
    handler = 'import { requireUser } from "./session";\nexport const handler = ({ ctx }) => requireUser(ctx).id;\n'
    body = f"export const app = router({{ r: publicProcedure.input(input).mutation({resolver}) }});\n"
    assert set(table({**source(body), "src/handler.ts": handler}).values()) == {verdict}


def test_a_guard_that_comes_after_the_input_says_why_it_is_doubtful() -> None:
    found = one("publicProcedure.input(input).use(isAuthed).query(() => 1)")
    assert found.reason == "the input is validated before it, and answered without asking who is calling"


def test_a_base_that_nobody_sees_is_unknown_and_a_middleware_from_outside_may_be_a_guard() -> None:
    body = """
import { companyProcedure } from "@acme/trpc";
import { requireSession } from "@acme/auth";
export const app = router({
  a: companyProcedure.query(() => 1),
  b: publicProcedure.use(requireSession()).query(() => 1),
});
"""
    found = {e.path: (e.verdict.value, e.reason) for e in inventory(source(body))}
    assert found == {
        "a": ("unknown", "the procedure on which it is built could not be found"),
        "b": ("unknown", "@acme/auth.requireSession() is defined outside this repository"),
    }


def test_sign_in_and_health_need_no_guard() -> None:
    body = """
export const app = router({
  auth: router({ signIn: publicProcedure.mutation(() => 1), resetPassword: publicProcedure.mutation(() => 1) }),
  health: publicProcedure.query(() => "ok"),
  remove: publicProcedure.mutation(() => 1),
});
"""
    found = {e.path: e.public_reason for e in inventory(source(body))}
    assert found == {
        "auth.signIn": "sign-in or account recovery", "auth.resetPassword": "sign-in or account recovery",
        "health": "health check", "remove": "",
    }  # fmt: skip


SIBLINGS = """
export const app = router({
  a: protectedProcedure.query(() => 1),
  b: protectedProcedure.input(input).mutation(() => 1),
  c: publicProcedure.input(input).mutation(() => 1),
});
"""


def test_a_procedure_is_built_on_what_its_siblings_are_built_on() -> None:
    files = {path: text.encode() for path, text in source(SIBLINGS).items()}
    found = {e.path: e for e in Codebase(MemorySnapshot(files)).get(ENDPOINTS)}
    protection = found["c"].protection
    assert protection is not None
    (edit,) = protection.edits
    content = files["src/app.ts"]
    assert edit.span is not None
    assert (protection.guard, content[edit.span.start : edit.span.end]) == ("protectedProcedure", b"publicProcedure")
    fixed = content[: edit.span.start] + edit.text + content[edit.span.end :]
    assert set(table({**files, "src/app.ts": fixed}).values()) == {"guarded"}


@pytest.mark.parametrize(
    "body",
    [
        SIBLINGS.replace("b: protectedProcedure", "b: adminProcedure"),
        SIBLINGS.replace("protectedProcedure", "adminProcedure"),
        SIBLINGS.replace("protectedProcedure", "publicProcedure.use(isAuthed)"),
        SIBLINGS.replace("  c:", "  signIn:"),
    ],
    ids=["two guards", "role", "inline", "login"],
)
def test_nobody_chooses_between_guards_or_a_role(body: str) -> None:
    assert [e.protection for e in inventory(source(body)) if e.verdict.value == "unguarded"] == [None]


@pytest.mark.parametrize(
    "body",
    [
        "const self = router({ self, ok: publicProcedure.query(() => 1) });\n",
        "import { inner } from './inner';\nexport const app = router({ ok: publicProcedure.query(() => 1), inner });\n",
        "export const app = router({ ok: publicProcedure.query(() => 1), ...others, [name()]: nothing });\n",
        "export const app = router({ ok: publicProcedure.query(() => 1), bad: publicProcedure.query(), n: null });\n",
        "export const app = router({ ok: publicProcedure" + ".use((o) => o.next())" * 300 + ".query(() => 1) });\n",
        "export const app = router({ ok: publicProcedure.query(() => 1) });\nrouter({ ((( \n",
        "export const app = router({ ok: publicProcedure.concat(odd).query(() => 1) });\nvar odd = odd.concat(odd);\n",
    ],
    ids=["itself", "circle", "computed", "nothing given", "long chain", "broken", "concatenated with itself"],
)
def test_what_resists_is_read_as_far_as_it_goes(body: str) -> None:
    inner = HEAD + "import { app } from './app';\nexport const inner = router({ app });\n"
    found = table({**source(body), "src/inner.ts": inner})
    assert "QUERY ok" in found or "QUERY inner.app.ok" in found or "QUERY app.ok" in found


def test_a_file_that_cannot_be_understood_is_unread() -> None:
    code = Codebase(MemorySnapshot({"a.ts": b"import '@trpc/server';\0"}))
    assert code.get(ENDPOINTS) == ()
    assert [unread.path for unread in code.unread_by(ENDPOINTS)] == ["a.ts"]
