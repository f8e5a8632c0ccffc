"""`python -m mel.cli` is `mel`."""

from mel.cli.main import main

if __name__ == "__main__":
    main()
