"""Entry point: ``streamlit run app.py`` serves this very file, and runs it for each page."""

if __name__ == "__main__":
    from shamsul.ui.shared.frame import run

    run()
elif __name__ != "__mp_main__":  # which is what processes call it that a page has started
    import streamlit as st
    from starlette.middleware import Middleware
    from streamlit.runtime.pages_manager import PagesManager

    from shamsul.ui.shared import loading, operations
    from shamsul.ui.shared.gate import Gate
    from shamsul.ui.shared.provider import Provider
    from shamsul.ui.shared.sign_in import proof_of, routes
    from shamsul.ui.shared.theme import Theme

    # Ends Streamlit's older discovery of pages, which would run a file of pages/ without its frame
    # and list all of them in a sidebar. A run's st.navigation ends it too late for that run.
    PagesManager.uses_pages_directory = False

    operations.begin()
    loading.begin()
    middleware = [Middleware(Gate, proof_of=proof_of), Middleware(Provider), Middleware(Theme)]
    app = st.App(__file__, routes=routes(), middleware=middleware)
