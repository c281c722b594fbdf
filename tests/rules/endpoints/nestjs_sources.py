"""What the tests of NestJS are made of: one file with everything in it that a test adds to."""

from __future__ import annotations

from rules.facts.endpoints.model import Endpoint
from tests.rules.endpoints.trees import inventory

COMMON = """import {
  All, applyDecorators, Body, CanActivate, Controller, createParamDecorator, Delete, ExecutionContext, forwardRef, Get,
  Head, Headers, HttpException, HttpStatus, Inject, Injectable, MiddlewareConsumer, mixin, Module, NestMiddleware,
  Options, Param, Patch, Post, Put, QueryMethod, Req, RequestMapping, RequestMethod, Res, Search, Session, SetMetadata,
  Sse, UnauthorizedException, UseGuards, Version, VERSION_NEUTRAL, VersioningType,
} from "@nestjs/common";
import { APP_GUARD, NestFactory, Reflector, RouterModule } from "@nestjs/core";
import { JwtService } from "@nestjs/jwt";
import { AuthGuard, PassportStrategy } from "@nestjs/passport";
import { ThrottlerGuard } from "@nestjs/throttler";
import { Args, Context, GqlExecutionContext, Mutation, Query, Resolver, ResolveField } from "@nestjs/graphql";
import { Subscription } from "@nestjs/graphql";
import { EventPattern, MessagePattern } from "@nestjs/microservices";
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";
import { Strategy as AnonymousStrategy } from "passport-anonymous";
import { Strategy as GoogleStrategy } from "passport-google-oauth20";
"""
G = """
@Injectable()
class G implements CanActivate {
  canActivate(context: ExecutionContext) { return !!context.switchToHttp().getRequest().user; }
}
"""
START = """
async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  {app}
  await app.listen(3000);
}
bootstrap();
"""


def source(
    body: str, controllers: str = "C", *, providers: str = "", app: str = "", module: str = ""
) -> dict[str, str]:
    held = f"@Module({{ controllers: [{controllers}], providers: [{providers}] }})\nclass AppModule {{ {module} }}\n"
    return {"main.ts": COMMON + G + body + held + START.replace("{app}", app)}


def one(body: str, **wanted: str) -> Endpoint:
    (found,) = inventory(source(body, **wanted))
    return found


ATTACHED = "@Controller('c')\nclass C { @Get('r') r() {} @Post('s') s() {} }\n"
