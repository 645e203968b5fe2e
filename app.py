"""Entry point: ``streamlit run app.py`` serves this very file, and runs it for each page."""

if __name__ == "__main__":
    from shamsul.ui.shared.frame import error_boundary, frame

    with error_boundary():
        frame().run()
else:
    import streamlit as st
    from starlette.middleware import Middleware

    from shamsul.ui.shared.gate import Gate
    from shamsul.ui.shared.sign_in import proof_of, routes

    app = st.App(__file__, routes=routes(), middleware=[Middleware(Gate, proof_of=proof_of)])
