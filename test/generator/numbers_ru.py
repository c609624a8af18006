"""Russian control digits, written from the rules and not from the generator: one number at a time."""


def tax_id(text):
    """INN of ten or twelve digits."""
    digits = [int(c) for c in text]

    def control(weights):
        return sum(a * b for a, b in zip(weights, digits)) % 11 % 10
    if len(text) == 10:
        return control([2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[9]
    return (len(text) == 12 and control([7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[10]
            and control([3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[11])


def registration_no(text):
    """OGRN: the rest of the first twelve digits by eleven."""
    return len(text) == 13 and int(text[:12]) % 11 % 10 == int(text[12])


def account_no(text, bank):
    """The sum of digits, weighted 7 1 3, of the bank's last three and the account's twenty ends in zero."""
    return len(text) == 20 and sum(int(c) * (7, 1, 3)[k % 3] for k, c in enumerate(bank[-3:] + text)) % 10 == 0
