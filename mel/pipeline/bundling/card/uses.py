"""What the ensemble is for, and what not."""

__all__ = ["NOT", "SYNTHETIC", "USES"]

NOT = (
    "**This is no medical device.** Nobody has approved or validated it for use on people. No "
    "score of it says whether a mole is harmless, and none replaces a doctor who looks at the skin."
)
SYNTHETIC = (
    "**Synthetic.** The pictures that trained it were drawn from random numbers. It knows nothing "
    "of skin; its scores show how the software works, and nothing else."
)
USES = (
    "Meant for: competitions, research, and learning how such ensembles behave.",
    "Not meant for: diagnosis, triage, screening, reassurance, or any decision about a person.",
    "Out of its reach: clinical and phone pictures without a dermatoscope, mucosa, nails, other "
    "diseases, and any picture unlike those below. It always gives a number, also for a cat.",
)
