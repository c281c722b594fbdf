from __future__ import annotations

from rules.core.codebase import Codebase
from rules.core.rule import Bad, Good
from rules.facts.endpoints.model import Endpoint, Trap
from rules.packs.access.causes import OpenEndpoint, spoken

_SITE = {
    "shop/__init__.py": "",
    "shop/settings.py": 'ROOT_URLCONF = "shop.urls"\nINSTALLED_APPS = ["django.contrib.auth"]\n',
    "shop/urls.py": "from django.urls import path\n\nfrom . import views\n\n"
    'urlpatterns = [path("orders/", views.Orders.as_view())]\n',
}
_VIEWS = """from django.http import JsonResponse
from django.views import View
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView


class Orders(View):
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return JsonResponse({})
"""


class PermissionsNeverAsked(OpenEndpoint):
    """A view names permissions that nothing asks.

    `permission_classes` is an attribute of REST framework's `APIView`. A plain view of Django does not know
    it and answers everybody (seen by running Django 5.2 with REST framework 3.18). Derive the view from
    `APIView`, or use a mixin of Django such as `LoginRequiredMixin`.
    """

    id = "access/permissions-never-asked"
    reference = "ACC-01"
    since = "0.1.0"
    cause = Trap.NOT_ASKED
    examples = (
        Bad({**_SITE, "shop/views.py": _VIEWS}),
        Good({**_SITE, "shop/views.py": _VIEWS.replace("Orders(View)", "Orders(APIView)")}),
    )

    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        return f"{spoken(endpoint.misses[0])} stands in permission_classes, which a plain view of Django never asks"
