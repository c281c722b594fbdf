"""What well-known libraries do to a caller without an identity, by the name of what is called.

Facts of the libraries' documentation. A name is written as seen from outside: `passport.authenticate()` is what the
call gives. What is in no table is judged by what it is given and by what follows from its result.
"""

from __future__ import annotations

import re

AMBIENT = {
    "flask.request": "request",
    "flask.session": "session",
    "flask.g": "context",
    "flask_login.current_user": "anonymous",
    "flask_security.current_user": "anonymous",
    "flask_jwt_extended.current_user": "absent",
    "quart.request": "request",
    "quart.session": "session",
    "quart.g": "context",
}
"""Names that stand for the request in progress."""

REQUESTS = frozenset(("express.Request", "fastify.FastifyRequest"))
"""Types whose objects are a request: what a container puts into an object that it makes for each."""

GIVES = {
    "flask_jwt_extended.get_jwt_identity": "absent",
    "flask_jwt_extended.get_current_user": "absent",
    "flask_jwt_extended.get_jwt": "absent",
    "next/headers.cookies": "cookies",
    "next/headers.headers": "headers",
    "next-auth.getServerSession": "absent",
    "next-auth/next.getServerSession": "absent",
    "next-auth/next.unstable_getServerSession": "absent",
    "next-auth.unstable_getServerSession": "absent",
    "next-auth/react.getSession": "absent",
    "next-auth/jwt.getToken": "absent",
    "next-auth().auth": "absent",
    "@clerk/nextjs/server.auth": "absent",
    "@clerk/nextjs.auth": "absent",
    "@clerk/nextjs/server.currentUser": "absent",
    "@clerk/nextjs.currentUser": "absent",
    "@clerk/nextjs/server.getAuth": "absent",
    "@clerk/express.getAuth": "absent",
    "@clerk/fastify.getAuth": "absent",
    "@hono/clerk-auth.getAuth": "absent",
    "@auth0/nextjs-auth0.getSession": "absent",
    "@auth0/nextjs-auth0/server.Auth0Client().getSession": "absent",
    "better-auth.betterAuth().api.getSession": "absent",
    "iron-session.getIronSession": "session",
    "lucia.Lucia().validateSession": "absent",
    "@supabase/ssr.createServerClient().auth.getUser": "absent",
    "@supabase/ssr.createServerClient().auth.getSession": "absent",
    "@supabase/supabase-js.createClient().auth.getUser": "absent",
    "@kinde-oss/kinde-auth-nextjs/server.getKindeServerSession().getUser": "absent",
    "@kinde-oss/kinde-auth-nextjs/server.getKindeServerSession().isAuthenticated": "absent",
    "django.contrib.auth.get_user": "anonymous",
    "django.contrib.auth.authenticate": "server",
    "fastapi.security.utils.get_authorization_scheme_param": "credential",
    "hono/jwt.decode": "credential",
    "jsonwebtoken.decode": "credential",
    "jose.decodeJwt": "credential",
    "jwt-decode": "credential",
    "jwt-decode.jwtDecode": "credential",
    "jwt.get_unverified_header": "credential",
    "jose.jwt.get_unverified_claims": "credential",
    "cookie.parse": "cookies",
    "hono/cookie.getCookie": "credential",
    "hono/cookie.getSignedCookie": "absent",
}
"""What a call gives to somebody who is not known."""

VERIFIES = frozenset((
    "jwt.decode", "jose.jwt.decode", "authlib.jose.jwt.decode", "authlib.jose.JsonWebToken().decode",
    "jwt.PyJWT().decode", "jsonwebtoken.verify", "jose.jwtVerify", "hono/jwt.verify", "jwt-simple.decode",
    "firebase_admin.auth.verify_id_token", "firebase_admin.auth.verify_session_cookie",
    "google.oauth2.id_token.verify_oauth2_token", "itsdangerous.URLSafeTimedSerializer().loads",
    "itsdangerous.URLSafeSerializer().loads", "itsdangerous.TimestampSigner().unsign",
    "itsdangerous.Signer().unsign", "stripe.Webhook.construct_event", "stripe().webhooks.constructEvent",
    "stripe().webhooks.constructEventAsync", "svix.Webhook().verify", "@clerk/nextjs/webhooks.verifyWebhook",
    "@clerk/backend.verifyToken", "firebase-admin.auth().verifyIdToken",
    "firebase-admin/auth.getAuth().verifyIdToken", "google-auth-library.OAuth2Client().verifyIdToken",
    "paseto.V4.verify", "fastapi_jwt_auth.AuthJWT.jwt_required",
    "aws-jwt-verify.CognitoJwtVerifier.create().verify", "@octokit/webhooks.Webhooks().verifyAndReceive",
))  # fmt: skip
"""Functions that throw for a credential that was made up."""

THROWS = frozenset((
    "@clerk/nextjs/server.auth.protect", "@clerk/nextjs.auth.protect", "@clerk/nextjs/server.auth().protect",
    "@clerk/nextjs.auth().protect", "flask_jwt_extended.verify_jwt_in_request", "<request>.jwtVerify",
    "@casl/ability.ForbiddenError.from().throwUnlessCan", "@clerk/nextjs/server.auth().redirectToSignIn",
    "@clerk/nextjs.auth().redirectToSignIn",
))  # fmt: skip
"""Functions that throw, or redirect to the login, unless the caller is known."""

REFUSES = frozenset(("handle_no_permission", "permission_denied"))
"""Methods that mixins of the libraries have to turn a caller away with."""

STOPS = {
    "flask.abort": 0,
    "werkzeug.exceptions.abort": 0,
    "quart.abort": 0,
    "next/navigation.notFound": 404,
    "next/navigation.redirect": 302,
    "next/navigation.permanentRedirect": 302,
    "next/navigation.unauthorized": 401,
    "next/navigation.forbidden": 403,
    "django.shortcuts.get_object_or_404": -1,
}
"""Functions that never come back: the status that they answer with, 0 where an argument says it, -1 where they may."""

GIVEN_FIRST = {"@clerk/nextjs/server.clerkMiddleware()": "@clerk/nextjs/server.auth"}
"""What wrappers hand to the function in them before everything else."""

COPIES_NAME = frozenset(("functools.wraps", "functools.update_wrapper"))
"""What is given a function only to look at."""

RESPONSES = frozenset(
    f"{module}{name}" for module in ("", "next/server.Next") for name in ("Response", "Response.json")
)
"""What makes a response of which code may ask the status again."""

RUNS = frozenset((
    "startactivespan", "startspan", "run", "runwith", "runwithcontext", "runincontext", "runexclusive", "with",
    "withscope", "withspan", "withactivespan", "withisolationscope", "$transaction", "transaction", "trace",
    "instrument", "wrap", "retry",
))  # fmt: skip
"""Methods that run the one function that they are given, and give back what it returns."""

ROUTE_MATCHERS = frozenset(("@clerk/nextjs/server.createRouteMatcher()",))
"""Functions that tell whether the path of a request is among some patterns."""

COMPARES = frozenset((
    "hmac.compare_digest", "secrets.compare_digest", "crypto.timingSafeEqual", "safe-compare", "tsscmp",
    "django.utils.crypto.constant_time_compare", "scmp", "timing-safe-compare",
))  # fmt: skip

GUARDS = {
    "flask_login.login_required": "authn",
    "flask_login.fresh_login_required": "authn",
    "flask_security.login_required": "authn",
    "flask_security.auth_required()": "authn",
    "flask_security.roles_required()": "role",
    "flask_security.roles_accepted()": "role",
    "flask_jwt_extended.jwt_required": "authn",
    "flask_jwt_extended.jwt_required()": "authn",
    "flask_httpauth.HTTPBasicAuth().login_required": "authn",
    "flask_httpauth.HTTPTokenAuth().login_required": "authn",
    "flask_httpauth.HTTPBasicAuth().login_required()": "authn",
    "flask_httpauth.HTTPTokenAuth().login_required()": "authn",
    "fastapi_users.FastAPIUsers().current_user()": "authn",
    "starlette.authentication.requires()": "scope",
    "django.contrib.auth.decorators.login_required": "authn",
    "django.contrib.auth.decorators.login_required()": "authn",
    "django.contrib.auth.decorators.permission_required()": "role",
    "django.contrib.auth.decorators.user_passes_test()": "role",
    "django.contrib.admin.views.decorators.staff_member_required": "role",
    "django.contrib.admin.views.decorators.staff_member_required()": "role",
    "django.contrib.auth.mixins.LoginRequiredMixin": "authn",
    "django.contrib.auth.mixins.PermissionRequiredMixin": "role",
    "django.contrib.auth.mixins.UserPassesTestMixin": "role",
    "django.contrib.auth.middleware.LoginRequiredMiddleware": "authn",
    "rest_framework.permissions.IsAuthenticated": "authn",
    "rest_framework.permissions.IsAdminUser": "role",
    "rest_framework.permissions.IsAuthenticatedOrReadOnly": "authn",
    "rest_framework.permissions.DjangoModelPermissions": "role",
    "rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly": "role",
    "rest_framework.permissions.DjangoObjectPermissions": "role",
    "rest_framework_api_key.permissions.HasAPIKey": "authn",
    "oauth2_provider.contrib.rest_framework.TokenHasScope": "scope",
    "oauth2_provider.contrib.rest_framework.TokenHasReadWriteScope": "scope",
    "oauth2_provider.contrib.rest_framework.TokenMatchesOASRequirements": "scope",
    "litestar.security.jwt.JWTAuth": "authn",
    "litestar.security.jwt.JWTCookieAuth": "authn",
    "litestar.security.jwt.OAuth2PasswordBearerAuth": "authn",
    "litestar.security.session_auth.SessionAuth": "authn",
    "fastapi.security.HTTPBasic()": "presence",
    "fastapi.security.HTTPBearer()": "presence",
    "fastapi.security.HTTPDigest()": "presence",
    "fastapi.security.OAuth2PasswordBearer()": "presence",
    "fastapi.security.OAuth2AuthorizationCodeBearer()": "presence",
    "fastapi.security.OpenIdConnect()": "presence",
    "fastapi.security.OAuth2()": "presence",
    "fastapi.security.APIKeyHeader()": "presence",
    "fastapi.security.APIKeyCookie()": "presence",
    "fastapi.security.APIKeyQuery()": "presence",
    "next-auth/middleware": "authn",
    "next-auth/middleware.default": "authn",
    "next-auth/middleware.withAuth()": "authn",
    "passport.authenticate()": "authn",
    "koa-passport.authenticate()": "authn",
    "express-jwt.expressjwt()": "authn",
    "express-jwt()": "authn",
    "express-jwt.jwt()": "authn",
    "koa-jwt()": "authn",
    "express-oauth2-jwt-bearer.auth()": "authn",
    "express-oauth2-jwt-bearer.requiredScopes()": "scope",
    "express-openid-connect.requiresAuth()": "authn",
    "connect-ensure-login.ensureLoggedIn()": "authn",
    "express-basic-auth()": "authn",
    "@clerk/express.requireAuth()": "authn",
    "@clerk/clerk-sdk-node.ClerkExpressRequireAuth()": "authn",
    "keycloak-connect().protect()": "authn",
    "supertokens-node/recipe/session/framework/express.verifySession()": "authn",
    "hono/bearer-auth.bearerAuth()": "authn",
    "hono/basic-auth.basicAuth()": "authn",
    "hono/jwt.jwt()": "authn",
    "hono/jwk.jwk()": "authn",
    "@fastify/basic-auth": "authn",
    "@hono/oidc-auth.oidcAuthMiddleware()": "authn",
    "@hono/auth-js.verifyAuth()": "authn",
    "@nestjs/passport.AuthGuard()": "authn",
}
"""What turns a caller away when it stands before a handler, as decorator, middleware, dependency or guard class.

`presence` asks only that a credential is sent: any that is made up passes.
"""

OPTIONAL_WORDS = {
    "optional": True,
    "credentialsRequired": False,
    "auto_error": False,
    "required": False,
    "passthrough": True,
    "skipAuth": True,
    "authRequired": False,
}
"""Options with which what is listed above lets everybody pass."""

LOGINS = frozenset((
    "local", "google", "facebook", "github", "gitlab", "twitter", "linkedin", "apple", "saml", "oauth2",
    "openidconnect", "oidc", "discord", "microsoft", "azuread-openidconnect", "auth0", "steam", "slack",
    "spotify", "magiclogin", "ldapauth",
))  # fmt: skip
"""Strategies that are the login itself."""

THROTTLES = (
    "express-rate-limit", "rate-limiter-flexible", "express-slow-down", "slowapi", "fastapi_limiter",
    "flask_limiter", "koa-ratelimit", "hono-rate-limiter", "@fastify/rate-limit", "@nestjs/throttler",
    "django_ratelimit", "@upstash/ratelimit", "limits",
)  # fmt: skip

VALIDATORS = (
    "express-validator", "celebrate", "joi", "zod", "zod-express-middleware", "@hono/zod-validator", "ajv",
    "yup", "express-zod-api", "webargs", "marshmallow", "flask_pydantic", "hono/validator",
    "@hono/standard-validator",
)  # fmt: skip

PARSES = frozenset(("parse", "parseAsync", "validateAsync", "load"))
"""Methods of validators that throw for what does not fit."""

NEVER_GUARDS = (
    "csurf", "lusca", "helmet", "cors", "express-session", "cookie-session", "passport.initialize()",
    "passport.session()", "cookie-parser", "body-parser", "multer",
    "fastapi.security.OAuth2PasswordRequestForm", "express.json()", "express.urlencoded()",
    "express.static()", "express.raw()", "express.text()", "koa-session", "hono/csrf", "hono/cors",
    "flask_wtf", "starlette.middleware.sessions",
    "starlette.middleware.authentication.AuthenticationMiddleware", "@clerk/express.clerkMiddleware()",
    "@clerk/nextjs/server.clerkMiddleware()", "csrf-csrf", "tiny-csrf", "express-fileupload", "connect-flash",
    "morgan", "compression",
    "@hono/clerk-auth.clerkMiddleware()", "@hono/auth-js.initAuthConfig()", "@hono/session",
    "next-auth().handlers", "next-auth().auth",
    "django.views.decorators", "django.contrib.auth.decorators.login_not_required",
    "django.utils.decorators", "django.contrib.auth.login", "django.contrib.auth.logout",
    "django.contrib.auth.update_session_auth_hash", "django.contrib.auth.authenticate",
    "rest_framework.decorators", "drf_spectacular", "drf_yasg", "express-http-context",
)  # fmt: skip
"""Names that sound like guards or stand where guards stand, and let everybody pass."""

GUARDLIKE = re.compile(
    r"auth(?!or)|log(ged)?_?in|sign(ed)?_?in|session|permission|permit|guard|token|jwt|bearer|secur|protect|acl|role|rbac"
    r"|require|verif|admin|access|allow|identity|clerk|passport|oauth|oidc|api_?key|scope|ensure|member|owner|user|can_"
    r"|restrict|signature|webhook|private",
    re.IGNORECASE,
)
"""Names that might be a guard's. They never prove one: they tell what is unknown from what is harmless."""

REJECTING = re.compile(
    rb"\b40[13]\b|unauthori|unauthenticat|forbidden|permission|login|not_?authenticated", re.IGNORECASE
)
"""Words in the source of a function that may turn a caller away."""


def begins(name: str, names: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of these, or something of one of these."""
    return any(name == known or (name.startswith(known) and name[len(known)] in ".(/") for known in names)
