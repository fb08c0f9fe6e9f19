"""The plan of a year as a folder of CSV and YAML files: read with line numbers, checked, applied as a whole, exported again."""
