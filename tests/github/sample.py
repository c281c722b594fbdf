"""A small shop, and a change to it with one problem for each pack."""

from __future__ import annotations

README = "# Shop\n\n" + "The shop sells things to people who want to have them, and sends them by mail. " * 6
SECURITY = "# Security\n\n" + "Write to security@shop.example, and we answer within two working days. " * 6
RUNBOOK = "# Runbook\n\n" + "When the queue of orders grows, look at the mail worker first and start it again. " * 6

ORDERS = """\
from fastapi import APIRouter, Depends

from api.auth import require_user

router = APIRouter(prefix="/orders")


@router.get("/", dependencies=[Depends(require_user)])
def list_orders():
    return []


@router.post("/", dependencies=[Depends(require_user)])
def place_order():
    return {"id": 1}
"""

BASE = {
    "README.md": README,
    "SECURITY.md": SECURITY,
    "docs/RUNBOOK.md": RUNBOOK,
    ".env.example": "DATABASE_URL=\nAPI_TOKEN=\n",
    "api/__init__.py": "",
    "api/auth.py": (
        "import os\nimport secrets\n\nfrom fastapi import Header, HTTPException\n\n\n"
        'def require_user(authorization: str = Header("")):\n'
        '    if not secrets.compare_digest(authorization, os.environ["API_TOKEN"]):\n'
        "        raise HTTPException(401)\n"
    ),
    "api/db.py": 'import os\n\nDATABASE_URL = os.environ["DATABASE_URL"]\n',
    "api/main.py": (
        "from fastapi import FastAPI\n\nfrom api import orders\n\napp = FastAPI()\napp.include_router(orders.router)\n"
    ),
    "api/orders.py": ORDERS,
    "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    "prisma/migrations/1_init/migration.sql": (
        "CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL, note text);\n"
    ),
}

CHANGE = {
    "api/mail.py": 'import os\n\nMAIL_KEY = os.environ["MAIL_KEY"]\n',
    "api/orders.py": ORDERS
    + '\n\n@router.delete("/{order}")\ndef cancel_order(order: int):\n    return {"id": order}\n',
    "docs/RUNBOOK.md": "# Runbook\n\nTBD\n",
    "prisma/migrations/2_by_customer/migration.sql": "CREATE INDEX by_customer ON orders (customer);\n",
    "prisma/migrations/3_without_note/migration.sql": "ALTER TABLE orders DROP COLUMN note;\n",
    "web/client.ts": (
        'import https from "node:https";\n\nexport const agent = new https.Agent({ rejectUnauthorized: false });\n'
    ),
}

BY_HAND = {
    "docs/RUNBOOK.md": RUNBOOK,
    "prisma/migrations/3_without_note/migration.sql": None,
    "web/client.ts": 'import https from "node:https";\n\nexport const agent = new https.Agent();\n',
}
"""What no tool can decide: what to do at night, when nobody reads a column any more, whom to trust."""
