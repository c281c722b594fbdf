"""Why nobody would ask for a guard on some endpoints, told from their method and path."""

from __future__ import annotations

REASONS = {
    "health check": (
        "health", "healthz", "health-check", "healthcheck", "livez", "readyz", "live", "ready", "ping", "heartbeat",
        "liveness", "readiness", "up", "alive", "_health", "status",
    ),
    "sign-in or account recovery": (
        "login", "logout", "signin", "sign-in", "signout", "sign-out", "signup", "sign-up", "register",
        "registration",
        "callback", "access-token", "refresh-token",
        "token", "forgot-password", "reset-password", "password-recovery", "password-reset",
        "recover-password", "verify-email", "confirm-email", "oauth", "oauth2", "oidc", "saml", "sso", "authorize",
        "forgot", "passwordless", "magic-link", "csrf", "csrf-token", "csrftoken",
    ),
    "static file or description": (
        "docs", "redoc", "openapi.json", "openapi", "swagger", "api-docs", "static", "assets", "favicon.ico",
        "robots.txt", "sitemap.xml", ".well-known", "public", "manifest.json", "metrics.txt",
    ),
}  # fmt: skip

SIGN_IN = "sign-in or account recovery"
FEDERATED = frozenset(("oauth", "oauth2", "oidc", "saml", "sso"))
SIGNS_IN = frozenset(("authorize", "callback", "login", "start", "acs", "metadata"))
READING = frozenset(("GET", "HEAD", "OPTIONS", "QUERY"))


def public_reason(method: str, path: str) -> str:
    """The reason, or an empty text. A health check or a description that changes something is no such thing.

    The word stands last, or before a parameter or another such word; behind a parameter it is about somebody's account.
    """
    parts = [part.lower().replace("_", "-") for part in path.split("/") if part]
    if not parts:
        return "start page" if method in READING else ""
    if FEDERATED.intersection(parts) and SIGNS_IN.intersection(parts):
        return SIGN_IN
    for reason, words in REASONS.items():
        if reason != SIGN_IN and method not in READING:
            continue
        last = len(parts) - 1
        if is_parameter(parts[last]) or (last and parts[last] in words):
            last -= 1
        named = parts[-1] in words or (last >= 0 and parts[last] in words and reason == SIGN_IN)
        if named and not any(is_parameter(part) for part in parts[: max(last, 0)]):
            return reason
    return "static file or description" if parts[0] in ("static", "assets", ".well-known") else ""


def is_parameter(part: str) -> bool:
    return part[:1] in ":{<[$*"
