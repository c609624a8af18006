"""Four routes."""

import secrets

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from rest_framework import generics, status
from rest_framework.exceptions import AuthenticationFailed, NotFound, Throttled
from rest_framework.response import Response
from rest_framework.views import APIView

from . import auth, database, models, serializers

NO_STORE = {"Cache-Control": "no-store"}
DEVICE_AGE = 400 * 86400


def client_of(request):
    """Whose address nginx saw."""
    return request.META.get("HTTP_X_REAL_IP")


@method_decorator(cache_control(no_store=True), name="dispatch")
class Balance(generics.RetrieveAPIView):
    """GET accounts/{account_id}/balance, by models and one query."""

    queryset = models.AccountBalance.objects.select_related("account")
    serializer_class = serializers.AccountBalanceOut
    lookup_url_kwarg = "account_id"


class LeanBalance(APIView):
    """The same by the API's statement."""

    def get(self, request, account_id):
        """What is on it."""
        found = database.row(database.BALANCE, account_id)
        if found is None:
            raise NotFound
        return Response(serializers.BalanceOut(found).data, headers=NO_STORE)


class Transactions(APIView):
    """GET accounts/{account_id}/transactions."""

    def get(self, request, account_id):
        """A page, and how to ask for the next."""
        asked = serializers.Page(data=request.query_params)
        asked.is_valid(raise_exception=True)
        page = asked.validated_data
        found = database.rows(
            database.TRANSACTIONS, account_id, page["limit"], page["before_date"], page["before_transfer"], page["before_line"]
        )
        following = None
        # a last row without a side is where the next page begins
        if found and found[-1]["side"] is None:
            last = found.pop()
            following = {"before_date": last["value_date"], "before_transfer": last["transfer_id"], "before_line": last["line_no"]}
        items = serializers.EntryOut(found, many=True).data
        return Response({"items": items, "next": following}, headers=NO_STORE)


class Transfers(APIView):
    """POST transfers."""

    def post(self, request):
        """Pay; the same id again is the same answer."""
        asked = serializers.Transfer(data=request.data)
        asked.is_valid(raise_exception=True)
        pay = asked.validated_data
        made = database.row(
            database.PAY, pay["transfer_uuid"], pay["debit_account_id"], pay["credit_account_no"], pay["amount_minor"],
            pay["currency_code"], pay["narrative"], client_of(request),
        )
        return Response(
            serializers.TransferOut(made).data, status=status.HTTP_201_CREATED if made["is_new"] else status.HTTP_200_OK, headers=NO_STORE
        )


class Login(APIView):
    """POST login: name, password and code."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request):
        """A session, or no word about what was wrong."""
        auth.check_site(request)
        asked = serializers.Access(data=request.data)
        asked.is_valid(raise_exception=True)
        login = asked.validated_data["login"]
        device = request.COOKIES.get(auth.DEVICE_COOKIE)
        old_device = device and auth.token_hash(device)
        user = database.row(database.LOGIN_BEGIN, login, client_of(request), old_device)
        if user["retry_after"]:
            raise Throttled(user["retry_after"])
        same = auth.same_password(asked.validated_data["password"], user["password_hash"] or auth.STAND_IN)
        step = user["user_id"] and auth.step_of(asked.validated_data["code"], user["totp_secret"], login)
        if not (user["user_id"] and same and step and step > (user["totp_last_step"] or 0)):
            reason = "login" if not user["user_id"] else "code" if same else "password"
            database.row(database.LOGIN_REFUSED, login, user["user_id"], client_of(request), reason, old_device)
            return self.refused()
        token, device = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        begun = database.row(
            database.LOGIN_FINISH, login, user["user_id"], user["password_changed_at"], step, None, auth.token_hash(token), auth.token_hash(device),
            old_device, client_of(request), request.META.get("HTTP_USER_AGENT"),
        )
        if begun["session_id"] is None:
            return self.refused()
        response = Response(serializers.SessionOut(begun).data, headers=NO_STORE)
        safe = {"secure": True, "httponly": True, "samesite": "Strict"}
        response.set_cookie(auth.COOKIE, token, **safe)
        response.set_cookie(auth.DEVICE_COOKIE, device, max_age=DEVICE_AGE, **safe)
        return response

    @staticmethod
    def refused():
        """As an error would be, but what was recorded stays."""
        return Response({"detail": AuthenticationFailed.default_detail}, status=status.HTTP_401_UNAUTHORIZED, headers=NO_STORE)
