"""Entry point: ``streamlit run app.py`` serves this very file, and runs it for each page."""

if __name__ == "__main__":
    from shamsul.ui.shared.frame import run

    run()
else:
    import threading
    from importlib import import_module

    import streamlit as st
    from starlette.middleware import Middleware
    from streamlit.runtime.pages_manager import PagesManager

    from shamsul.ui.shared.gate import Gate
    from shamsul.ui.shared.provider import Provider
    from shamsul.ui.shared.sign_in import proof_of, routes

    # Ends Streamlit's older discovery of pages, which would run a file of pages/ without its frame
    # and list all of them in a sidebar. A run's st.navigation ends it too late for that run.
    PagesManager.uses_pages_directory = False
    # What the first page needs takes seconds to load: from now on, while it is on its way.
    threading.Thread(
        target=import_module, args=["shamsul.explainers.registry"], daemon=True
    ).start()
    middleware = [Middleware(Gate, proof_of=proof_of), Middleware(Provider)]
    app = st.App(__file__, routes=routes(), middleware=middleware)
