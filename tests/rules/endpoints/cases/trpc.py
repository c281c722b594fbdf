from __future__ import annotations

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("trpc",)

BASE = """import { initTRPC, TRPCError } from "@trpc/server";

const t = initTRPC.context<Context>().create();

export const router = t.router;
export const guard = t.middleware(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { user: ctx.user } });
});
export const soft = t.middleware(({ ctx, next }) => next({ ctx: { user: ctx.user ?? null } }));
export const publicProcedure = t.procedure;
export const protectedProcedure = t.procedure.use(guard);
export const guardOnly = t.procedure.use(guard);
"""
ROUTER = """import { z } from "zod";
import { guard, guardOnly, protectedProcedure, publicProcedure, router, soft } from "./trpc";

const inner = router({ r: {chain}.query(() => "ok") });
export const appRouter = router({ mine: protectedProcedure.query(() => "mine"), inner });
"""


def tree(chain: str) -> Tree:
    return Tree({"src/trpc.ts": BASE, "src/router.ts": ROUTER.replace("{chain}", chain)}, "inner.r", "QUERY")


def trees(framework: str) -> dict[str, Tree]:
    return {
        "plain": tree("publicProcedure"),
        "use": tree("publicProcedure.use(guard)"),
        "soft": tree("publicProcedure.use(soft)"),
        "derived": tree("protectedProcedure.input(z.string())"),
        "input-first": tree("publicProcedure.input(z.string()).use(guard)"),
        "concat": tree("publicProcedure.concat(guardOnly)"),
        "no-router-guard": tree("publicProcedure"),
    }
