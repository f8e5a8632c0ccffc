"""`python -m mel` is `mel`."""

from mel.cli.main import main

if __name__ == "__main__":
    main()
