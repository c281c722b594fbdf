"""Handlers of Next.js that pass on what other functions decided: what a test told of a value is kept."""

from __future__ import annotations

import pytest

from rules.facts.endpoints.machine.values import MAX_OPTIONS
from tests.rules.endpoints.trees import table

NEXT = {"next.config.js": "module.exports = {}", "package.json": '{"dependencies": {"next": "16.0.0"}}'}
KNOWN = """
const sent = async (req) => {
  const key = req.headers.get('x-api-key');
  if (!key) return null;
  const found = await db.keys.findOne(key);
  return found ? { id: found.id } : null;
};
const limited = async (req) => {
  if (!process.env.LIMITED) return null;
  return new Response(null, { status: 429 });
};
"""

GUARDED = {
    "an answer that is passed on only where there is one": """
export const GET = async (req) => {
  const early = await limited(req);
  if (early) return early;
  if (!(await sent(req))) return new Response(null, { status: 401 });
  return Response.json({});
};
""",
    "a result that holds an answer or a caller": """
const asked = async (req) => {
  const caller = await sent(req);
  if (!caller) return { caller: null, response: new Response(null, { status: 401 }) };
  return { caller, response: null };
};
export const GET = async (req) => {
  const result = await asked(req);
  if (result.response) return result.response;
  return Response.json({});
};
""",
}

OPEN = {
    "a result whose answer nobody passes on": """
const asked = async (req) => {
  const caller = await sent(req);
  if (!caller) return { caller: null, response: new Response(null, { status: 401 }) };
  return { caller, response: null };
};
export const GET = async (req) => {
  const result = await asked(req);
  if (!result.response) console.log('known');
  return Response.json({});
};
""",
    "a test the wrong way round": """
export const GET = async (req) => {
  const caller = await sent(req);
  if (caller) return new Response(null, { status: 401 });
  return Response.json({});
};
""",
}


def served(source: str) -> str:
    return table({**NEXT, "app/r/route.ts": KNOWN + source})["GET /r"]


@pytest.mark.parametrize("name", GUARDED)
def test_what_a_test_told_of_a_value_is_kept(name: str) -> None:
    assert served(GUARDED[name]) == "guarded"


@pytest.mark.parametrize("name", OPEN)
def test_a_test_that_lets_strangers_pass_is_no_guard(name: str) -> None:
    assert served(OPEN[name]) == "unguarded"


def test_a_handler_that_only_singles_out_preflights_serves_every_method() -> None:
    handler = """
export default async function handler(req, res) {
  if (req.method === 'OPTIONS') return res.status(200).end();
  const session = await getServerSession(req, res);
  if (!session) return res.status(401).end();
  res.json({});
}
"""
    source = "import { getServerSession } from 'next-auth/next';" + handler
    found = table({**NEXT, "pages/api/r.ts": source})
    assert found["POST /api/r"] == found["GET /api/r"] == "guarded"
    assert found["OPTIONS /api/r"] == "unguarded"


def test_what_is_nested_too_deeply_to_be_followed_may_be_a_guard() -> None:
    deep = "!" * 120
    source = f"""
export const GET = async (req) => {{
  const known = {deep}(await sent(req));
  return Response.json({{}});
}};
"""
    assert served(source) == "unknown"


def test_more_answers_than_are_kept_may_all_be_refusals() -> None:
    each = "".join(
        f"  if (reason === '{n}') return new Response('{n}', {{ status: 401 }});\n" for n in range(MAX_OPTIONS)
    )
    source = f"""
const refused = (reason) => {{
{each}  return new Response(null, {{ status: 401 }});
}};
export const GET = async (req) => refused(req.nextUrl.searchParams.get('reason'));
"""
    assert served(source) == "unknown"
