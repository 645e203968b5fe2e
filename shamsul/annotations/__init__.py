"""Expert annotations, from public formats to masks."""
