"""The grader grades itself: variants, mutants, the sample class, and the page that says how well."""
