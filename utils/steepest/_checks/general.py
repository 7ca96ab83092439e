"""Diagnoses that can be made of any exercise: their names, and what each says to somebody who looks at a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CHANGED_IN_PLACE = (
    "The result is right, but the caller's values are changed: build new ones (a - b, not a -= b; {**state})."
)
GLOBAL_GENERATOR_USED = (
    "The result is right, but a global random generator was used: draw from the generator you are given."
)
GLOBAL_GENERATOR_SEEDED = (
    "The result is right, but a global random generator is seeded on the way, which all other code shares: leave it"
    " alone."
)
LEFT_ASKING_FOR_GRADIENTS = (
    "The result is right, but the caller's tensor is left with `requires_grad` set: set it on a copy,"
    " x.detach().clone().requires_grad_()."
)
WRONG_FLOAT_TYPE = "The values are right, but they are computed in another floating type than that of the arguments."

GENERAL: Mapping[str, str] = {
    "changes_its_arguments": CHANGED_IN_PLACE,
    "leaves_requires_grad": LEFT_ASKING_FOR_GRADIENTS,
    "uses_global_generator": GLOBAL_GENERATOR_USED,
    "seeds_global_generator": GLOBAL_GENERATOR_SEEDED,
    "wrong_float_type": WRONG_FLOAT_TYPE,
    "forgotten_corner": "It is right everywhere but in a special case.",
    "two_mistakes": "Two of the listed mistakes, each in a part of its own.",
    # how it ends
    "nothing_returned": "Nothing is returned.",
    "words_returned": "A text is returned where a value is asked for.",
    "other_form": "What is returned has another form: too many parts, too few, or not the kind asked for.",
    "other_arguments": "The function takes other arguments than the exercise says.",
    "raises_an_error": "It ends in an exception in every case.",
    "not_finite": "It gives nan or inf in some cases.",
    "constant": "It gives one and the same value, whatever it is given.",
    "returns_its_argument": "It hands back what it was given.",
    # another form of the right values
    "another_type": "The right values, in another container or type.",
    "another_shape": "The right values, in another shape.",
    "transposed": "The right values, with rows and columns exchanged.",
    "parts_exchanged": "The right values, in another order of the parts.",
    "another_key": "The right values, under another key of the state.",
    "more_than_asked": "The right value, together with others.",
    "part_missing": "A part of what should be returned is missing.",
    "single_precision": "Right to seven digits, where float64 is asked for.",
    "too_coarse": "Near what a search is to find, but not near enough.",
    "one_entry_too_many": "The right values, and one more.",
    "one_entry_too_few": "The right values but one.",
    "in_reverse_order": "The right values, in reverse order.",
    "late_by_one": "The right values, one place too late.",
    "early_by_one": "The right values, one place too early.",
    # how the values are related
    "sign_reversed": "Right but for the sign.",
    "sign_lost": "Right but for a sign that is lost.",
    "squared": "The square of what is asked for.",
    "root_taken": "The root of what is asked for.",
    "inverted": "1 divided by what is asked for.",
    "one_minus": "1 minus what is asked for.",
    "logarithm_taken": "The logarithm of what is asked for.",
    "exponential_taken": "The exponential of what is asked for.",
    "rounded": "Rounded to a whole number.",
    "rounded_down": "Rounded down.",
    "rounded_up": "Rounded up.",
    "one_too_many": "1 more than what is asked for.",
    "one_too_few": "1 less than what is asked for.",
    "not_reduced": "A mean or a sum is left out.",
    "reduced_too_far": "A mean or a sum is taken over too much.",
    "off_by_a_factor": "Right but for a factor.",
    "condition_reversed": "Yes and no are exchanged.",
    # arguments, state and steps
    "argument_without_effect": "An argument has no effect on the result.",
    "remembers_earlier_calls": "Two calls with the same arguments give two results.",
    "moves_the_wrong_way": "The first move goes in the opposite direction.",
    "moves_too_far_or_too_little": "The first move is right but for a factor.",
    "does_not_move": "Nothing moves in the first step.",
    "state_not_updated": "A part of the state comes back as it was given.",
    "wrong_after_the_first_step": "The first step is right, and a later one is not.",
    "property_missing": "Something is not as in every sound answer: how it is drawn, or what it depends on.",
    "one_part_wrong": "One part of what is returned is wrong, and the others are right.",
    "right_in_some_cases": "Right in some cases, and wrong in others.",
}
"""By name; an exercise may list a mistake of the same name, with a hint of its own."""

FORM, NEAR, PART = 0.5, 0.25, 0.25  # what is earned by right values in another form, by near ones, and by some parts


@dataclass(frozen=True)
class Fact:
    """A diagnosis that needs no author.

    Attributes
    ----------
    name : str
        The diagnosis.
    text : str
        What helps a student, in one or two sentences.
    credit : float
        Share of the points that what is right in it earns.
    """

    name: str
    text: str
    credit: float = 0.0
