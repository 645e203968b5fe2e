// What the reader has done and the server has not yet said to be on the disk.

const SEND_AGAIN = 4000; // ms without word from the server

// Outlives the component: a page that is drawn anew may build it anew. The tab keeps it for who
// has to sign in again meanwhile, which loads the page anew.
class Outbox {
  constructor(name) {
    this.name = name;
    this.id = crypto.randomUUID?.() ?? String(Math.random());
    this.events = [];
    this.number = 0;
    addEventListener("beforeunload", (event) => {
      if (this.events.length && !document.querySelector(".st-key-sign-in-screen")) {
        event.preventDefault();
      }
    });
  }

  /** Whose it is: what the tab has kept of theirs is sent again, and nobody else's. */
  belongTo(reader) {
    if (!reader || reader === this.reader || this.events.length) return;
    this.reader = reader;
    try {
      Object.assign(this, JSON.parse(sessionStorage.getItem(this.place)));
    } catch {
      return; // nothing that could be read
    }
    this.again = setTimeout(() => this.post()); // when what shows it is there
  }

  get place() {
    return `shamsul-outbox/${this.name}/${this.reader}`;
  }

  keep() {
    if (!this.reader) return;
    const { id, number, events } = this;
    try {
      if (events.length) sessionStorage.setItem(this.place, JSON.stringify({ id, number, events }));
      else sessionStorage.removeItem(this.place);
    } catch {
      // Full or forbidden: it is in the page all the same.
    }
  }

  put(token, item, value, seconds = 0) {
    this.events = [...this.events, { number: ++this.number, token, item, value, seconds }];
    this.keep();
    this.post();
  }

  // The whole of it, with a count of tries: Streamlit sends only what changed.
  post() {
    clearTimeout(this.again);
    if (!this.events.length) return;
    this.tries = (this.tries ?? 0) + 1;
    this.send?.({ id: this.id, tries: this.tries, events: this.events });
    this.again = setTimeout(() => this.post(), SEND_AGAIN);
    this.changed?.();
  }

  /** Sent three times, and no word from the server. */
  get unheard() {
    return this.events.length > 0 && this.tries > 2;
  }

  settle(saved) {
    const upTo = saved[this.id] ?? 0;
    const before = this.events.length;
    this.events = this.events.filter((e) => e.number > upTo);
    if (this.events.length < before) {
      this.tries = 0;
      this.keep();
    }
    if (!this.events.length) clearTimeout(this.again);
  }

  waiting(token, item) {
    return this.events.findLast((e) => e.token === token && e.item === item);
  }

  /** Why what waits is not saved yet; empty while there is no reason to worry. */
  trouble(error) {
    if (!this.events.length) return "";
    return error || (this.unheard ? "The server does not answer." : "");
  }

  /**
   * Tell in `node` what became of what was done: `count` things called `noun` wait, and the server
   * said `notice`, `error` or `refused`. `idle` is told where nothing has been done.
   */
  tell(node, { count, noun, notice, error, refused, idle = "" }) {
    const why = this.trouble(error);
    const bad = why || (!count && refused);
    node.className = bad ? "status failed" : count || !notice ? "status" : "status saved";
    node.setAttribute("role", bad ? "alert" : "status");
    const kept = count === 1 ? `1 ${noun} is` : `${count} ${noun}s are`;
    node.textContent = why
      ? `Not saved: ${why} ${kept} kept in this page and sent again until saved. Do not close the page.`
      : bad ? `Not saved: ${refused}`
      : count ? "Saving …" : notice || idle;
  }
}

/** That of the answers, which drawings join: components are separate modules, hence the hub. */
function answersOutbox() {
  return (hub().outbox ??= new Outbox("answers"));
}
