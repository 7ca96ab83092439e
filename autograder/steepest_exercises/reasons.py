"""Why mutants of a solution are equivalent to it: reasons that more than one exercise gives."""

from __future__ import annotations

ANY_ORDER = "The function gives the same in either order of its arguments."
DEVICE = "Differs on a GPU only, where torch refuses a generator of another device."
LENGTH = "A length is never negative."
ONE_OR_TWO_AXES = "Labels have one axis or two."
ONLY_THE_SHAPE = "Only its shape and type are used, and both are alike in these."
ROWS = "Both hold one entry an example, so they are equally long."
SAME_DEVICE = "All tensors of a call are on one device."
SIGN_LOST = "The sign is lost in what follows."
SYMMETRIC_DRAW = "A uniform draw is distributed as its mirror image."
TIE = "Differs only where an eigenvalue has exactly the size of the tolerance, which rounding decides."
WHOLE_AXIS = "An axis taken whole may be left out, and one in front of all others is added by itself."
