"""The demo: a constructed sample cluster, a clock to move, and the page that serves it."""
