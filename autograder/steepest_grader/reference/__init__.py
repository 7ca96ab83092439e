"""Reference implementations in torch, one module a lesson; independent of the solutions in the notebooks."""
