"""The exercises of `11_dropout`."""
