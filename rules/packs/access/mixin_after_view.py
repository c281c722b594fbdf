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
_VIEWS = """from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import JsonResponse
from django.views import View


class Orders(View, LoginRequiredMixin):
    def get(self, request):
        return JsonResponse({})
"""


class MixinAfterView(OpenEndpoint):
    """A mixin that asks for a login stands right of the view, where it is never asked.

    Python looks for `dispatch` from left to right. `View` answers the request without calling what stands
    right of it, so the mixin's check is skipped (seen by running Django 5.2). Put the mixin first.
    """

    id = "access/mixin-after-view"
    reference = "ACC-01"
    since = "0.1.0"
    cause = Trap.RIGHT_OF_VIEW
    examples = (
        Bad({**_SITE, "shop/views.py": _VIEWS}),
        Good({**_SITE, "shop/views.py": _VIEWS.replace("View, LoginRequiredMixin", "LoginRequiredMixin, View")}),
    )

    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        return f"{spoken(endpoint.misses[0])} stands right of the view and is never asked"
