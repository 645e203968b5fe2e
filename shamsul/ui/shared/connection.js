// Says that the server is away, in place of Streamlit's dialog, which covers a page to work on.

const PATIENCE = 1000; // ms without the server before it is said

export default function ({ parentElement }) {
  const said = parentElement.querySelector("p");
  const app = document.querySelector('[data-testid="stApp"]');
  let waiting = 0;
  const look = () => {
    if (app.dataset.testConnectionState === "CONNECTED") {
      clearTimeout(waiting);
      waiting = 0;
      said.textContent = "";
      return;
    }
    waiting ||= setTimeout(() => (said.textContent = said.dataset.text), PATIENCE);
    for (const dialog of document.querySelectorAll('[data-testid="stDialog"]')) {
      if (!dialog.textContent.startsWith("Connection error")) continue; // one of ours
      dialog.style.visibility = "hidden";
      dialog.querySelector("button")?.click();
    }
  };
  const changes = new MutationObserver(look);
  changes.observe(app, { attributeFilter: ["data-test-connection-state"] });
  changes.observe(document.body, { childList: true });
  look();
  return () => {
    changes.disconnect();
    clearTimeout(waiting);
  };
}
