"""What an exercise is, what a judge says of one, and how it comes to say it. Knows no notebook and no course."""
