from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn, CreateTable, DropColumn, DropTable, RenameColumn, RenameTable
from migration_guards.declared import DECLARED
from migration_guards.facts import OPERATIONS
from migration_guards.guard import Guard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity
from rules.core.rule import Bad, Good


class DroppedStillDeclared(Guard):
    """A column or table goes, and a model of the program still declares it.

    The program of this very change asks for it in its next query and fails. Take it out of the model first, in a
    release of its own, and drop it when nothing asks for it any more. Prisma's schema and the models of Django and
    SQLAlchemy are read.
    """

    id = "migrations/dropped-still-declared"
    reference = "MC08"
    severity = Severity.ERROR
    since = "0.1.0"
    supersedes = frozenset({"migrations/drop-column", "migrations/drop-table"})
    examples = (
        Bad(
            {
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
                "prisma/migrations/2_a/migration.sql": 'ALTER TABLE "users" DROP COLUMN "email";',
                "prisma/schema.prisma": 'model User {\n  mail String @map("email")\n  @@map("users")\n}\n',
            }
        ),
        Bad(
            {
                "manage.py": "",
                "shop/models.py": "class Order(models.Model):\n    note = models.TextField()\n",
                "shop/migrations/0002_x.py": "class Migration(migrations.Migration):\n"
                "    operations = [migrations.RemoveField('order', 'note')]\n",
            }
        ),
        Bad(
            {
                "app/models.py": "class User(Base):\n    __tablename__ = 'users'\n    email = Column(String)\n",
                "migrations/2.sql": "ALTER TABLE users DROP COLUMN email;",
            }
        ),
        Good(
            {
                "app/models.py": "class User(Base):\n    __tablename__ = 'users'\n    email = Column(String)\n",
                "migrations/2.sql": "ALTER TABLE users DROP COLUMN email; ALTER TABLE users ADD COLUMN email citext;",
            }
        ),
        Good(
            {
                "app/models.py": "class User(Base):\n    __tablename__ = 'users'\n    name = Column(String)\n",
                "migrations/2.sql": "ALTER TABLE users DROP COLUMN email;",
            }
        ),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, DropColumn | DropTable) or subject.on_new_table or self._comes_back(subject, code):
            return
        column = action.name if isinstance(action, DropColumn) else ""
        where = code.get(DECLARED).get((action.table, column))
        if where is not None and where.path in code.files:
            what = f"column {action.table}.{column}" if column else f"table {action.table}"
            message = f"This drops the {what}, and {where.path} line {where.line} still declares it."
            yield self.against(subject, message, column, related=(Related(where, "It is declared here."),))

    def _comes_back(self, subject: Operation, code: Codebase) -> bool:
        """Whether the change makes it again, under its name or by a rename."""
        name = subject.action.name if isinstance(subject.action, DropColumn) else ""
        for other in code.get(OPERATIONS):
            action = other.action
            if isinstance(action, AddColumn) and (action.table, action.column.name) == (subject.action.table, name):
                return True
            if isinstance(action, RenameColumn) and (action.table, action.new) == (subject.action.table, name):
                return True
            if not name and isinstance(action, CreateTable) and action.table == subject.action.table:
                return True
            if not name and isinstance(action, RenameTable) and action.new == subject.action.table:
                return True
        return False
