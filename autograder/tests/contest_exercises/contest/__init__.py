"""Its only lesson."""
