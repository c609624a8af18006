"""What comes in, checked; what goes out, as it is to be written."""

from rest_framework import serializers

from . import models

MOST_AMOUNT = 2**53 - 1


class Page(serializers.Serializer):
    """Which page of an account."""

    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    before_date = serializers.DateField(default=None)
    before_transfer = serializers.IntegerField(min_value=1, default=None)
    before_line = serializers.IntegerField(min_value=1, max_value=2, default=None)


class Transfer(serializers.Serializer):
    """What is to be paid."""

    transfer_uuid = serializers.UUIDField()
    debit_account_id = serializers.IntegerField(min_value=1)
    credit_account_no = serializers.RegexField(r"^[0-9]{20}\Z")
    amount_minor = serializers.IntegerField(min_value=1, max_value=MOST_AMOUNT)
    currency_code = serializers.RegexField(r"^[A-Z]{3}\Z")
    narrative = serializers.CharField(min_length=1, max_length=140, default=None, allow_null=True)


class Access(serializers.Serializer):
    """Name, password and code, all at once."""

    login = serializers.RegexField(r"^[a-z0-9][a-z0-9._-]{2,63}\Z")
    password = serializers.CharField(min_length=8, max_length=128, trim_whitespace=False)
    code = serializers.RegexField(r"^[0-9]{6}\Z")


class AccountBalanceOut(serializers.ModelSerializer):
    """What is on an account, of its model."""

    currency_code = serializers.CharField(source="account.currency_code")

    class Meta:
        model = models.AccountBalance
        fields = ("balance_minor", "available_minor", "currency_code")


class BalanceOut(serializers.Serializer):
    """The same, of a row."""

    balance_minor = serializers.IntegerField()
    available_minor = serializers.IntegerField()
    currency_code = serializers.CharField()


class EntryOut(serializers.Serializer):
    """A line of an account."""

    value_date = serializers.DateField()
    transfer_id = serializers.IntegerField()
    line_no = serializers.IntegerField()
    side = serializers.CharField()
    amount_minor = serializers.IntegerField()
    kind = serializers.CharField()
    booked_at = serializers.DateTimeField()
    narrative = serializers.CharField()
    merchant = serializers.CharField()
    counterparty = serializers.CharField()
    transfer_uuid = serializers.UUIDField()
    mcc = serializers.CharField()
    statuses = serializers.ListField(child=serializers.CharField())


class TransferOut(serializers.Serializer):
    """What became of a transfer."""

    transfer_id = serializers.IntegerField()
    is_new = serializers.BooleanField()
    booked_at = serializers.DateTimeField()


class SessionOut(serializers.Serializer):
    """A session that has begun."""

    session_id = serializers.IntegerField()
    party_id = serializers.IntegerField()
    role = serializers.CharField()
    expires_at = serializers.DateTimeField()
