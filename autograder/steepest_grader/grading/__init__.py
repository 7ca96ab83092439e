"""One submission to one value; a class of them, in lanes or on a cluster."""
