"""What is wrong with an instance, and how to mend it. One file per group of checks; a check is a function from a context to findings."""
