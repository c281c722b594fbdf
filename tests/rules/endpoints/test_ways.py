"""Guards with more than one way through: each way is judged by what was checked on it, and by nothing else."""

from __future__ import annotations

import pytest

from tests.rules.endpoints.test_guards import javascript

RESULT = """
const check = async (headers) => {
  const found = await db.keys.findOne(headers['x-api-key']);
  if (!found) return { ok: false };
  return { ok: true, user: found };
};
"""

GUARDS = {
    "known or turned away further down": """
const guard = async (req, res, next) => {
  const found = await db.tokens.findOne(req.headers['x-api-key']);
  if (found) return next();
  console.log('nobody');
  res.sendStatus(401);
};
""",
    "known or turned away, both said": """
const guard = async (req, res, next) => {
  const found = await db.tokens.findOne(req.headers['x-api-key']);
  if (found) { next(); } else { res.sendStatus(401); }
};
""",
    "known or turned away, in one expression": """
const guard = async (req, res, next) =>
  (await db.tokens.findOne(req.headers['x-api-key'])) ? next() : res.sendStatus(401);
""",
    "one of several credentials, each of them checked": """
const bySession = async (sent) => {
  const found = await db.sessions.findOne(sent);
  if (found?.user) { return { user: found.user }; }
  throw new Unauthorized();
};
const byKey = async (sent) => {
  const found = await db.keys.findOne(sent);
  if (!found) throw new Unauthorized();
  return { user: found.user };
};
const check = async (headers) => {
  if (headers.authorization) return bySession(headers.authorization);
  if (headers['x-api-key']) return byKey(headers['x-api-key']);
  throw new Unauthorized();
};
const guard = async (req, res, next) => {
  req.user = await check(req.headers);
  next();
};
""",
}

GUARDS |= {
    "a result that says no, passed on by another function": RESULT
    + """
const asked = async (req) => check(req.headers);
const guard = async (req, res, next) => {
  const result = await asked(req);
  if (!result.ok) return res.sendStatus(401);
  next();
};
""",
    "an error that is answered with its own status": """
const check = async (headers) => {
  const found = await db.keys.findOne(headers['x-api-key']);
  if (!found) throw new Unauthorized();
};
const guard = async (req, res, next) => {
  try {
    await check(req.headers);
    next();
  } catch (error) {
    res.status(error.status).json({});
  }
};
""",
}

OTHERS = {
    "a result that nobody asks": RESULT
    + """
const guard = async (req, res, next) => {
  req.result = await check(req.headers);
  next();
};
""",
    "one of several ways not checked": """
const byKey = async (sent) => {
  const found = await db.keys.findOne(sent);
  if (!found) throw new Unauthorized();
  return found;
};
const check = async (headers) => {
  if (headers['x-api-key']) return byKey(headers['x-api-key']);
  return null;
};
const guard = async (req, res, next) => {
  req.user = await check(req.headers);
  next();
};
""",
    "known or not, nobody turned away": """
const guard = async (req, res, next) => {
  const found = await db.tokens.findOne(req.headers['x-api-key']);
  if (found) { req.user = found; return next(); }
  console.log('nobody');
  next();
};
""",
}


@pytest.mark.parametrize("name", GUARDS)
def test_every_way_that_leads_through_was_checked(name: str) -> None:
    assert javascript(GUARDS[name]) == "guarded"


@pytest.mark.parametrize("name", OTHERS)
def test_one_way_that_was_not_checked_is_enough(name: str) -> None:
    assert javascript(OTHERS[name]) == "unguarded"
