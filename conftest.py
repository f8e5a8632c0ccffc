"""Settings of every test: property tests have no deadline, since a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("mel", deadline=None, max_examples=50)
settings.load_profile("mel")
