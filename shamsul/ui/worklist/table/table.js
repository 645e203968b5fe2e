// The worklist: a table of one page of cases. What is searched, sorted and shown is asked of the
// server; what is asked is in the address too, so that going back and loading anew find it.

const KEYS = { text: "find", order: "sort", show: "show", label: "finding", page: "page" };

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** What is asked, in the address; it does not become a step of the browser's history. */
function address(ask) {
  const url = new URL(location.href);
  for (const [name, key] of Object.entries(KEYS)) {
    const value = name === "order" && ask.descending ? `-${ask.order}` : String(ask[name]);
    const usual = { text: "", order: "place", show: "all", label: "", page: "1" }[name];
    if (value === usual) url.searchParams.delete(key);
    else url.searchParams.set(key, value);
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

class Row {
  constructor(table, id) {
    this.table = table;
    this.id = id;
    this.check = el("input", { type: "checkbox", onchange: () => table.showChosen() });
    this.picture = el("img", { alt: "", width: 48, height: 48, hidden: true });
    this.link = el("a", { href: "#" });
    this.cells = Object.fromEntries(
      ["origin", "added", "finding", "disagreement", "maps", "rated", "warnings"].map((name) => [
        name,
        el("td", { class: name }),
      ]),
    );
    this.input = el("input", {
      type: "text",
      placeholder: "Add a note",
      onchange: () => this.write(),
      onkeydown: (event) => this.key(event),
    });
    this.state = el("span", { class: "state", role: "status" });
    this.chooses = el("td", { class: "chooses" }, el("label", {}, this.check));
    this.node = el(
      "tr",
      { onclick: (event) => this.click(event) },
      this.chooses,
      el("td", { class: "picture" }, el("span", {}, this.picture)),
      el("th", { scope: "row", class: "name" }, this.link),
      ...Object.values(this.cells),
      el("td", { class: "note" }, el("span", {}, this.input, this.state)),
    );
  }

  click(event) {
    // What is done with a link otherwise (a tab of its own) is the browser's.
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (event.target.closest("input, label, .note")) return;
    event.preventDefault();
    if (String(getSelection())) return;
    this.table.open(this.id);
  }

  key(event) {
    if (event.key === "Enter") this.input.blur();
    if (event.key === "Escape") {
      this.input.value = this.note;
      this.input.blur();
    }
  }

  write() {
    const text = this.input.value.trim().replace(/\s+/g, " ");
    if (text === this.note && !this.table.waits(this.id)) return;
    this.table.write(this.id, text);
  }

  update(row, { removable, href }) {
    const text = JSON.stringify([row, removable, href]);
    if (text !== this.text) {
      this.text = text;
      this.link.textContent = row.name;
      this.link.href = href(row.id);
      this.check.setAttribute("aria-label", `Choose ${row.name}`);
      this.chooses.hidden = !removable;
      this.picture.hidden = !row.picture;
      if (row.picture) this.picture.src = row.picture;
      this.input.setAttribute("aria-label", `Note on ${row.name}`);
      const { cells } = this;
      cells.origin.textContent = row.origin;
      cells.added.replaceChildren(when(row.added));
      cells.finding.replaceChildren(...finding(row));
      cells.disagreement.textContent = row.disagreement == null ? "" : row.disagreement.toFixed(2);
      cells.maps.textContent = row.maps ?? "";
      cells.rated.textContent = row.answered ? counted(row.answered, "answer") : "not rated";
      cells.warnings.textContent = row.warnings ? `⚠ ${row.warnings}` : "";
      cells.warnings.title = row.warnings ? "Said when the case is opened" : "";
    }
    this.showNote(row.note);
  }

  showNote(note) {
    const waiting = this.table.waits(this.id);
    const changed = this.note !== undefined && this.note !== note;
    this.note = note;
    const writing = this.table.root.activeElement === this.input;
    if (!waiting && !writing) this.input.value = note;
    this.input.title = this.input.value;
    if (waiting) this.state.textContent = this.table.fault ? "not saved" : "saving …";
    else if (this.wrote) this.state.textContent = "saved";
    else if (changed) this.state.textContent = "";
    this.wrote = Boolean(waiting);
  }
}

function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function when(text) {
  if (!text) return "";
  const time = new Date(text);
  const shown = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short" }).format(time);
  return el("time", { datetime: text, title: time.toLocaleString() }, shown);
}

function finding({ finding: name, probability, threshold }) {
  if (name == null || probability == null) return [el("span", { class: "quiet" }, "not yet")];
  const positive = probability >= threshold;
  const said = `${positive ? "at or above" : "below"} its operating point of ${threshold.toFixed(2)}`;
  return [
    el(
      "span",
      { class: positive ? "bar positive" : "bar", title: said },
      el("span", { class: "label" }, name),
      el("span", { class: "number" }, `${probability.toFixed(2)}${positive ? " ▲" : ""}`),
      el("span", { class: "unseen" }, `, ${said}`),
      el(
        "span",
        { class: "scale", "aria-hidden": "true" },
        el("i", { style: `width: ${100 * probability}%` }),
        el("b", { style: `left: calc(${100 * threshold}% - 1px)` }),
      ),
    ),
  ];
}

class Table {
  constructor(parent) {
    this.root = parent;
    this.rows = new Map();
    this.notes = new Map(); // what was written and is not on the disk yet, by case
    this.ask = null;
    this.search = el("input", {
      type: "search",
      "aria-label": "Search name or note",
      placeholder: "Search name or note",
      oninput: () => this.change({ text: this.search.value.trim() }),
    });
    this.show = el("select", {
      "aria-label": "Show",
      onchange: () => this.change({ show: this.show.value }),
    });
    this.finding = el("select", {
      "aria-label": "Finding",
      onchange: () => this.change({ label: this.finding.value }),
    });
    this.show.append(
      ...[
        ["all", "All cases"],
        ["unrated", "Not rated"],
        ["rated", "Rated"],
        ["warnings", "With warnings"],
        ["positive", "Finding above its operating point"],
      ].map(([value, text]) => el("option", { value }, text)),
    );
    this.count = el("span", { class: "count", role: "status" });
    this.remove = el("button", { type: "button", onclick: () => this.askToRemove() });
    this.fault_ = el("p", { class: "fault", role: "alert", hidden: true });
    this.all = el("input", {
      type: "checkbox",
      "aria-label": "Choose all on this page",
      onchange: () => {
        for (const row of this.rows.values()) row.check.checked = this.all.checked;
        this.showChosen();
      },
    });
    this.heads = {};
    this.body = el("tbody");
    this.table = el("table", {}, el("thead", {}, this.head()), this.body);
    this.none = el("p", { class: "none", hidden: true });
    this.pager = el("nav", { "aria-label": "Pages" });
    const tools = el(
      "div",
      { class: "tools" },
      this.search,
      el("label", {}, "Show ", this.show),
      el("label", {}, "Finding ", this.finding),
      this.count,
      this.remove,
    );
    const node = el("div", { class: "list" }, tools, this.fault_, this.table, this.none, this.pager);
    node.addEventListener("keydown", (event) => this.key(event));
    parent.append(node);
  }

  head() {
    const sorted = (order, title, text, more = {}) => {
      const button = el(
        "button",
        { type: "button", title, onclick: () => this.sort(order) },
        text,
        el("span", { "aria-hidden": "true" }),
      );
      this.heads[order] = el("th", { scope: "col", class: order, ...more }, button);
      return this.heads[order];
    };
    const plain = (name, text, title) => el("th", { scope: "col", class: name, title }, text);
    this.choosesAll = el("th", { class: "chooses" }, el("label", {}, this.all));
    return el(
      "tr",
      {},
      this.choosesAll,
      el("td", { class: "picture" }),
      sorted("name", "Sort by name", "Name"),
      plain("origin", "From"),
      sorted("added", "Sort by time", "Added"),
      sorted("probability", "Sort by the probability", "Finding"),
      sorted("disagreement", "Sort by how far the maps of the most probable finding disagree: 1 less the mean rank correlation of each two", "Maps disagree"),
      plain("maps", "Maps", "Methods whose maps are ready"),
      plain("rated", "Rated"),
      sorted("warnings", "Sort by warnings", "Warnings"),
      plain("note", "Note"),
    );
  }

  update(data, send) {
    this.data = data;
    this.send = send;
    this.fault = data.fault;
    for (const [id, { edit }] of this.notes) if (data.noted.includes(edit)) this.notes.delete(id);
    // What comes late answers what is not asked any more.
    this.ask ??= data.ask;
    const late = !same({ ...this.ask, page: 0 }, { ...data.ask, page: 0 });
    this.table.setAttribute("aria-busy", late);
    this.fault_.hidden = !data.fault;
    this.fault_.textContent = data.fault;
    if (late) return;
    this.ask = data.ask; // its page may be the last one, where fewer fit by now
    address(data.ask);
    this.showControls();
    this.showRows();
    this.showPages();
    this.showChosen();
  }

  showControls() {
    const { ask, labels, total, found, rated, removable } = this.data;
    if (this.root.activeElement !== this.search) this.search.value = ask.text;
    if (!same(this.labels, labels)) {
      this.labels = labels;
      this.finding.replaceChildren(
        el("option", { value: "" }, "Most probable"),
        ...labels.map((label) => el("option", { value: label }, label)),
      );
    }
    this.show.value = ask.show;
    this.finding.value = ask.label;
    this.choosesAll.hidden = !removable;
    for (const [order, head] of Object.entries(this.heads)) {
      const by = order === ask.order;
      const way = ask.descending ? "descending" : "ascending";
      if (by) head.setAttribute("aria-sort", way);
      else head.removeAttribute("aria-sort");
      head.querySelector("span").textContent = by ? (ask.descending ? " ↓" : " ↑") : "";
    }
    const all = `${total.toLocaleString("en")} case${total === 1 ? "" : "s"}`;
    const fit = found === total ? all : `${found.toLocaleString("en")} of ${all}`;
    this.count.textContent = `${fit}, ${rated.toLocaleString("en")} rated`;
    this.none.hidden = found > 0;
    this.table.hidden = found === 0;
    this.none.textContent = total
      ? "No case fits. Search for less, or show all cases."
      : "No radiographs yet.";
  }

  showRows() {
    const { rows, removable } = this.data;
    const reader = new URL(location.href).searchParams.get("reader");
    const href = (id) => {
      const query = new URLSearchParams({ case: id, ...(reader ? { reader } : {}) });
      return `review?${query}`;
    };
    const shown = rows.map((row) => {
      const drawn = this.rows.get(row.id) ?? new Row(this, row.id);
      drawn.update(row, { removable, href });
      return drawn;
    });
    const order = shown.map(({ id }) => id);
    if (!same(order, [...this.rows.keys()])) {
      this.rows = new Map(shown.map((row) => [row.id, row]));
      this.body.replaceChildren(...shown.map(({ node }) => node));
    }
  }

  showPages() {
    const { ask, found, size } = this.data;
    const pages = Math.max(1, Math.ceil(found / size));
    const first = (ask.page - 1) * size + 1;
    const turn = (text, page) =>
      el(
        "button",
        {
          type: "button",
          disabled: page < 1 || page > pages,
          onclick: () => {
            this.change({ page }, false);
            this.root.firstElementChild?.scrollIntoView?.({ block: "start" });
          },
        },
        text,
      );
    this.pager.hidden = pages === 1;
    const text = JSON.stringify([ask.page, found, size]);
    if (text === this.pages) return;
    this.pages = text;
    const last = Math.min(found, first + size - 1);
    this.pager.replaceChildren(
      turn("Previous page", ask.page - 1),
      el("span", {}, `${first.toLocaleString("en")}–${last.toLocaleString("en")} of ${found.toLocaleString("en")}, page ${ask.page} of ${pages}`),
      turn("Next page", ask.page + 1),
    );
  }

  chosen() {
    return [...this.rows.values()].filter(({ check }) => check.checked).map(({ id }) => id);
  }

  showChosen() {
    const chosen = this.chosen();
    for (const { node, check } of this.rows.values()) node.classList.toggle("chosen", check.checked);
    this.remove.hidden = !chosen.length;
    this.remove.textContent = `Remove ${chosen.length} …`;
    this.all.checked = chosen.length > 0 && chosen.length === this.rows.size;
    this.all.indeterminate = chosen.length > 0 && !this.all.checked;
  }

  askToRemove() {
    this.send.trigger("remove", this.chosen());
  }

  sort(order) {
    const { ask } = this;
    // The most of anything but a name is what one looks for.
    const first = order !== "name";
    const again = ask.order === order;
    if (again && ask.descending !== first) this.change({ order: "place", descending: false });
    else this.change({ order, descending: again ? !ask.descending : first });
  }

  /** Ask for something else, from its first page on. */
  change(what, fromStart = true) {
    const ask = { ...this.ask, ...(fromStart ? { page: 1 } : {}), ...what };
    if (same(ask, this.ask)) return;
    this.ask = ask;
    this.table.setAttribute("aria-busy", true);
    this.send.state("ask", ask);
  }

  open(id) {
    this.send.trigger("open", id);
  }

  waits(id) {
    return this.notes.has(id);
  }

  write(id, text) {
    this.notes.set(id, { edit: crypto.getRandomValues(new Uint32Array(2)).join("-"), text });
    this.rows.get(id)?.showNote(this.rows.get(id).note);
    this.send.state("notes", [...this.notes].map(([one, note]) => ({ id: one, ...note })));
  }

  key(event) {
    const row = event.target.closest?.("tr");
    if (event.target.matches("input[type=text], input[type=search], select")) return;
    if (event.key === "/") {
      event.preventDefault();
      this.search.focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !row || row.parentElement !== this.body) return;
    event.preventDefault();
    const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    next?.querySelector("a").focus();
  }
}

const tables = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!tables.has(parentElement)) tables.set(parentElement, new Table(parentElement));
  tables.get(parentElement).update(data, { state: setStateValue, trigger: setTriggerValue });
  return () => tables.delete(parentElement);
}
