from __future__ import annotations

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("nestjs",)

GUARDS = """import { CanActivate, ExecutionContext, ForbiddenException, Injectable, SetMetadata } from "@nestjs/common";
import { UnauthorizedException } from "@nestjs/common";
import { Reflector } from "@nestjs/core";

export const Pub = () => SetMetadata("pub", true);
export const Roles = (...roles: string[]) => SetMetadata("roles", roles);

@Injectable()
export class G implements CanActivate {
  canActivate(context: ExecutionContext) {
    if (!context.switchToHttp().getRequest().user) throw new UnauthorizedException();
    return true;
  }
}

@Injectable()
export class Pass implements CanActivate {
  canActivate() { return true; }
}

@Injectable()
export class PublicAware implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext) {
    if (this.reflector.getAllAndOverride<boolean>("pub", [context.getHandler(), context.getClass()])) return true;
    if (!context.switchToHttp().getRequest().user) throw new UnauthorizedException();
    return true;
  }
}

@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext) {
    const roles = this.reflector.get<string[]>("roles", context.getHandler());
    if (!roles || roles.length === 0) return true;
    const { user } = context.switchToHttp().getRequest();
    return roles.some((role) => user?.roles.includes(role));
  }
}
"""
CONTROLLER = """import { applyDecorators, Controller, Get, UseGuards } from "@nestjs/common";
import { G, Pass, Pub, Roles, RolesGuard } from "./guards";

{head}
@Controller()
export class C{base} {
  {above}
  @Get("r")
  {below}
  r() { return "ok"; }
}
"""
MODULE = """import { MiddlewareConsumer, Module } from "@nestjs/common";
import { APP_GUARD } from "@nestjs/core";
import { C } from "./c.controller";
import { G, PublicAware } from "./guards";

const g = (req, res, next) => { if (!req.user) return res.status(401).end(); next(); };

@Module({ controllers: [C], providers: [{providers}] })
export class AppModule {
  configure(consumer: MiddlewareConsumer) { {consumer} }
}
"""
MAIN = """import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module";
import { G } from "./guards";

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  {app}
  await app.listen(3000);
}
bootstrap();
"""


def tree(
    *, head: str = "", base: str = "", above: str = "", below: str = "", providers: str = "", consumer: str = "",
    app: str = "",
) -> Tree:  # fmt: skip
    controller = CONTROLLER.replace("{head}", head).replace("{base}", base)
    return Tree(
        {
            "src/guards.ts": GUARDS,
            "src/c.controller.ts": controller.replace("{above}", above).replace("{below}", below),
            "src/app.module.ts": MODULE.replace("{providers}", providers).replace("{consumer}", consumer),
            "src/main.ts": MAIN.replace("{app}", app),
        }
    )


def trees(framework: str) -> dict[str, Tree]:
    guarded_base = "@UseGuards(G)\nclass GuardedBase {}\n"
    aware = "{ provide: APP_GUARD, useClass: PublicAware }"
    return {
        "none": tree(),
        "method": tree(above="@UseGuards(G)"),
        "class": tree(head="@UseGuards(G)"),
        "global-use": tree(app="app.useGlobalGuards(new G());"),
        "app-guard": tree(providers="{ provide: APP_GUARD, useClass: G }"),
        "app-guard-public": tree(providers=aware, above="@Pub()"),
        "app-guard-no-public": tree(providers=aware),
        "public-ignored": tree(providers="{ provide: APP_GUARD, useClass: G }", above="@Pub()"),
        "metadata-only": tree(above='@Roles("admin")'),
        "class-roles-handler-reader": tree(head='@Roles("admin")\n@UseGuards(RolesGuard)'),
        "method-roles-handler-reader": tree(head="@UseGuards(RolesGuard)", above='@Roles("admin")'),
        "inherited-class-guard": tree(head=guarded_base, base=" extends GuardedBase"),
        "inherited-plus-own": tree(head=guarded_base + "@UseGuards(Pass)", base=" extends GuardedBase"),
        "composed": tree(head="const Auth = () => applyDecorators(UseGuards(G));\n", above="@Auth()"),
        "order": tree(above='@Roles("admin")', below="@UseGuards(RolesGuard)"),
        "middleware": tree(consumer="consumer.apply(g).forRoutes(C);"),
        "middleware-exclude": tree(consumer='consumer.apply(g).exclude("r").forRoutes(C);'),
    }
