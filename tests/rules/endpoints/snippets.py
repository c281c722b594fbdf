"""Small guards and what is none, by what they do. Each defines the name `guard`."""

from __future__ import annotations

PYTHON_GUARDS = {
    "token verified": """
def guard(token: Annotated[str, Header(alias="Authorization")]):
    try:
        return jwt.decode(token, "k", algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
""",
    "shared secret compared": """
def guard(authorization: str = Header(None)):
    if authorization != settings.API_KEY:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
""",
    "session two calls away": """
def read(request):
    return request.session.get('user_id')


def innocent(request: Request):
    return read(request)


def guard(who=Depends(innocent)):
    if who is None:
        raise HTTPException(401)
""",
    "user kept with the request": """
def guard(request: Request):
    if not request.state.user:
        raise HTTPException(401)
""",
    "callable object": """
class Guard:
    def __init__(self, role):
        self.role = role

    def __call__(self, request: Request):
        if request.session.get('role') != self.role:
            raise HTTPException(403)


guard = Guard('admin')
""",
    "closure of a factory": """
def make(role):
    def dependency(request: Request):
        user = request.session.get('user')
        if not user or role not in user['roles']:
            raise HTTPException(403)
        return user
    return dependency


guard = make('admin')
""",
    "signature": """
async def guard(request: Request):
    sent = request.headers.get('x-signature', '')
    mine = hmac.new(b'k', await request.body(), 'sha256').hexdigest()
    if not hmac.compare_digest(sent, mine):
        raise HTTPException(401)
""",
    "credential looked up": """
def guard(session: str = Cookie(None), db=None):
    row = db.sessions.find_one(session)
    if row is None:
        raise HTTPException(401)
    return row
""",
    "credential checked outside, failure turned away": """
from vendor.sso import client


def guard(authorization: str = Header(None)):
    try:
        who = client.introspect(authorization)
    except Exception:
        raise HTTPException(401)
    return who
""",
}

PYTHON_OTHERS = {
    "a dependency that is no guard": """
def guard(db=None):
    yield db
""",
    "only the name": """
def require_admin(request: Request):
    pass


guard = require_admin
""",
    "throttle": """
hits = {}


def guard(request: Request):
    hits[request.client.host] = 1
    if hits.get(request.client.host, 0) > 10:
        raise HTTPException(429)
""",
    "origin": """
def guard(request: Request):
    if request.headers.get('origin') not in ('https://a',):
        raise HTTPException(403)
""",
    "csrf token": """
def guard(request: Request):
    if request.session['csrf_token'] != request.headers.get('x-csrf-token'):
        raise HTTPException(403)
""",
    "feature flag": """
def guard():
    if not settings.flag:
        raise HTTPException(404)
""",
    "validator": """
def guard(body: dict):
    if 'name' not in body:
        raise HTTPException(400)
""",
    "lookup": """
def guard(item_id: int, db=None):
    item = db.get(item_id)
    if item is None:
        raise HTTPException(404)
    return item
""",
    "login form": """
def guard(body: dict, db=None):
    user = db.find(body['email'])
    if user is None:
        raise HTTPException(401)
""",
    "soft read": """
def guard(request: Request):
    request.state.user = request.session.get('user')
""",
    "presence of a header only": """
def guard(authorization: str = Header(None)):
    if authorization is None:
        raise HTTPException(401)
    return jwt.decode(authorization, options={'verify_signature': False})
""",
    "token in the query": """
def guard(token: str):
    return jwt.decode(token, 'k', algorithms=['HS256'])
""",
    "error swallowed": """
def guard(authorization: str = Header(None)):
    try:
        return jwt.decode(authorization, 'k')
    except Exception:
        return None
""",
    "inverted condition": """
def guard(request: Request):
    user = request.session.get('user')
    if user:
        raise HTTPException(403)
""",
}

JAVASCRIPT_GUARDS = {
    "token verified with a callback": """
function guard(req, res, next) {
  const token = (req.headers.authorization || '').split(' ')[1];
  if (!token) return res.sendStatus(401);
  jwt.verify(token, process.env.SECRET, (err, user) => {
    if (err) return res.sendStatus(403);
    req.user = user;
    next();
  });
}
""",
    "innocent name": """
const appendUserId = (req, res, next) => {
  try {
    req.id = jwt.verify(req.cookies.t, 'k').id;
    next();
  } catch (e) { res.status(401).json({ message: 'no' }); }
};
const guard = appendUserId;
""",
    "redirect to the login": """
const guard = (req, res, next) => req.isAuthenticated() ? next() : res.redirect('/login');
""",
    "error handed on": """
const guard = (req, res, next) => next(req.user ? undefined : new Error('Unauthorized'));
""",
    "role of the user in the session": """
async function load(id) { return db.users.findById(id); }
async function guard(req, res, next) {
  const user = await load(req.session.userId);
  if (!user || user.role !== 'admin') {
    return res.status(403).send('Forbidden');
  }
  next();
}
""",
    "method of an object": """
class Auth { constructor(role) { this.role = role; }
  check = (req, res, next) => {
    if (req.user?.role !== this.role) throw new ForbiddenError();
    next(); } }
const guard = new Auth('admin').check;
""",
    "passport": """
const passport = require('passport');
const guard = passport.authenticate('jwt', { session: false });
""",
    "express-jwt": """
const { expressjwt } = require('express-jwt');
const guard = expressjwt({ secret: 's' });
""",
    "wrapped": """
const wrap = require('express-async-handler');
const guard = wrap(async (req, res, next) => {
  if (!req.user) throw new Unauthorized();
  next(); });
""",
    "signature": """
const guard = (req, res, next) => {
  const mac = crypto.createHmac('sha256', 'k').update(req.rawBody).digest('hex');
  if (!crypto.timingSafeEqual(Buffer.from(mac), Buffer.from(req.headers['x-signature']))) return res.sendStatus(401);
  next();
};
""",
    "secret in the body, validated and compared in constant time": """
const { z } = require('zod');
const keyed = z.object({ key: z.string() });
const guard = (req, res, next) => {
  const sent = keyed.safeParse(req.body);
  if (!sent.success) return res.sendStatus(400);
  if (!crypto.timingSafeEqual(Buffer.from(sent.data.key), Buffer.from(process.env.ADMIN_KEY))) {
    return res.sendStatus(401);
  }
  next();
};
""",
    "credential among those that are known": """
const keys = new Set((process.env.KEYS || '').split(','));
const guard = (req, res, next) => {
  if (!keys.has(req.headers['x-api-key'])) return res.sendStatus(401);
  next();
};
""",
    "credential found": """
const guard = async (req, res, next) => {
  const found = await db.tokens.find(req.headers['x-api-key']);
  if (!found) return res.sendStatus(401);
  next();
};
""",
    "no elements": """
const roles = ['admin'];
const guard = (req, res, next) => {
  if (roles.length === 0 || 'x'.length === 2) return next();
  if (!req.user) return res.sendStatus(401);
  next();
};
""",
    "secret in the body": """
const guard = (req, res, next) => {
  if (req.body.key !== process.env.ADMIN_KEY) return res.sendStatus(401);
  next();
};
""",
}

JAVASCRIPT_OTHERS = {
    "nothing": """
const guard = (req, res, next) => next();
""",
    "helmet": """
const guard = require('helmet')();
""",
    "rate limit": """
const guard = require('express-rate-limit')({ windowMs: 1000 });
""",
    "csrf": """
const guard = require('csurf')();
""",
    "passport started": """
const passport = require('passport');
const guard = passport.initialize();
""",
    "login": """
const passport = require('passport');
const guard = passport.authenticate('google');
""",
    "express-jwt that lets everybody pass": """
const { expressjwt } = require('express-jwt');
const guard = expressjwt({ credentialsRequired: false });
""",
    "only the form of a credential": """
const guard = (req, res, next) => {
  const sent = (req.headers.authorization || '').match(/^Bearer (.+)$/);
  if (!sent || !sent[1].includes('.')) return res.sendStatus(401);
  next();
};
""",
    "a checked way beside an open one": """
const guard = async (req, res, next) => {
  if (req.headers.authorization) {
    const token = await db.tokens.find(req.headers.authorization);
    if (!token) return res.sendStatus(401);
    return next();
  }
  next();
};
""",
    "an open way beside a checked one": """
const guard = async (req, res, next) => {
  if (!req.headers.authorization) return next();
  const token = await db.tokens.find(req.headers.authorization);
  if (!token) return res.sendStatus(401);
  next();
};
""",
    "validator with a guard's name": """
const requireAuth = (req, res, next) => {
  if (!req.body.name) return res.sendStatus(400);
  next();
};
const guard = requireAuth;
""",
    "only logged": """
const guard = (req, res, next) => {
  if (!req.user) console.log('nobody');
  next();
};
""",
    "status set, request goes on": """
const guard = (req, res, next) => {
  if (!req.user) res.status(401);
  next();
};
""",
    "redirect to https": """
const guard = (req, res, next) => {
  if (req.headers['x-forwarded-proto'] !== 'https') return res.redirect('https://a');
  next();
};
""",
    "captcha": """
const guard = async (req, res, next) => {
  const c = await db.captcha.check(req.body.captcha); if (!c) return res.sendStatus(403);
  next();
};
""",
}

DOUBTFUL = {
    "defined outside": """
const { requireUser } = require('@acme/auth');
const guard = requireUser;
""",
    "one of two": """
const strict = (req, res, next) => (req.user ? next() : res.sendStatus(401));
const guard = process.env.AUTH ? strict : (req, res, next) => next();
""",
    "under a condition of the server": """
const guard = (req, res, next) => {
  if (process.env.AUTH && !req.user) return res.sendStatus(401);
  next();
};
""",
}
