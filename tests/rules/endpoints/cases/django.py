from __future__ import annotations

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("django", "drf")

SETTINGS = "ROOT_URLCONF = 'site.urls'\nINSTALLED_APPS = ['django.contrib.auth', 'rest_framework']\n"
LOGIN = "MIDDLEWARE = ['django.contrib.auth.middleware.LoginRequiredMiddleware']\n"
VIEWS = """from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.views import View
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet


"""
GET = "    def get(self, request):\n        return {}\n"
PLAIN, REST = GET.format("HttpResponse()"), GET.format("Response({})")
BY_CLASS = "from django.urls import path\nfrom .views import V\n\nurlpatterns = [path('r', V.as_view())]\n"
BY_FUNCTION = "from django.urls import path\nfrom .views import v\n\nurlpatterns = [path('r', v)]\n"
BY_ROUTER = (
    "from django.urls import include, path\nfrom rest_framework.routers import DefaultRouter\nfrom .views import V\n\n"
    "router = DefaultRouter()\nrouter.register('r', V, basename='r')\nurlpatterns = [path('', include(router.urls))]\n"
)
WRAPPED = (
    "from django.contrib.auth.decorators import login_required\nfrom django.urls import path\nfrom .views import V\n\n"
    "urlpatterns = [path('r', login_required(V.as_view()))]\n"
)
SET = (
    "class V(ViewSet):\n    permission_classes = [IsAuthenticated]\n\n    def list(self, request):\n"
    "        return Response([])\n\n    @action(detail=False{})\n    def extra(self, request):\n"
    "        return Response([])\n"
)


def tree(views: str, urls: str = BY_CLASS, path: str = "/r", settings: str = "") -> Tree:
    files = {
        "site/__init__.py": "", "site/settings.py": SETTINGS + settings, "site/urls.py": urls,
        "site/views.py": VIEWS + views,
    }  # fmt: skip
    return Tree(files, path)


def rest(body: str) -> Tree:
    return tree(f"class V(APIView):\n{body}\n{REST}")


def trees(framework: str) -> dict[str, Tree]:
    if framework == "django":
        return {
            "mixin-last": tree(f"class V(View, LoginRequiredMixin):\n{PLAIN}"),
            "mixin-first": tree(f"class V(LoginRequiredMixin, View):\n{PLAIN}"),
            "LoginRequiredMiddleware": tree(
                "def v(request):\n    return HttpResponse()\n", BY_FUNCTION, settings=LOGIN
            ),
        }
    base = "class B(APIView):\n    permission_classes = [IsAuthenticated]\n\n\n"
    own = (
        "class P(BasePermission):\n    def has_object_permission(self, request, view, obj):\n        return False\n\n\n"
    )
    return {
        "no-default": rest(""),
        "class": rest("    permission_classes = [IsAuthenticated]\n"),
        "plain-view-attr": tree(f"class V(View):\n    permission_classes = [IsAuthenticated]\n\n{PLAIN}"),
        "override-empty": tree(f"{base}class V(B):\n    permission_classes = []\n\n{REST}"),
        "empty-authentication": rest("    authentication_classes = []\n    permission_classes = [IsAuthenticated]\n"),
        "readonly": rest("    permission_classes = [IsAuthenticatedOrReadOnly]\n"),
        "or-operator": rest("    permission_classes = [IsAuthenticated | AllowAny]\n"),
        "get_permissions-override": rest(
            "    permission_classes = [IsAuthenticated]\n\n    def get_permissions(self):\n"
            "        return [AllowAny()]\n"
        ),
        "object-permission-only": tree(f"{own}class V(APIView):\n    permission_classes = [P]\n\n{REST}"),
        "api_view": tree(
            "@api_view(['GET'])\n@permission_classes([IsAuthenticated])\ndef v(request):\n    return Response({})\n",
            BY_FUNCTION,
        ),
        "urlconf-wrapper": tree(f"class V(APIView):\n{REST}", WRAPPED),
        "viewset": tree(SET.format(""), BY_ROUTER, "/r/"),
        "action-override": tree(SET.format(", permission_classes=[AllowAny]"), BY_ROUTER, "/r/extra/"),
        "action-inherit": tree(SET.format(""), BY_ROUTER, "/r/extra/"),
        "LoginRequiredMiddleware-drf": tree(f"class V(APIView):\n{REST}", settings=LOGIN),
        "permission_classes-above-api_view": tree(
            "@permission_classes([IsAuthenticated])\n@api_view(['GET'])\ndef v(request):\n    return Response({})\n",
            BY_FUNCTION,
        ),
    }
