"""How what somebody says finds its handler: the order of the rule book, lists and open questions, groups, bare names."""
