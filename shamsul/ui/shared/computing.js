// What is computed: a button in the bar, and under it the list with its order. The server tells each
// second how far all is, and takes it away when nothing is left.

const GRIP = '<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="5" cy="3" r="1.5"/><circle cx="11" cy="3" r="1.5"/><circle cx="5" cy="8" r="1.5"/><circle cx="11" cy="8" r="1.5"/><circle cx="5" cy="13" r="1.5"/><circle cx="11" cy="13" r="1.5"/></svg>';
const CROSS = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 2.4 8 6.9l4.5-4.5 1.1 1.1L9.1 8l4.5 4.5-1.1 1.1L8 9.1l-4.5 4.5-1.1-1.1L6.9 8 2.4 3.5z"/></svg>';
const views = new WeakMap();

function make(tag, name, parent) {
  const element = document.createElement(tag);
  element.className = name;
  parent.append(element);
  return element;
}

class Computing {
  constructor(root) {
    this.id = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.number = 0;
    this.asked = []; // what the server is not known to have done; messages can be lost
    this.rows = new Map(); // by the job's id
    this.now = make("button", "now", root);
    this.now.type = "button";
    this.ring = make("span", "ring", this.now);
    this.title = make("span", "title", this.now);
    this.summary = make("span", "summary", this.now);
    this.list = make("div", "list", root);
    this.list.popover = "auto";
    this.list.setAttribute("role", "dialog");
    this.list.setAttribute("aria-label", "What is computed");
    this.now.popoverTargetElement = this.list;
    const head = make("div", "head", this.list);
    make("h2", "", head).textContent = "What is computed";
    const all = make("button", "all", head);
    all.type = "button";
    all.textContent = "Stop all";
    all.addEventListener("click", () => this.act({ stop: [...this.rows.keys()] }));
    this.order = make("ol", "", this.list);
    this.hint = make("p", "", this.list);
    this.hint.textContent =
      "What is on the screen comes first. Drag a handle, or press ↑ or ↓ on it, for another order.";
    this.said = make("span", "said", this.list);
    this.said.setAttribute("aria-live", "polite");
    let within = false;
    this.list.addEventListener("beforetoggle", () => {
      within = this.list.contains(this.focused());
      this.place();
    });
    this.list.addEventListener("toggle", ({ newState }) => {
      if (newState === "closed" && within) this.now.focus();
    });
  }

  act(asked) {
    this.asked.push({ number: ++this.number, ...asked });
    this.order.ariaBusy = "true";
    this.ask();
  }

  ask() {
    this.send("look", { from: this.id, at: Date.now(), asked: this.asked });
  }

  // Under the button, whatever is cut off around it.
  place() {
    const at = this.now.getBoundingClientRect();
    const width = Math.min(26 * 16, innerWidth - 16);
    this.list.style.top = `${at.bottom + 6}px`;
    this.list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  }

  show(data, send) {
    this.send = send;
    this.title.textContent = data.now;
    this.summary.textContent = data.summary;
    this.now.setAttribute("aria-label", `Computing: ${data.words}`);
    this.now.title = data.words;
    this.ring.style.setProperty("--share", data.jobs[0].share);
    if (data.from === this.id) this.asked = this.asked.filter(({ number }) => number > data.done);
    this.order.ariaBusy = String(this.asked.length > 0);
    if (this.asked.length) this.ask(); // again
    if (this.held || this.asked.length) return; // what one has just moved does not jump back
    const ids = data.jobs.map((job) => job.id);
    for (const [id, row] of this.rows) {
      if (ids.includes(id)) continue;
      if (row.item.contains(this.focused())) (row.item.nextSibling || row.item.previousSibling)?.querySelector("button:not([hidden])")?.focus();
      row.item.remove();
      this.rows.delete(id);
    }
    for (const job of data.jobs) this.update(this.rows.get(job.id) || this.add(job.id), job);
    this.arrange(ids);
    this.hint.hidden = this.waiting().length < 2;
  }

  add(id) {
    const item = make("li", "", this.order);
    const handle = make("button", "handle", item);
    const about = make("div", "about", item);
    const row = {
      id, item, handle,
      name: make("div", "name", about),
      text: make("div", "text", about),
      bar: make("div", "bar", about),
      stop: make("button", "stop", item),
    };
    make("i", "", row.bar);
    handle.type = row.stop.type = "button";
    handle.innerHTML = GRIP;
    row.stop.innerHTML = CROSS;
    row.stop.addEventListener("click", () => this.act({ stop: [id] }));
    handle.addEventListener("keydown", (event) => this.key(event, row));
    handle.addEventListener("pointerdown", (event) => this.grasp(event, row));
    this.rows.set(id, row);
    return row;
  }

  update(row, job) {
    const name = job.case ? `${job.title}, ${job.case}` : job.title;
    row.item.classList.toggle("running", job.running);
    row.name.textContent = name;
    row.text.textContent = job.text;
    row.bar.hidden = !job.running;
    row.bar.style.setProperty("--share", job.share);
    row.handle.style.visibility = job.running ? "hidden" : "";
    row.handle.setAttribute("aria-label", `Move ${name}`);
    row.stop.setAttribute("aria-label", `Stop ${name}`);
    row.stop.title = `Stop ${name}`;
  }

  // Rows in this order; the one with the focus stays where it is, others go around it.
  arrange(ids) {
    const focused = this.focused();
    const items = ids.map((id) => this.rows.get(id).item);
    if (items.every((item, index) => this.order.children[index] === item)) return;
    this.order.append(...items);
    if (focused && this.list.contains(focused)) focused.focus({ preventScroll: true });
  }

  focused() {
    return this.list.getRootNode().activeElement;
  }

  waiting() {
    return [...this.rows.values()]
      .filter((row) => !row.item.classList.contains("running"))
      .sort((a, b) => (a.item.compareDocumentPosition(b.item) & 4 ? -1 : 1));
  }

  key(event, row) {
    const waiting = this.waiting();
    const at = waiting.indexOf(row);
    const place = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: waiting.length - 1 }[event.key];
    if (place === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (place === at || place < 0 || place >= waiting.length) return;
    this.put(row, place);
    this.sent(row);
  }

  // A row among those that wait.
  put(row, place) {
    const others = this.waiting().filter((other) => other !== row);
    const had = this.focused() === row.handle;
    if (place < others.length) others[place].item.before(row.item);
    else others.at(-1).item.after(row.item);
    if (had) row.handle.focus({ preventScroll: true });
  }

  sent(row) {
    const waiting = this.waiting();
    const place = waiting.indexOf(row);
    this.said.textContent = `${row.name.textContent}: place ${place + 1} of ${waiting.length}`;
    // Not by its place: what waited when it was grasped may run by now.
    this.act({ move: row.id, before: waiting[place + 1]?.id ?? "" });
  }

  grasp(event, row) {
    if (event.button !== 0 || this.waiting().length < 2) return;
    event.preventDefault();
    row.handle.focus({ preventScroll: true });
    const before = this.waiting().indexOf(row);
    const here = new AbortController();
    const options = { signal: here.signal };
    this.held = row;
    row.item.classList.add("held");
    // On the document: the row moves in it, which would end a capture.
    const follow = ({ clientY }) => {
      const others = this.waiting().filter((other) => other !== row);
      const middle = ({ item }) => { const r = item.getBoundingClientRect(); return r.top + r.height / 2; };
      const place = others.filter((other) => middle(other) < clientY).length;
      if (place !== this.waiting().indexOf(row)) this.put(row, place);
    };
    const drop = (kept) => {
      here.abort();
      this.held = null;
      row.item.classList.remove("held");
      if (!kept) this.put(row, before);
      else if (this.waiting().indexOf(row) !== before) this.sent(row);
    };
    document.addEventListener("pointermove", follow, options);
    document.addEventListener("pointerup", () => drop(true), options);
    document.addEventListener("pointercancel", () => drop(false), options);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) views.set(parentElement, (view = new Computing(parentElement)));
  view.show(data, setTriggerValue);
  return () => views.delete(parentElement);
}
