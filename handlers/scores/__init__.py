"""What the ranking, the scores and the reports share: the year's values, their rescoring, and how they are asked for and told."""
