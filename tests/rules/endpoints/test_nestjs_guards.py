"""Guards of NestJS: what they read, what becomes of what they say, composed decorators, and handlers themselves."""

from __future__ import annotations

import pytest

from tests.rules.endpoints.nestjs_sources import COMMON, G, one, source
from tests.rules.endpoints.trees import inventory, table


def asked(guard: str, *, above: str = "", head: str = "") -> str:
    """The verdict for a handler with a guard called `Asked`."""
    body = f"{guard}\n{head}\n@Controller()\nclass C {{\n  @UseGuards(Asked)\n  {above}\n  @Post('r')\n  r() {{}}\n}}\n"
    return one(body).verdict.value


READER = """
@Injectable()
class Asked implements CanActivate {
  constructor(private readonly reflector: Reflector) {}
  canActivate(context: ExecutionContext) {
    const roles = READ;
    if (!roles?.length) return true;
    const { user } = context.switchToHttp().getRequest();
    if (!user) throw new UnauthorizedException();
    return roles.some((role) => user.roles.includes(role));
  }
}
const Roles = (...roles: string[]) => SetMetadata("roles", roles);
const Strict = Reflector.createDecorator<string[]>();
"""
BOTH = "[context.getHandler(), context.getClass()]"
READS = {
    "handler": 'this.reflector.get("roles", context.getHandler())',
    "class": 'this.reflector.get<string[]>("roles", context.getClass())',
    "override": f'this.reflector.getAllAndOverride("roles", {BOTH})',
    "merge": f'this.reflector.getAllAndMerge("roles", {BOTH})',
    "all": f'this.reflector.getAll("roles", {BOTH})[1]',
    "by hand": 'Reflect.getMetadata("roles", context.getHandler())',
    "decorator": "this.reflector.get(Strict, context.getHandler())",
    "another key": 'this.reflector.get("permissions", context.getHandler())',
}


@pytest.mark.parametrize(
    ("read", "above", "head", "verdict"),
    [
        ("handler", "@Roles('a')", "", "guarded"),
        ("handler", "", "@Roles('a')", "unguarded"),
        ("handler", "", "", "unguarded"),
        ("class", "", "@Roles('a')", "guarded"),
        ("class", "@Roles('a')", "", "unguarded"),
        ("override", "", "@Roles('a')", "guarded"),
        ("override", "@Roles()", "@Roles('a')", "unguarded"),
        ("merge", "@Roles()", "@Roles('a')", "guarded"),
        ("all", "@Roles('a')", "", "unguarded"),
        ("all", "", "@Roles('a')", "guarded"),
        ("by hand", "@Roles('a')", "", "guarded"),
        ("decorator", "@Strict(['a'])", "", "guarded"),
        ("decorator", "@Roles('a')", "", "unguarded"),
        ("another key", "@Roles('a')", "", "unguarded"),
    ],
)
def test_metadata_counts_where_the_guard_reads_it(read: str, above: str, head: str, verdict: str) -> None:
    assert asked(READER.replace("READ", READS[read]), above=above, head=head) == verdict


def test_metadata_of_a_base_class_is_seen_on_the_class() -> None:
    reader = READER.replace("READ", READS["class"])
    base = "\n@Roles('a')\nclass Base {}\n@Controller()\n@UseGuards(Asked)\n"
    assert one(reader + base + "class C extends Base { @Get('r') r() {} }\n").verdict.value == "guarded"


GUARDS = {
    "passport": "class Asked extends AuthGuard('jwt') {}",
    "passport, one of two": "class Asked extends AuthGuard(['jwt', 'api-key']) {}",
    "passport behind a public mark": """
class Asked extends AuthGuard('jwt') {
  constructor(private reflector: Reflector) { super(); }
  canActivate(context) {
    if (this.reflector.get('public', context.getHandler())) return true;
    return super.canActivate(context);
  }
}""",
    "handleRequest that throws": """
class Asked extends AuthGuard('jwt') {
  handleRequest(err, user, info) { if (err || !user) throw err || new UnauthorizedException(); return user; }
}""",
    "handleRequest that throws what passport says": """
class Asked extends AuthGuard('jwt') {
  handleRequest(err, user, info) { if (info) throw new UnauthorizedException(); return user; }
}""",
    "token verified": """
class Asked {
  constructor(private jwt: JwtService) {}
  async canActivate(context) {
    const request = context.switchToHttp().getRequest();
    const [type, token] = request.headers.authorization?.split(' ') ?? [];
    request.user = await this.jwt.verifyAsync(type === 'Bearer' ? token : undefined, { secret: process.env.S });
    return true;
  }
}""",
    "user looked up, result returned": """
class Users { async byToken(token) { return db.users.findOne({ token }); } }
class Asked {
  constructor(private readonly users: Users) {}
  async canActivate(context) {
    const user = await this.users.byToken(context.switchToHttp().getRequest().headers['authorization']);
    return Boolean(user);
  }
}""",
    "mixin": """
const RoleGuard = (role) => {
  class RoleGuardMixin { canActivate(context) { return context.getArgs()[0].user?.role === role; } }
  return mixin(RoleGuardMixin);
};
const Asked = RoleGuard('admin');""",
    "injected request": """
import { Request } from 'express';
class Asked {
  constructor(@Inject('REQUEST') private readonly request: Request) {}
  canActivate() { return this.request.user !== undefined; }
}""",
    "base class": "class Base { canActivate(context) { return !!context.getArgByIndex(0).session.userId; } }\n"
    "class Asked extends Base {}",
    "api key of the environment": """
class Asked { canActivate(context) {
  return context.switchToHttp().getRequest().headers['x-api-key'] === process.env.API_KEY; } }""",
}
OTHERS = {
    "says yes": "class Asked { canActivate() { return true; } }",
    "throttler": "class Asked extends ThrottlerGuard { protected async shouldSkip() { return false; } }",
    "soft handleRequest": "class Asked extends AuthGuard('jwt') { handleRequest(err, user) { return user; } }",
    "errors swallowed": """
class Asked extends AuthGuard('jwt') {
  async canActivate(context) { try { await super.canActivate(context); } catch (e) {} return true; }
}""",
    "anonymous strategy": "class Asked extends AuthGuard(['jwt', 'anonymous']) {}",
    "only for some requests": """
class Asked { canActivate(context) {
  const request = context.switchToHttp().getRequest();
  if (!request.headers['x-as']) return true;
  throw new HttpException('Forbidden', HttpStatus.FORBIDDEN); } }""",
    "feature flag": "class Asked { canActivate() { return process.env.FEATURE === 'on'; } }",
    "looks the user up": """
class Asked { async canActivate(context) {
  const request = context.switchToHttp().getRequest();
  request.account = await db.users.findOne(request.headers.authorization);
  return true; } }""",
}


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_that_turns_strangers_away_is_one(name: str) -> None:
    assert asked(GUARDS[name]) == "guarded"


@pytest.mark.parametrize("name", OTHERS)
def test_a_guard_that_lets_strangers_pass_is_none(name: str) -> None:
    assert asked(OTHERS[name]) == "unguarded"


def test_a_strategy_is_what_its_package_is_whatever_it_is_called() -> None:
    body = """
class Soft extends PassportStrategy(AnonymousStrategy, 'optional-jwt') {}
@Controller()
class C { @UseGuards(AuthGuard(['jwt', 'optional-jwt'])) @Get('r') r() {} }
"""
    assert one(body, providers="Soft").verdict.value == "unguarded"
    assert one(body).verdict.value == "guarded"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("CompanyGuard", "@acme/auth.CompanyGuard is defined outside this repository"),
        ("Gate", "@acme/auth.Gate is defined outside this repository"),
        ("Gate('x')", "@acme/auth.Gate() is defined outside this repository"),
        ("process.env.OPEN ? Yes : G", "it stands there only under a condition"),
    ],
)
def test_what_cannot_be_followed_is_unknown_and_says_why(value: str, reason: str) -> None:
    head = "import { CompanyGuard, Gate } from '@acme/auth';\nclass Yes { canActivate() { return true; } }\n"
    found = one(head + f"@Controller()\nclass C {{ @UseGuards({value}) @Get('r') r() {{}} }}\n")
    assert (found.verdict.value, found.reason) == ("unknown", reason)


def test_a_login_is_no_guard_and_needs_none() -> None:
    body = """
class Google extends PassportStrategy(GoogleStrategy, 'with-google') {}
@Controller("x")
class C {
  @UseGuards(AuthGuard("with-google")) @Get("in") login() {}
  @UseGuards(AuthGuard("google")) @Get("back") back(@Req() req) { if (!req.user) throw new UnauthorizedException(); }
  @UseGuards(AuthGuard("jwt")) @Get("mine") mine() {}
}
"""
    files = source(body, providers="Google")
    found = {e.path: (e.verdict.value, e.public_reason, *(g.name for g in e.guards)) for e in inventory(files)}
    assert found["/x/in"][:2] == found["/x/back"][:2] == ("unguarded", "sign-in or account recovery")
    assert found["/x/mine"] == ("guarded", "", "AuthGuard('jwt')")


def test_decorators_are_followed_into_other_files_whatever_they_are_made_of() -> None:
    auth = (
        COMMON
        + G
        + """
export function Auth(...roles: string[]) { return applyDecorators(SetMetadata("roles", roles), UseGuards(G)); }
export const Both = (options = { guard: true }) => {
  const made: MethodDecorator[] = [SetMetadata("x", 1)];
  if (options.guard) made.push(UseGuards(G));
  return applyDecorators(...made);
};
export const ByHand = () => (target: object, key?: string, descriptor?: PropertyDescriptor) => {
  UseGuards(G)(target, key, descriptor);
};
export const Checked = () => (target, key, descriptor) => {
  const original = descriptor.value;
  descriptor.value = async function (req, ...rest) {
    if (!req.user) throw new UnauthorizedException();
    return original.apply(this, [req, ...rest]);
  };
};
export const Tagged = () => applyDecorators(SetMetadata("tag", 1));
"""
    )
    body = """
@Controller()
class C {
  @Auth("admin") @Get("a") a() {}
  @Both() @Get("b") b() {}
  @Get("c") @ByHand() c() {}
  @Checked() @Get("d") d(@Req() req) {}
  @Tagged() @Get("e") e() {}
  @Both({ guard: false }) @Get("f") f() {}
}
"""
    files = {**source('import { Auth, Both, ByHand, Checked, Tagged } from "./auth";\n' + body), "auth.ts": auth}
    assert table(files) == {
        "GET /a": "guarded", "GET /b": "guarded", "GET /c": "guarded", "GET /d": "guarded", "GET /e": "unguarded",
        "GET /f": "unguarded",
    }  # fmt: skip


HANDLERS = {
    "request": ("@Req() req", "if (!req.user) throw new UnauthorizedException();", "guarded"),
    "response": ("@Req() req, @Res() res", "if (!req.user) { res.status(401).end(); return; } res.end();", "guarded"),
    "response open": ("@Req() req, @Res() res", "if (!req.body.x) { res.status(400).end(); return; } res.json({});",
                      "unguarded"),
    "passed through": ("@Req() req, @Res({ passthrough: true }) res",
                       "if (!req.user) throw new UnauthorizedException(); res.cookie('a', 1);", "guarded"),
    "header": ("@Headers('authorization') key", "if (key !== process.env.KEY) throw new UnauthorizedException();",
               "guarded"),
    "session": ("@Session() session", "if (!session.userId) throw new UnauthorizedException();", "guarded"),
    "own decorator": ("@Me() me", "return me;", "guarded"),
    "own decorator that reads": ("@Maybe() me", "return me;", "unguarded"),
    "own decorator, tested": ("@Maybe() me", "if (!me) throw new UnauthorizedException();", "guarded"),
    "body": ("@Body() body", "if (!body.name) throw new UnauthorizedException();", "unguarded"),
}  # fmt: skip


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_may_turn_strangers_away_itself(name: str) -> None:
    params, code, verdict = HANDLERS[name]
    body = f"""
const Maybe = createParamDecorator((data, context: ExecutionContext) => context.switchToHttp().getRequest().user);
const Me = createParamDecorator((data, context: ExecutionContext) => {{
  const {{ user }} = context.switchToHttp().getRequest();
  if (!user) throw new UnauthorizedException();
  return user;
}});
@Controller()
class C {{ @Post('r') async r({params}) {{ {code} }} }}
"""
    assert one(body).verdict.value == verdict
