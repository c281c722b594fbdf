"""Whether something before the application limits how often callers may ask: a proxy, an ingress, a firewall."""

from __future__ import annotations

from rules.core.codebase import Codebase, Fact, FileReader

ENDINGS = (".conf", ".conf.template", ".tf", ".yaml", ".yml", ".toml", "Caddyfile")
LIMITS = (
    b"limit_req", b"rate_based_statement", b"limit-rps", b"limit-rpm", b"limit-connections", b"cloudflare_ruleset",
    b"cloudflare_rate_limit", b"RateLimit", b"ratelimit", b"rate_limit", b"rateLimit",
)  # fmt: skip
"""What nginx, AWS WAF, the ingress of Kubernetes, Cloudflare, Traefik, Envoy and Caddy call a limit."""


def _limited(path: str, content: bytes) -> bool:
    lines = (line for line in content.splitlines() if not line.lstrip().startswith(b"#"))
    return any(word in line for line in lines for word in LIMITS)


def _at_the_edge(code: Codebase) -> bool:
    paths = [path for path in sorted(code.files) if path.endswith(ENDINGS)]
    return any(code.read_files(FileReader("edge limits", "1", bool, _limited), paths).values())


LIMITED_AT_THE_EDGE: Fact[bool] = Fact("limited at the edge", _at_the_edge)
