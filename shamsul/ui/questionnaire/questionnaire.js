// The questionnaire: one column of answers per map, and the outbox.

const SEND_AGAIN = 4000; // ms without word from the server

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

// Outlives the component: a page that is drawn anew may build it anew.
class Outbox {
  constructor() {
    this.id = crypto.randomUUID?.() ?? String(Math.random());
    this.events = [];
    this.number = 0;
    addEventListener("beforeunload", (event) => {
      if (this.events.length) event.preventDefault();
    });
  }

  put(token, item, value) {
    this.events = [...this.events, { number: ++this.number, token, item, value }];
    this.post();
  }

  // The whole of it, with a count of tries: Streamlit sends only what changed.
  post() {
    clearTimeout(this.again);
    if (!this.events.length) return;
    this.tries = (this.tries ?? 0) + 1;
    this.send?.({ id: this.id, tries: this.tries, events: this.events });
    this.again = setTimeout(() => this.post(), SEND_AGAIN);
  }

  settle(saved) {
    const upTo = saved[this.id] ?? 0;
    this.events = this.events.filter((e) => e.number > upTo);
    if (!this.events.length) clearTimeout(this.again);
  }

  waiting(token, item) {
    return this.events.findLast((e) => e.token === token && e.item === item);
  }
}

const outbox = new Outbox();

class Form {
  constructor(parent) {
    this.root = el("div", { class: "questionnaire" });
    this.status = el("p", { class: "status", role: "status" });
    parent.append(this.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  update(data) {
    this.data = data;
    outbox.settle(data.saved);
    const shape = JSON.stringify([data.about_case, data.about_maps, data.case, data.maps].map(
      (part) => (Array.isArray(part) ? part : [part]).map(({ values, ...fixed }) => fixed),
    ));
    if (shape !== this.shape) {
      this.shape = shape;
      this.build();
    }
    this.show();
  }

  // ---- Drawing ----------------------------------------------------------------------------------

  build() {
    const { data } = this;
    const focus = this.root.getRootNode().activeElement?.dataset?.place;
    this.fields = [];
    this.heading = el("p", { class: "heading" });
    const table = el("div", { class: "table", style: `--maps: ${data.maps.length}` });
    table.append(el("span"), ...data.maps.map((m) => el("strong", {}, m.title)));
    for (const question of data.about_maps) {
      table.append(el("span", { class: "wording" }, question.wording));
      for (const column of data.maps) table.append(this.cell(question, column));
    }
    const asked = data.about_case.map((question) =>
      el("div", { class: "about-case" }, el("span", {}, question.wording), this.cell(question, data.case)),
    );
    this.root.replaceChildren(this.status, ...asked, this.heading, table);
    if (focus) this.root.querySelector(`[data-place="${CSS.escape(focus)}"]`)?.focus();
  }

  cell(question, column) {
    if (!column.token) return el("span", { class: "quiet" }, column.waiting);
    const name = `${column.title}: ${question.wording}`;
    const give = (value) => {
      outbox.put(column.token, question.id, value);
      this.show();
    };
    const field = FIELDS[question.kind](question, name, give, this.data.maps.length);
    const mark = el("span", { class: "unsaved" }, "not saved");
    const place = `${column.token}/${question.id}`;
    field.node.querySelectorAll("button, textarea, input").forEach((node, index) => {
      node.dataset.place = `${place}/${index}`;
    });
    this.fields.push({ field, mark, column, question });
    return el("div", { class: "cell" }, field.node, mark);
  }

  show() {
    const { data } = this;
    const columns = new Map([data.case, ...data.maps].map((column) => [column.token, column]));
    for (const { field, mark, column, question } of this.fields) {
      const waiting = outbox.waiting(column.token, question.id);
      const saved = columns.get(column.token)?.values[question.id] ?? null;
      field.show(waiting ? waiting.value : saved);
      mark.hidden = !(waiting && data.error);
    }
    this.heading.textContent = data.heading;
    const count = new Set(outbox.events.map((e) => `${e.token}/${e.item}`)).size;
    const failed = count > 0 && data.error !== "";
    this.status.className = failed ? "status failed" : count || !data.notice ? "status" : "status saved";
    this.status.setAttribute("role", failed ? "alert" : "status");
    this.status.textContent = failed
      ? `Not saved: ${data.error} ${count} ${count === 1 ? "answer is" : "answers are"} kept in ` +
        "this page and sent again until saved. Do not close the page."
      : count ? "Saving …" : data.notice || "Nothing clicked yet.";
  }

  // ---- Keyboard ---------------------------------------------------------------------------------

  // Arrows move among the answers without choosing, digits choose, Delete takes back.
  key(event) {
    const group = event.target.closest("[role=radiogroup], [role=group]");
    if (!group || event.ctrlKey || event.metaKey || event.altKey) return;
    const own = [...group.querySelectorAll("button")];
    const index = own.indexOf(event.target);
    if (index < 0) return;
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const line = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (side) {
      own[(index + side + own.length) % own.length].focus();
    } else if (line) {
      const cells = [...this.root.querySelectorAll("[role=radiogroup], [role=group]")];
      const across = this.data.about_case.length;
      const from = cells.indexOf(group);
      const width = cells.filter((c) => c.offsetTop === group.offsetTop).length;
      const to = cells[from + line * (from < across ? 1 : width)] ?? group;
      const buttons = to.querySelectorAll("button");
      buttons[Math.min(index, buttons.length - 1)].focus();
    } else if (/^[1-9]$/.test(event.key) && own[event.key - 1]) {
      own[event.key - 1].focus();
      if (own[event.key - 1].getAttribute("aria-checked") !== "true") own[event.key - 1].click();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      own.find((button) => button.getAttribute("aria-checked") === "true")?.click();
    } else {
      return;
    }
    event.preventDefault();
  }
}

// ---- Fields: each has a node and shows a value --------------------------------------------------

function oneOf(values, words, name, give) {
  let held = null;
  const buttons = values.map((value, index) =>
    el("button", {
      type: "button",
      role: "radio",
      "aria-label": words[index],
      title: words[index],
      // A second click takes the answer back.
      onclick: () => give(held === value ? null : value),
    }, String(value === "cannot judge" ? words[index] : value)),
  );
  return {
    node: el("div", { role: "radiogroup", "aria-label": name, class: "choices" }, ...buttons),
    show(value) {
      held = value;
      const at = values.indexOf(value);
      buttons.forEach((button, index) => {
        button.setAttribute("aria-checked", String(index === at));
        // One stop of the tab key per question.
        button.tabIndex = index === Math.max(at, 0) ? 0 : -1;
      });
    },
  };
}

const FIELDS = {
  scale({ options, may_abstain }, name, give) {
    const points = options.map((_, index) => index + 1);
    const words = points.map(String);
    return may_abstain
      ? oneOf([...points, "cannot judge"], [...words, "Cannot judge"], name, give)
      : oneOf(points, words, name, give);
  },
  rank(_, name, give, maps) {
    const places = Array.from({ length: maps }, (_, index) => index + 1);
    return oneOf(places, places.map(String), name, give);
  },
  choice({ options }, name, give) {
    return oneOf(options, options, name, give);
  },
  tags({ options }, name, give) {
    let held = [];
    const buttons = options.map((tag) =>
      el("button", {
        type: "button",
        role: "checkbox",
        onclick: () => {
          const next = held.includes(tag) ? held.filter((t) => t !== tag) : [...held, tag];
          give(next.length ? next : null);
        },
      }, tag),
    );
    return {
      node: el("div", { role: "group", "aria-label": name, class: "tags" }, ...buttons),
      show(value) {
        held = value ?? [];
        buttons.forEach((button, index) =>
          button.setAttribute("aria-checked", String(held.includes(options[index]))));
      },
    };
  },
  text(_, name, give) {
    let held = "";
    let pause;
    const say = () => {
      clearTimeout(pause);
      if (area.value !== held) give(area.value.trim() ? area.value : null);
    };
    const area = el("textarea", {
      rows: 2,
      "aria-label": name,
      onchange: say,
      oninput: () => {
        clearTimeout(pause);
        pause = setTimeout(say, 1500);
      },
    });
    return {
      node: el("div", {}, area),
      show(value) {
        const unchanged = area.value === held;
        held = value ?? "";
        if (unchanged) area.value = held;
      },
    };
  },
  percent(_, name, give) {
    const input = el("input", {
      type: "number",
      min: 0,
      max: 100,
      step: 5,
      "aria-label": name,
      onchange: () => {
        if (input.validity.valid || input.validity.stepMismatch) {
          give(input.value === "" ? null : Number(input.value));
        }
      },
    });
    return {
      node: el("div", {}, input),
      show(value) {
        if (input.getRootNode().activeElement !== input) input.value = value ?? "";
      },
    };
  },
};

const forms = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  outbox.send = (value) => setStateValue("outbox", value);
  if (!forms.has(parentElement)) forms.set(parentElement, new Form(parentElement));
  forms.get(parentElement).update(data);
}
