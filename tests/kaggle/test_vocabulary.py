"""The words of four competitions come to one vocabulary, and what has no place is listed."""

from pathlib import Path

import polars as pl
import pytest

from mel.kaggle.vocabulary import DIAGNOSES, SPELLINGS, WORDS, harmonise
from mel.tables import SEXES, SITES


def test_every_spelling_leads_to_a_word_of_its_vocabulary() -> None:
    for name, spellings in SPELLINGS.items():
        words = set(spellings.values()) - {None}
        assert words == set(WORDS[name])
        assert all(text == text.strip().lower() for text in spellings)
    assert WORDS == {"sex": SEXES, "site": SITES, "diagnosis": DIAGNOSES}


def test_every_word_means_itself() -> None:
    for name, words in WORDS.items():
        found, unmapped = harmonise(pl.DataFrame({"x": words}), {name: "x"})
        assert found[name].to_list() == list(words)
        assert unmapped.height == 0


@pytest.mark.parametrize("word", ["unknown", "Unknown", "", " ", None, "NA", "nan", "UNK"])
def test_a_word_for_nothing_is_null_and_not_listed(word: str | None) -> None:
    raw = pl.DataFrame({"dx": ["nevus", word]})
    found, unmapped = harmonise(raw, {"diagnosis": "dx"})
    assert found["diagnosis"].to_list() == ["nevus", None]
    assert unmapped.height == 0


def test_case_and_blanks_are_of_no_account() -> None:
    raw = pl.DataFrame({"a": [" Male", "FEMALE "], "b": ["Posterior Torso", "HEAD/NECK"]})
    found, unmapped = harmonise(raw, {"sex": "a", "site": "b"})
    assert found.rows() == [("male", "torso"), ("female", "head/neck")]
    assert unmapped.height == 0


def test_what_has_no_place_is_null_and_counted_under_its_own_name() -> None:
    raw = pl.DataFrame({"where": ["knee", "torso", "knee", "Knee"], "who": ["X"] * 4})
    found, unmapped = harmonise(raw, {"sex": "who", "site": "where"})
    assert found["site"].to_list() == [None, "torso", None, None]
    assert sorted(unmapped.rows()) == [("where", "Knee", 1), ("where", "knee", 2), ("who", "X", 4)]


def test_further_spellings_are_added_and_win() -> None:
    raw = pl.DataFrame({"where": ["Knee", "back"]})
    further = {"site": {"knee": "lower extremity", "BACK": "head/neck"}}
    found, unmapped = harmonise(raw, {"site": "where"}, further)
    assert found["site"].to_list() == ["lower extremity", "head/neck"]
    assert unmapped.height == 0


def test_the_deepest_known_part_of_a_path_counts() -> None:
    paths = {
        "Benign::Benign melanocytic proliferations::Nevus::Nevus, Spitz": "nevus",
        "Benign::Benign soft tissue proliferations - Vascular::Hemangioma::Hemangioma, Cherry": (
            "vascular lesion"
        ),
        "Malignant::Malignant epidermal proliferations::Squamous cell carcinoma, Invasive": (
            "squamous cell carcinoma"
        ),
        "Benign::Flat melanotic pigmentations - not melanocytic nevus::Lentigo NOS": (
            "benign keratosis"
        ),
        "Benign::Nevus::Solar lentigo::Somewhere": "benign keratosis",
        "Benign::Cysts": None,
    }
    found, unmapped = harmonise(pl.DataFrame({"x": list(paths)}), {"diagnosis": "x"})
    assert found["diagnosis"].to_list() == list(paths.values())
    assert unmapped["value"].to_list() == ["Benign::Cysts"]


def test_the_sites_of_2019_and_of_ham10000_agree_on_the_same_images(real_data: Path) -> None:
    """Both tables describe the 10,015 images of HAM10000: where both name a site, they agree."""
    ham = pl.read_csv(real_data / "ham10000" / "HAM10000_metadata.csv")
    isic = pl.read_csv(real_data / "isic2019" / "ISIC_2019_Training_Metadata.csv")
    both = ham.join(isic, left_on="image_id", right_on="image", suffix="_2019")
    one, odd = harmonise(both, {"site": "localization", "sex": "sex"})
    other, odd_2019 = harmonise(both, {"site": "anatom_site_general", "sex": "sex_2019"})
    assert (both.height, odd.height, odd_2019.height) == (10_015, 0, 0)
    for name in ("site", "sex"):
        known = one[name].is_not_null() & other[name].is_not_null()
        assert known.sum() > 8_000
        assert (one[name] == other[name]).filter(known).all()


def test_the_diagnoses_of_2019_and_of_ham10000_agree_on_the_same_images(real_data: Path) -> None:
    ham = pl.read_csv(real_data / "ham10000" / "HAM10000_metadata.csv")
    truth = pl.read_csv(real_data / "isic2019" / "ISIC_2019_Training_GroundTruth.csv")
    kinds = truth.unpivot(index="image").filter(pl.col("value") == 1)
    both = ham.join(kinds, left_on="image_id", right_on="image")
    one, odd = harmonise(both, {"diagnosis": "dx"})
    other, _ = harmonise(both, {"diagnosis": "variable"})
    known = one["diagnosis"].is_not_null()
    assert (one["diagnosis"] == other["diagnosis"]).filter(known).all()
    assert odd.rows() == [("dx", "akiec", 327)]
    assert set(other.filter(~known)["diagnosis"]) == {
        "actinic keratosis",
        "squamous cell carcinoma",
    }
