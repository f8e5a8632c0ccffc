"""`mel tabular`: what it prints."""

from mel.cli.tabular.features import features


def test_the_features_are_printed_with_unit_and_leak_argument_within_a_terminal(capsys):
    features()
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.count("leaks nothing") == printed.count("unit") == 11
    for word in ("ugly duckling", "years above mean", "shortcut", "logit"):
        assert word in printed
