"""Settings of every test: property tests have no deadline, since a busy machine is no failure.

By hand each run tries new examples; where CI is set each run tries the same ones.
"""

import os

from hypothesis import settings

settings.register_profile(
    "mel", deadline=None, max_examples=50, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("mel")
