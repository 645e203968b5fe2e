import pytest

from shamsul.annotations.image_names import Images

A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("00000001_000.png", "00000001_000.png"),
        ("00000001_000.png", "00000001_000"),
        ("00000001_000", "00000001_000.PNG"),
        ("nih/images/00000001_000.png", "00000001_000.png"),
        ("00000001_000.png", "images\\00000001_000.jpg"),
        ("1.2.276.0.7230010.3", "1.2.276.0.7230010.3"),
        ("dir/1.2.276.0.7230010.3.dcm", "1.2.276.0.7230010.3"),
        (
            "CheXpert-v1.0/valid/patient64541/study1/view1_frontal.jpg",
            "patient64541_study1_view1_frontal",
        ),
        ("patient64541_study1_view1_frontal.jpg", "valid/patient64541/study1/view1_frontal.jpg"),
        ("case-001", "case-001"),
    ],
)
def test_names_of_one_image(known: str, asked: str) -> None:
    assert Images({A: [known], B: ["another.png"]}).find(asked) == A


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("patient1/study1/view1_frontal.jpg", "patient2_study1_view1_frontal"),
        ("patient1/study1/view1_frontal.jpg", "patient2/study1/view1_frontal.jpg"),
        ("patient11/study1/view1_frontal.jpg", "patient1_study1_view1_frontal"),
        ("1.2.3", "1.2"),
        ("image-1.png", "1.png"),
        ("a_1.png", "1.png"),
        ("x.png", ""),
        ("x.png", "/"),
    ],
)
def test_names_of_different_images(known: str, asked: str) -> None:
    with pytest.raises(ValueError, match="no case"):
        Images({A: [known]}).find(asked)


def test_a_hash_is_a_name() -> None:
    assert Images({A: [], B: ["x"]}).find(B) == B


def test_a_name_of_two_images_is_of_neither() -> None:
    images = Images({A: ["patient1/view1_frontal.jpg"], B: ["patient2/view1_frontal.jpg"]})
    with pytest.raises(ValueError, match="2 cases"):
        images.find("view1_frontal.jpg")
    assert images.find("patient2/view1_frontal.jpg") == B
