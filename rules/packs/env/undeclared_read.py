from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.env import ENV, EnvKey


class UndeclaredRead(Rule[EnvKey]):
    """The code reads an environment variable that nobody declared.

    Whoever deploys this code learns of the variable from a crash, or worse, from a default that was
    meant for a laptop. Declare it in the template that the repository already has: the nearest
    `.env.schema`, `.env.example`, `.env.sample`, `.env.template` or `.env.dist`.

    Variables that the platform sets (`NODE_ENV`, `CI`, `PATH`, `GITHUB_*` …) and reads in tests do not
    count. A read with a default beside it is a warning. Without any template the finding is a warning
    too: then there is nothing that the change could have kept up to date.
    """

    id = "env/undeclared-read"
    reference = "ENV-01"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = ENV
    examples = (
        Bad(
            {".env.example": "DATABASE_URL=\n", "src/mail.ts": "const key = process.env.MAIL_KEY;\n"},
            line=1,
            fixed={".env.example": "DATABASE_URL=\nMAIL_KEY=\n"},
        ),
        Bad(
            {"api/.env.example": "PORT=8000", "api/app.py": 'import os\n\nurl = os.environ["REDIS_URL"]\n'},
            line=3,
            fixed={"api/.env.example": "PORT=8000\nREDIS_URL=\n"},
        ),
        Bad({"app.py": 'from os import getenv as g\nregion = g("REGION", "eu")\n'}, line=2),
        Good(
            {
                ".env.example": "MAIL_KEY=\n",
                "src/mail.ts": 'const { MAIL_KEY } = process.env;\nuse(process.env["MAIL_KEY"]);\n',
            }
        ),
        Good({".env.example": "A=\n", "src/x.ts": 'if (process.env.NODE_ENV === "test") process.env.SEEDED = "1";\n'}),
        Good({".env.example": "A=\n", "tests/test_x.py": 'import os\nos.environ["ONLY_IN_TESTS"]\n'}),
    )

    def check(self, subject: EnvKey, code: Codebase) -> Iterable[Finding]:
        if subject.declared:
            return
        first, *others = sorted(subject.reads, key=lambda read: read.optional)
        soft = first.optional or not subject.template
        where = f"is not declared in {subject.template}" if subject.template else "is declared in no .env template"
        yield self.finding(
            (subject.template, subject.key),
            f"{subject.key} is read here but {where}.",
            first.where,
            severity=Severity.WARNING if soft else Severity.ERROR,
            fix=self._fix(subject, code),
            related=tuple(Related(read.where, "read here too") for read in others[:10]),
        )

    def _fix(self, subject: EnvKey, code: Codebase) -> Fix | None:
        content = code.text(subject.template) if subject.template else None
        if content is None:
            return None
        start = b"" if not content or content.endswith(b"\n") else b"\n"
        edit = Edit(subject.template, Span(len(content), len(content)), start + f"{subject.key}=\n".encode())
        return Fix(f"Declare {subject.key} in {subject.template}", (edit,))
