from mlops_lab.serving.fingerprint import fingerprint


def test_equal_secrets_of_one_name_look_alike_and_nothing_else_does() -> None:
    assert fingerprint("API_KEY", "a secret") == fingerprint("API_KEY", "a secret")
    assert len({fingerprint(*each) for each in (("a", "x"), ("a", "y"), ("b", "x"))}) == 3


def test_it_is_twelve_digits_that_do_not_hold_the_secret() -> None:
    found = fingerprint("API_KEY", "abcdef")

    assert len(found) == 12
    assert "abcdef" not in found
