"""Synthetic pigmented lesions: shapes and colours that follow the ABCD rule, with noise.

Asymmetry, border and colour are the first three letters of the dermatoscopic ABCD rule (Nachbar
et al., J Am Acad Dermatol 30:551, 1994). Here each is a number from 0 to 1 that is higher on
average, but not always, where the target is 1. No real picture was used in any way.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mel.kaggle.skin import Field, Look, grid, hairs, noise, rim, skin

__all__ = ["Traits", "draw_traits", "render"]

_BROWNS = np.array([[168, 112, 84], [122, 74, 54], [92, 54, 44], [172, 92, 84]], dtype=np.float32)
_ODD_COLOURS = np.array(  # black, blue-grey, white of regression, red, dark brown
    [[34, 24, 28], [92, 98, 122], [214, 186, 182], [176, 66, 68], [64, 34, 28]],
    dtype=np.float32,
)
_SHIFT = {"asymmetry": 0.25, "irregularity": 0.25, "variegation": 0.32}  # of positives
_SPREAD = 0.15
_ANGLES = 512  # points of the border


@dataclass(frozen=True)
class Traits:
    """What one lesion looks like: A, B and C of the ABCD rule, 0 to 1, and its size.

    radius: mean radius in picture heights. depth: how dark its pigment is, 0 to 1.
    """

    asymmetry: float
    irregularity: float
    variegation: float
    radius: float
    depth: float


def draw_traits(target: int, rng: np.random.Generator) -> Traits:
    """Draw a lesion; a positive's traits are higher on average, and the two classes overlap."""
    shared = rng.normal(0, 0.5)  # an ugly lesion is ugly in more than one way
    abc = {
        name: float(np.clip(0.25 + shift * target + _SPREAD * rng.normal(0.5 * shared, 1), 0, 1))
        for name, shift in _SHIFT.items()
    }
    radius = float(np.clip(rng.lognormal(-1.6 + 0.25 * target, 0.26), 0.09, 0.40))
    return Traits(**abc, radius=radius, depth=float(rng.beta(3 + 2 * target, 2.5)))


def render(look: Look, traits: Traits, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Render a lesion on skin: RGB, uint8, `(120, 160, 3)`.

    The same look, traits and state of `rng` give the same pixels.

    >>> from mel.kaggle.skin import draw_look
    >>> rng = np.random.default_rng(0)
    >>> render(draw_look(rng), draw_traits(1, rng), rng).shape
    (120, 160, 3)
    """
    background = skin(look, rng)
    distance, across = _shape(traits, rng)
    edge = np.float32(rng.uniform(5, 16))
    cover = _sigmoid((1 - distance) * edge) * np.float32(0.70 + 0.28 * traits.depth)
    colour = _colour(traits, distance, across, rng)
    picture = background * (1 - cover[..., None]) + colour * cover[..., None]
    picture = rim(hairs(picture.astype(np.float32), look, rng), look)
    picture += 2.0 * rng.standard_normal(picture.shape, dtype=np.float32)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _sigmoid(value: Field) -> Field:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))), dtype=np.float32)


def _shape(traits: Traits, rng: np.random.Generator) -> tuple[Field, Field]:
    """Give each pixel's distance from the centre in radii (1 on the border), and a slant."""
    across, down = grid()
    ragged = (0.2 + traits.irregularity) * traits.radius
    x = across + ragged * _wrinkles(rng) - rng.normal(0, 0.05)
    y = down + ragged * _wrinkles(rng) - rng.normal(0, 0.04)
    steps = (np.arctan2(y, x) * (_ANGLES / (2 * np.pi))).astype(np.int32)  # -_ANGLES/2 to +
    border = _border(traits, rng)[steps]
    distance = np.hypot(x, y) / (traits.radius * border)
    heading = rng.uniform(0, 2 * np.pi)
    slant = (np.cos(heading) * x + np.sin(heading) * y) / traits.radius
    return distance.astype(np.float32), slant.astype(np.float32)


def _wrinkles(rng: np.random.Generator) -> Field:
    return 0.14 * noise(rng, 9) + 0.10 * noise(rng, 22)


def _border(traits: Traits, rng: np.random.Generator) -> Field:
    """Give the border's distance from the centre, in mean radii, at `_ANGLES` angles."""
    angle = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    phase = rng.uniform(0, 2 * np.pi, 10)
    border = 1 + rng.uniform(0.02, 0.20) * np.cos(2 * (angle - phase[2]))
    border += 0.40 * traits.asymmetry * np.cos(angle - phase[1])
    border += 0.22 * traits.asymmetry * np.cos(3 * (angle - phase[3]))
    for k in range(4, 10):
        border += traits.irregularity * rng.uniform(0, 0.30) / k**0.5 * np.cos(k * angle - phase[k])
    return np.asarray(np.clip(border, 0.35, None), dtype=np.float32)


def _colour(traits: Traits, distance: Field, slant: Field, rng: np.random.Generator) -> Field:
    """Give the lesion's own colour everywhere; only what the lesion covers will show."""
    weights = rng.dirichlet(np.full(len(_BROWNS), 0.6)).astype(np.float32)
    base = (weights @ _BROWNS) * np.float32(1.25 - 0.55 * traits.depth)
    rings = 1 + rng.uniform(-0.1, 0.40) * (np.clip(distance, 0, 1.3) - 0.7)
    lopsided = 1 + 0.45 * traits.asymmetry * np.clip(slant, -1.2, 1.2)
    network = 1 + rng.uniform(0.03, 0.09) * noise(rng, int(rng.integers(40, 80)))
    texture = (rings * lopsided * network * (1 + 0.10 * noise(rng, 14))).astype(np.float32)
    colour = np.broadcast_to(base, (*texture.shape, 3))
    for odd in rng.permutation(len(_ODD_COLOURS))[:3]:
        field = noise(rng, 9) + 0.5 * noise(rng, 22)
        patch = _sigmoid(3 * (field - 1.8 + 1.9 * traits.variegation))
        patch = patch[..., None] * np.float32(0.8 * traits.variegation**0.5)
        colour = colour * (1 - patch) + _ODD_COLOURS[odd] * patch
    return np.asarray(colour * texture[..., None], dtype=np.float32)
