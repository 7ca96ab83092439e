"""Names that students give themselves, hostile ones too."""

from __future__ import annotations

import pytest
from steepest_grader.desk.pseudonyms import LONGEST, alike, shown_names, tidy

ZALGO = "Z" + "\u0301\u0302\u0303\u0304" * 20 + "algo"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Quiet Fox", "Quiet Fox"),
        ("  Quiet \t\n Fox ", "Quiet Fox"),
        ("Zoë Åström 7", "Zoë Åström 7"),
        ("Лиса", "Лиса"),
        ("北斗", "北斗"),
        ("", ""),
        ("   ", ""),
        ("🦊", ""),  # nothing that could be told from another
        ("...!?", ""),
        ("\u200b\u2060", ""),
        ("Fox\u202e\u2066gnp.exe", "Foxgnp.exe"),
        ("a\x1b[31mred\x07", "a [31mred"),
        ("a\u2028b\u0085c", "a b c"),
        ("x" * 500, "x" * LONGEST),
        (ZALGO, "\u0179\u0302\u0303algo"),
        ("\ud800Fox\ue000\U000e0041", "Fox"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # text, which the page escapes
    ],
)
def test_a_name_is_made_fit_to_be_shown(text: str, expected: str) -> None:
    assert tidy(text) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Fox", "fox", True),
        ("Fox", "F o x.", True),
        ("Fox", "Fоx", True),  # with a Cyrillic letter
        ("paypal", "РАУРАL", True),
        ("Bill", "8ill", False),
        ("Bill", "BiII", True),
        ("F0x", "Fox", True),
        ("Zoe", "Zoë", True),
        ("ﬁn", "fin", True),
        ("ＦＯＸ", "fox", True),
        ("Fox", "Box", False),
        ("Лиса", "Волк", False),
        *((f"b{letter}b", "bob", True) for letter in "øᴏ০०ⓞ"),
        ("ɓob", "bob", True),
        *(
            (text, "bob", True)
            for text in ("ꓐꓳꓐ", "ᏴᎾᏴ", "ⲃⲟⲃ", "ΒΟΒ", "b○b", "b〇b", "bob ー", "bobʼ", "bobꞌ", "bobǃ")
        ),
        *((text, "alice", True) for text in ("al|ce", "alǀce", "a∣ice")),
        ("νοω", "vow", True),  # as they are written, and not by their capitals
        ("ΝΟΩ", "vow", False),
        ("rnike", "mike", True),
        ("vvill", "will", True),
        ("օսո", "oun", True),
        ("Mar'yana", "Marʼyana", True),
    ],
)
def test_who_could_be_taken_for_another(one: str, other: str, expected: bool) -> None:
    assert (alike(one) == alike(other)) is expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"a": "Fox", "b": "Owl"}, {"a": "Fox", "b": "Owl"}),
        ({"a": "Fox", "b": "", "c": "  "}, {"a": "Fox"}),
        ({"a": "Fox", "b": "fox", "c": "F0x"}, {"a": "Fox (1)", "b": "fox (2)", "c": "F0x (3)"}),
        ({"a": "Team α", "b": "チーム Fox", "c": "Лиса"}, {"a": "Team α", "b": "チーム Fox", "c": "Лиса"}),
        ({"a": "Fox", "b": "Fox", "c": "Fox (1)"}, {"a": "Fox (2)", "b": "Fox (3)", "c": "Fox (1)"}),
        ({"a": "Fox 1", "b": "Fox", "c": "Fox", "d": "Fox 1"}, {"a": "Fox 1 (1)", "b": "Fox (2)", "c": "Fox (3)",
                                                               "d": "Fox 1 (2)"}),
        ({"a": "Nearest neighbour"}, {"a": "Nearest neighbour (1)"}),  # what a line for comparison is called
        ({"ada": "Ada"}, {"ada": "Ada"}),  # one's own id is one's own affair
    ],
)  # fmt: skip
def test_no_two_are_shown_alike(written: dict[str, str], expected: dict[str, str]) -> None:
    shown, refused = shown_names(written, taken=["nearest neighbour"], students=written)
    assert (shown, refused) == (expected, {})
    assert len({alike(name) for name in shown.values()}) == len(shown)


@pytest.mark.parametrize("name", ["bob", "Bob", "b o b", "BОB", "b0b", "bob\u3164", "bob\u115f", "\uffa0bob"])
def test_nobody_is_shown_by_the_id_of_another(name: str) -> None:
    shown, refused = shown_names({"ada": name, "bob": ""}, students=["ada", "bob", "eve"])
    assert shown == {}
    assert "student bob" in refused["ada"]


ONE_ALPHABET = (
    "Лиса", "Мар’яна", "Марʼяна", "Αθηνά Παπαδοπούλου", "김철수", "田中 さくら", "サーバー",
    "李明 Fox", "محمد", "חיים", "नमस्ते", "ไทย", "ვანო", "Հայկ","አበበ", "தமிழ்", "សុខ", "ꓐꓮ",
    "Đặng Thị", "Kaʻiulani", "Þór", "İpek", "Straße", "Owl 🦊", "Ελένη 7", "O|O",
)  # fmt: skip


@pytest.mark.parametrize("name", ONE_ALPHABET)
def test_any_name_in_one_alphabet_is_shown(name: str) -> None:
    assert shown_names({"ada": name}, students=["ada", "bob", "alice", "mike"]) == ({"ada": name}, {})


@pytest.mark.parametrize(
    "name", ["b\u0d82b", "bㅇb", "bоd", "αlan", "ѕᎪx", "Team Лиса", "b\u101db", "チームFox", "\u05d0bob"]
)
def test_a_name_that_mixes_alphabets_is_not_shown(name: str) -> None:
    shown, refused = shown_names({"ada": name}, students=["ada", "bob"])
    assert (shown, refused) == ({}, {"ada": "the name that was written mixes alphabets"})


def test_what_cannot_be_shown_is_told() -> None:
    shown, refused = shown_names({"ada": "\u200b!", "bob": "Owl", "cyd": "Oꓪl", "eve": "\u0555wl"})
    assert (shown, list(refused)) == ({"bob": "Owl"}, ["ada", "cyd", "eve"])
