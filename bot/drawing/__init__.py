"""Charts as pictures: an SVG written by us (`svg`), painted by resvg in a process of its own (`painter`), kept as long as it is used."""
