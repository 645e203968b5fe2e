"""The only room of the core that imports streamlit."""
