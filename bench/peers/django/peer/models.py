"""Tables of the bank that the usual kind reads by the ORM; the bank's own migrations make them."""

from django.db import models


class Account(models.Model):
    """An account, as far as a balance needs it."""

    account_id = models.BigAutoField(primary_key=True)
    currency_code = models.CharField(max_length=3)
    overdraft_limit_minor = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "account"


class AccountBalance(models.Model):
    """What is on an account."""

    account = models.OneToOneField(Account, models.DO_NOTHING, primary_key=True)
    balance_minor = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "account_balance"

    @property
    def available_minor(self):
        """What may be spent of it."""
        return self.balance_minor + self.account.overdraft_limit_minor
