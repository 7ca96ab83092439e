"""The two kinds of course, a lesson as a value, and what `build` and `release` make of them."""
