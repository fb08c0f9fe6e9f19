"""The rules of the field as pure functions: text, figures, dates, deadlines, scores. No input or output happens here."""
