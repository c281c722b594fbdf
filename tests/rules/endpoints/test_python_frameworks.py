"""Django, REST framework, Flask, Starlette and Litestar beyond the executed facts: whole applications, and fixes."""

from __future__ import annotations

import pytest

from rules.catalog import all_rules
from rules.core.evaluate import evaluate
from rules.core.repair import plan
from tests.migration_guards.repository import codebase
from tests.rules.endpoints.trees import inventory, table

DJANGO = {
    "shop/settings.py": "ROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = ['django.contrib.auth']\n"
    "MIDDLEWARE = ['django.middleware.common.CommonMiddleware', 'shop.gate.Gate', 'shop.gate.Log']\n"
    "REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated'],\n"
    "                  'DEFAULT_THROTTLE_CLASSES': ['rest_framework.throttling.AnonRateThrottle']}\n",
    "shop/gate.py": "from django.http import HttpResponseForbidden\n\n\nclass Gate:\n"
    "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
    "    def __call__(self, request):\n"
    "        if request.path.startswith('/inner/') and not request.user.is_authenticated:\n"
    "            return HttpResponseForbidden()\n        return self.get_response(request)\n\n\n"
    "class Log:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
    "    def __call__(self, request):\n        return self.get_response(request)\n",
    "shop/urls.py": "from django.contrib.auth.decorators import login_required\n"
    "from django.urls import include, path, re_path\nfrom django.views.generic import TemplateView\n"
    "from rest_framework.routers import DefaultRouter\nfrom shop import views\n\n"
    "router = DefaultRouter()\nrouter.register('orders', views.Orders, basename='orders')\n"
    "urlpatterns = [\n    path('api/', include(router.urls)),\n    path('plain/', views.plain),\n"
    "    path('mine/', views.mine),\n    path('staff/', views.Staff.as_view()),\n"
    "    path('about/', TemplateView.as_view(template_name='about.html')),\n"
    "    path('wrapped/', login_required(TemplateView.as_view(template_name='x.html'))),\n"
    "    re_path(r'^inner/(?P<slug>[-\\w]+)/$', views.plain),\n    path('unseen/', include(views.made())),\n"
    "    path('named/', views.Named.as_view({'get': 'list', 'delete': 'clear'})),\n]\n",
    "shop/views.py": "from django.contrib.auth.decorators import user_passes_test\n"
    "from django.contrib.auth.mixins import UserPassesTestMixin\nfrom django.http import HttpResponse\n"
    "from django.views import View\nfrom rest_framework.decorators import action\n"
    "from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser\n"
    "from rest_framework.response import Response\nfrom rest_framework.viewsets import ModelViewSet, ViewSet\n\n\n"
    "class Owner(BasePermission):\n    def has_permission(self, request, view):\n"
    "        return bool(request.user and request.user.is_authenticated)\n\n\n"
    "class Anybody(BasePermission):\n    def has_permission(self, request, view):\n        return True\n\n\n"
    "def plain(request, slug=''):\n    return HttpResponse('x')\n\n\n"
    "@user_passes_test(lambda user: user.is_staff)\ndef mine(request):\n    return HttpResponse('x')\n\n\n"
    "class Staff(UserPassesTestMixin, View):\n    def test_func(self):\n        return self.request.user.is_staff\n\n"
    "    def post(self, request):\n        return HttpResponse('x')\n\n\n"
    "class Orders(ModelViewSet):\n    lookup_field = 'number'\n\n    def get_permissions(self):\n"
    "        if self.action == 'list':\n            return [AllowAny()]\n        return [Owner()]\n\n"
    "    @action(detail=True, methods=['post'], permission_classes=[IsAdminUser], url_path='pay-back')\n"
    "    def refund(self, request, number=None):\n        return Response({})\n\n\n"
    "class Named(ViewSet):\n    permission_classes = [Anybody]\n\n    def list(self, request):\n"
    "        return Response([])\n\n    def clear(self, request):\n        if not request.user.is_superuser:\n"
    "            return Response({}, status=403)\n"
    "        return Response({})\n",
}

FLASK = {
    "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
    "    from shop.views import views\n    from shop.api import api\n    app.register_blueprint(views)\n"
    "    app.register_blueprint(api, url_prefix='/api')\n    return app\n",
    "shop/guards.py": "from functools import wraps\nfrom flask import abort, redirect, request, session, url_for\n\n\n"
    "def known():\n    return bool(session.get('id', False))\n\n\n"
    "def known_only(view):\n    @wraps(view)\n    def inner(*args, **kwargs):\n        if known():\n"
    "            return view(*args, **kwargs)\n        if request.is_json:\n            abort(403)\n"
    "        return redirect(url_for('auth.login', next=request.full_path))\n    return inner\n\n\n"
    "def verified_only(view):\n    @wraps(view)\n    def inner(*args, **kwargs):\n        if known():\n"
    "            if not session.get('verified'):\n                abort(403)\n        return view(*args, **kwargs)\n"
    "    return inner\n",
    "shop/views.py": "from flask import Blueprint\nfrom shop.guards import known_only, verified_only\n\n"
    "views = Blueprint('views', __name__)\n\n\n@views.route('/a', methods=['GET', 'POST'])\n@known_only\ndef a():\n"
    "    return 'a'\n\n\n@views.route('/b')\n@verified_only\ndef b():\n    return 'b'\n\n\n"
    "@views.route('/one')\n@views.route('/two')\n@known_only\ndef both():\n    return 'x'\n",
    "shop/api.py": "from flask import Blueprint, request, abort\nfrom flask_restx import Api, Namespace, Resource\n"
    "from shop.guards import known_only\n\napi = Blueprint('api', __name__)\nrest = Api(api)\n"
    "orders = Namespace('orders')\nrest.add_namespace(orders, '/orders')\n\n\n"
    "@api.before_request\ndef tokens():\n    token = request.headers.get('Authorization')\n    if token:\n"
    "        if token != 'Bearer x':\n            abort(401)\n\n\n"
    "@orders.route('/<int:order>')\n@orders.param('order', 'its number')\nclass Order(Resource):\n"
    "    @known_only\n    def delete(self, order):\n        return {}\n\n"
    "    def get(self, order):\n        return {}\n",
}

STARLETTE = {
    "app.py": "from starlette.applications import Starlette\nfrom starlette.endpoints import HTTPEndpoint\n"
    "from starlette.exceptions import HTTPException\nfrom starlette.responses import JSONResponse\n"
    "from starlette.routing import Mount, Route, Router, WebSocketRoute\n"
    "from starlette.staticfiles import StaticFiles\n\n\n"
    "class Item(HTTPEndpoint):\n    async def get(self, request):\n        return JSONResponse({})\n\n"
    "    async def put(self, request):\n        if not request.user.is_authenticated:\n"
    "            raise HTTPException(401)\n        return JSONResponse({})\n\n\n"
    "async def talk(websocket):\n    await websocket.accept()\n\n\n"
    "items = Router([Route('/{item}', Item)])\n"
    "app = Starlette(routes=[Mount('/items', items), Mount('/static', StaticFiles(directory='x')),\n"
    "                        WebSocketRoute('/talk', talk)])\n",
}

LITESTAR = {
    "app.py": "from litestar import Controller, Litestar, get, post\nfrom litestar.security.jwt import JWTAuth\n\n\n"
    "async def find(token, connection):\n    return None\n\n\n"
    "jwt = JWTAuth[dict](retrieve_user_handler=find, token_secret='x', exclude=['/schema', '^/open'])\n\n\n"
    "class Items(Controller):\n    path = '/items'\n\n    @get('/')\n    async def listed(self) -> list:\n"
    "        return []\n\n"
    "    @post('/sign-on', exclude_from_auth=True)\n    async def sign_on(self) -> dict:\n        return {}\n\n\n"
    "@get('/open/page')\nasync def page() -> str:\n    return 'x'\n\n\n"
    "app = Litestar([Items, page], on_app_init=[jwt.on_app_init])\n",
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            DJANGO,
            {
                "GET /api/orders/": "unguarded", "POST /api/orders/": "guarded", "GET /api/orders/{number}/": "guarded",
                "PUT /api/orders/{number}/": "guarded", "PATCH /api/orders/{number}/": "guarded",
                "DELETE /api/orders/{number}/": "guarded", "POST /api/orders/{number}/pay-back/": "guarded",
                "ANY /plain/": "unguarded", "ANY /mine/": "guarded", "POST /staff/": "guarded",
                "GET /about/": "unguarded", "GET /wrapped/": "guarded", "ANY /inner/<slug>/": "guarded",
                "ANY /unseen/${…}": "unknown", "GET /named/": "unguarded", "DELETE /named/": "guarded",
            },
            id="django",
        ),
        pytest.param(
            FLASK,
            {
                "GET /a": "guarded", "POST /a": "guarded", "GET /b": "unguarded", "GET /one": "guarded",
                "GET /two": "guarded", "DELETE /api/orders/<int:order>": "guarded",
                "GET /api/orders/<int:order>": "unguarded", "GET /static/<path:filename>": "unguarded",
            },
            id="flask",
        ),
        pytest.param(
            STARLETTE,
            {
                "GET /items/{item}": "unguarded", "PUT /items/{item}": "guarded",
                "GET /static/{path:path}": "unguarded", "WEBSOCKET /talk": "unguarded",
            },
            id="starlette",
        ),
        pytest.param(
            LITESTAR,
            {"GET /items/": "guarded", "POST /items/sign-on": "unguarded", "GET /open/page": "unguarded"},
            id="litestar",
        ),
    ],
)  # fmt: skip
def test_whole_applications(files: dict[str, str], expected: dict[str, str]) -> None:
    assert table(files) == expected


def test_throttles_of_settings_reach_the_views_of_rest_framework() -> None:
    limits = {e.path: e.rate_limits for e in inventory(DJANGO)}
    assert limits["/named/"] == ("rest_framework.throttling.AnonRateThrottle",)
    assert limits["/plain/"] == ()


def test_a_new_view_of_flask_is_decorated_like_its_siblings() -> None:
    views = FLASK["shop/views.py"].replace("@verified_only", "@known_only")
    added = "\n\n@views.route('/c', methods=['POST'])\ndef c():\n    return 'c'\n"
    code = codebase({**FLASK, "shop/views.py": views + added}, {**FLASK, "shop/views.py": views})
    findings = evaluate(code, [all_rules()["access/unguarded-endpoint"]]).findings
    found = [finding for finding in findings if finding.key == ("POST /c",)]
    patch = plan(code, list(all_rules().values()), found)
    assert "@views.route('/c', methods=['POST'])\n@known_only\ndef c():" in patch.files["shop/views.py"].decode()
