"""The subset of webapp/api's table that the peer has."""

from django.conf import settings
from django.urls import path

from . import views

urlpatterns = [
    path("api/v1/accounts/<int:account_id>/balance", (views.Balance if settings.USUAL else views.LeanBalance).as_view()),
    path("api/v1/accounts/<int:account_id>/transactions", views.Transactions.as_view()),
    path("api/v1/transfers", views.Transfers.as_view()),
    path("api/v1/login", views.Login.as_view()),
]
if not settings.BARE:
    from django_prometheus.exports import ExportToDjangoView

    urlpatterns.append(path("metrics", ExportToDjangoView))
