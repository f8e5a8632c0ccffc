"""The doors: parse, one call, print. Nothing heavy is imported until a command runs."""

from mel.cli.main import main

__all__ = ["main"]
