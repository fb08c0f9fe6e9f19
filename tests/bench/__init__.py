"""`make bench`: the ratios of the product's speed, each beside its yardstick, measured in one run. Nothing here is a test."""
