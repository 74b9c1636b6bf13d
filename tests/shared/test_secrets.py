"""What must never be kept is in nothing that is kept."""

from __future__ import annotations

from services.identity_data.domain import person_id_of
from shared.contracts.identity_data import SignIn


def test_what_is_kept_of_a_sign_in_does_not_depend_on_the_password() -> None:
    one = SignIn(account="resident", password="one").dump_without_secrets()
    other = SignIn(account="resident", password="other").dump_without_secrets()
    assert one == other == {"account": "resident", "post": None}


def test_the_id_of_a_person_cannot_be_computed_without_the_secret() -> None:
    number = "11010519491231002X"
    assert person_id_of(number, "one secret") != person_id_of(number, "another")
    assert person_id_of(number, "one secret") == person_id_of(number, "one secret")
