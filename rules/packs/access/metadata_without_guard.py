from __future__ import annotations

from rules.core.codebase import Codebase
from rules.core.rule import Bad, Good
from rules.facts.endpoints.model import Endpoint, Trap
from rules.packs.access.causes import OpenEndpoint

_APP = """import { CanActivate, Controller, ExecutionContext, Get, Injectable, Module, SetMetadata, UseGuards }
  from "@nestjs/common";
import { NestFactory, Reflector } from "@nestjs/core";

const Roles = (...roles: string[]) => SetMetadata("roles", roles);

@Injectable()
class RolesGuard implements CanActivate {
  constructor(private reflector: Reflector) {}
  canActivate(context: ExecutionContext) {
    const roles = this.reflector.get<string[]>("roles", context.getHandler());
    const { user } = context.switchToHttp().getRequest();
    return Boolean(user) && roles.includes(user.role);
  }
}

@Controller("orders")
class OrdersController {
  @Get()
  @Roles("admin")
  all() {
    return [];
  }
}

@Module({ controllers: [OrdersController] })
class AppModule {}

NestFactory.create(AppModule).then((app) => app.listen(3000));
"""


class MetadataWithoutGuard(OpenEndpoint):
    """A handler is marked with roles or permissions, and no guard reads the mark.

    `SetMetadata` and the decorators made of it, such as `@Roles("admin")`, only attach a value. Somebody is
    turned away by a guard that reads it, on the handler, its class or the application (seen by running
    NestJS 12). Add the guard, or make one decorator of both with `applyDecorators`.
    """

    id = "access/metadata-without-guard"
    reference = "ACC-01"
    since = "0.1.0"
    cause = Trap.METADATA
    examples = (
        Bad({"main.ts": _APP}),
        Good({"main.ts": _APP.replace("  @Get()\n", "  @Get()\n  @UseGuards(RolesGuard)\n")}),
    )

    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        return f"it is marked with {endpoint.misses[0].name}, and no guard before it reads that mark"
