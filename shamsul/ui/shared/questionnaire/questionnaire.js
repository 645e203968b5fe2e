// The questionnaire: one column of answers per map.

const IDLE = 60000; // ms without a movement, after which a reader is taken to be away
const NEXT = "@next";
const PAUSE = "@pause";

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

// How long the reader has been at work on a subject: neither away nor in another tab.
class Activity {
  constructor() {
    this.spent = new Map();
    this.moved = this.seen = performance.now();
    for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"]) {
      addEventListener(kind, () => this.move(), { capture: true, passive: true });
    }
    document.addEventListener("visibilitychange", () => this.count());
    setInterval(() => this.count(), 1000);
  }

  /** `before`: seconds of earlier visits, which count where this browser knows of none. */
  begin(subject, before) {
    this.count();
    this.subject = subject;
    if (!this.spent.has(subject)) this.spent.set(subject, before);
  }

  move() {
    this.count();
    this.moved = performance.now();
  }

  count() {
    const now = performance.now();
    const until = Math.min(now, this.moved + IDLE);
    // The state before this moment: a tab that was just hidden was seen until now.
    if (this.visible && !this.paused && this.subject !== undefined && until > this.seen) {
      this.spent.set(this.subject, this.spent.get(this.subject) + (until - this.seen) / 1000);
    }
    this.seen = now;
    this.visible = document.visibilityState === "visible";
  }

  get seconds() {
    this.count();
    return this.spent.get(this.subject) ?? 0;
  }
}

const activity = new Activity();
const outbox = answersOutbox();

class Form {
  constructor(parent) {
    this.root = el("div", { class: "questionnaire" });
    this.status = el("p", { class: "status", role: "status" });
    this.dock = new Dock(this);
    parent.append(this.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    addEventListener("keydown", (event) => this.keyAnywhere(event), { signal });
    hub().addEventListener("point", () => this.takePoint(), { signal });
    hub().addEventListener("film", () => this.dock.arrange(), { signal });
    addEventListener("resize", () => this.dock.arrange(), { signal });
    // The screen before stays in the page until all of the next one is drawn, but listens no more.
    hub().form?.leaving.abort();
    hub().form = this;
  }

  destroy() {
    this.leaving.abort();
    this.root.remove();
    if (hub().form === this) tell("dock", null);
  }

  update(data) {
    this.data = data;
    activity.begin(data.subject, data.seconds_before);
    outbox.belongTo(data.reader);
    outbox.settle(data.saved);
    const asked = [data.about_case, data.about_maps, data.case, data.maps].map(
      (part) => (Array.isArray(part) ? part : [part]).map(({ values, ...fixed }) => fixed),
    );
    const shape = JSON.stringify([asked, data.finish, data.locked]);
    const focus = this.root.getRootNode().activeElement?.dataset?.place;
    const built = shape !== this.shape;
    this.shape = shape;
    if (built) this.build();
    this.show();
    if (built) this.focus(focus);
    this.takePoint();
  }

  // ---- Drawing ----------------------------------------------------------------------------------

  build() {
    const { data } = this;
    this.aboutMaps = Object.fromEntries(data.about_maps.map(({ id }) => [id, true]));
    this.fields = [];
    this.heading = el("p", { class: "heading" });
    const titles = el(
      "div", { class: "block titles" }, el("span"), ...data.maps.map((m) => el("strong", {}, m.title)),
    );
    const about = data.about_case.map((question) =>
      el("div", { class: "block about-case" }, this.wording(question), this.cell(question, data.case)),
    );
    const perMap = data.about_maps.map((question) =>
      el(
        "div", { class: "block" }, this.wording(question),
        ...data.maps.map((column) => this.cell(question, column)),
      ),
    );
    const first = about.filter((_, n) => !data.about_case[n].later);
    const later = about.filter((_, n) => data.about_case[n].later);
    this.blocks = [...first, ...(data.maps.length ? perMap : []), ...later];
    this.root.classList.toggle("alone", !data.maps.length);
    const all = data.maps.length ? [...first, titles, ...perMap, ...later] : this.blocks;
    this.questions = el("div", { class: "questions", style: `--maps: ${data.maps.length}` }, ...all);
    this.root.replaceChildren(this.line(), this.questions);
    this.dock.build();
  }

  /** Above the questions, always in view: what became of the last answer, and the way on. */
  line() {
    const { data } = this;
    const { finish } = data;
    this.left = el("span", { class: "left", role: "status" });
    const told = [this.heading, this.status, this.left, this.dock.before];
    if (!finish) return el("div", { class: "line" }, ...told, this.dock.after);
    this.next = button(finish.label, "Enter", () => this.goOn());
    this.next.classList.add("primary");
    const pause = button("Pause", "Stops the clock; go on where you are, also on another computer", () => {
      activity.count();
      activity.paused = true;
      this.leave(PAUSE);
    });
    return el("div", { class: "line" }, ...told, ...(finish.pausable ? [pause] : []), this.next);
  }

  /** Where it was before the drawing; at the first choice when a screen begins. */
  focus(before) {
    const screen = this.data.finish?.token;
    const arriving = screen !== undefined && this.screen !== screen;
    this.screen = screen;
    if (arriving) document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
    // The first choice may come with the maps, when the reader may have gone elsewhere already.
    const free = arriving || (this.unfocused && document.activeElement === document.body);
    const same = before && this.root.querySelector(`[data-place="${CSS.escape(before)}"]`);
    const first = this.firstChoice();
    if (same) same.focus({ preventScroll: true });
    else if (free) first?.focus({ preventScroll: true });
    this.unfocused = (arriving || this.unfocused) && !first;
  }

  wording(question) {
    const mark = question.required && this.data.finish ? el("abbr", { title: "required" }, " *") : null;
    const help = question.help ? el("small", {}, question.help) : null;
    return el(
      "span",
      { class: "wording", title: question.help || undefined },
      el("bdi", {}, question.wording), mark, help,
    );
  }

  firstChoice() {
    return this.root.querySelector("[role=radio][tabindex='0'], [role=checkbox], input");
  }

  /** To the next question where one is asked at a time, then on. */
  goOn() {
    if (!this.dock.step(1)) this.finish();
  }

  /** Only when all that is required is answered; what is still on its way goes first. */
  finish() {
    const missing = this.missing();
    if (missing.length) {
      this.dock.reveal(missing[0].node);
      missing[0].node.querySelector("button, input, textarea")?.focus();
      this.hint = true;
      this.show();
    } else if (!this.finishing) {
      this.finishing = this.data.finish.token;
      this.leave(NEXT);
      this.show();
    }
  }

  /** What is still being drawn in the viewer is drawn first. */
  leave(item) {
    hub().dispatchEvent(new Event("leaving"));
    outbox.put(this.data.finish.token, item, null, activity.seconds);
  }

  /** Where one answers first: what is not answered yet, of what is on the screen. */
  nextToAnswer() {
    const shown = ({ field }) => field.node.checkVisibility();
    const next = this.unanswered().find(shown) ?? this.fields.find(shown);
    return next?.field.node.querySelector("[tabindex='0'], [role=checkbox], input, textarea");
  }

  unanswered() {
    const value = ({ column, question }) => {
      const waiting = outbox.waiting(column.token, question.id);
      return waiting ? waiting.value : this.saved(column, question);
    };
    return this.fields.filter((one) => (value(one) ?? null) === null);
  }

  missing() {
    return this.unanswered().filter((one) => one.question.required).map(({ field }) => field);
  }

  saved(column, question) {
    const { data } = this;
    const now = [data.case, ...data.maps].find((one) => one.token === column.token);
    return now?.values[question.id] ?? null;
  }

  /** A place on the image that the reader clicked on in the viewer. */
  takePoint() {
    const { point } = hub();
    if (!point || point.token !== this.data?.case.token) return;
    hub().point = null;
    const asked = this.fields.find((one) => one.question.kind === "point");
    asked?.field.put([point.at.row, point.at.column]);
  }

  cell(question, column) {
    if (!column.token) return el("span", { class: "quiet" }, column.waiting);
    const name = `${column.title}: ${question.wording}`;
    const give = (value) => {
      if (this.data.locked) return;
      outbox.put(column.token, question.id, value, activity.seconds);
      this.show();
    };
    const maps = question.id in this.aboutMaps ? this.data.maps.length : 0;
    const field = FIELDS[question.kind](question, name, give, maps);
    if (this.data.locked) field.node.inert = true;
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
    const why = outbox.trouble(data.error);
    for (const { field, mark, column, question } of this.fields) {
      const waiting = outbox.waiting(column.token, question.id);
      field.show(waiting ? waiting.value : this.saved(column, question));
      mark.hidden = !(waiting && why);
    }
    this.heading.textContent = this.heading.title = data.heading;
    const count = new Set(outbox.events.map((e) => `${e.token}/${e.item}`)).size;
    const idle = data.locked ? "" : "Nothing clicked yet.";
    outbox.tell(this.status, { ...data, count, noun: "answer", idle });
    hub().dispatchEvent(new CustomEvent("arrival", { detail: "answers" }));
    this.dock.show(data.finish ? this.missing().length : 0);
    const given = this.fields.length - this.unanswered().length;
    this.left.textContent = this.fields.length ? `${given} of ${this.fields.length} answered` : "";
    if (!data.finish) return this.dock.arrange();
    if (this.finishing !== data.finish.token) this.finishing = null;
    if (this.finishing && !outbox.waiting(data.finish.token, NEXT)) this.finishing = null;
    // What is clicked after going on would be refused: the screen is locked by then.
    this.questions.inert = Boolean(this.finishing);
    activity.paused &&= Boolean(outbox.waiting(data.finish.token, PAUSE));
    const missing = this.missing().length;
    if (missing) {
      this.left.textContent = `${missing} required ${missing === 1 ? "answer" : "answers"} missing`;
    }
    this.left.classList.toggle("hint", missing > 0 && Boolean(this.hint));
    this.dock.arrange();
  }

  // ---- Keyboard ---------------------------------------------------------------------------------

  /** Wherever the focus is, but where the key means something else. */
  keyAnywhere(event) {
    if (!this.data || event.defaultPrevented) return;
    const at = event.composedPath()[0];
    const writing = at.matches?.("textarea, input:not([type=range]), [contenteditable=true]");
    // A key held too long after it closed a polygon must not go on.
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const next = event.key === "u" && !writing && !at.matches?.("select") && this.nextToAnswer();
    if (next) {
      next.focus({ preventScroll: true });
      event.preventDefault();
    }
    if (!this.data.finish) return;
    if (event.key !== "Enter" || at.matches?.("textarea, button:not([role]), a, summary, select")) return;
    if (writing) at.dispatchEvent(new Event("change"));
    this.goOn();
    event.preventDefault();
  }

  // Arrows move among the answers without choosing, digits choose, Delete takes back.
  key(event) {
    const group = event.target.closest("[role=radiogroup], [role=group]");
    if (!group || event.ctrlKey || event.metaKey || event.altKey) return;
    const own = [...group.querySelectorAll("button")];
    const index = own.indexOf(event.target);
    if (index < 0) return;
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const line = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "Enter" && this.data.finish) return; // goes on, as everywhere
    if (side && own[index + side]) {
      own[index + side].focus();
    } else if (side) {
      // Past the last answer comes the next map's first.
      const cells = [...this.root.querySelectorAll("[role=radiogroup], [role=group]")];
      const buttons = cells[cells.indexOf(group) + side]?.querySelectorAll("button") ?? [];
      buttons[side > 0 ? 0 : buttons.length - 1]?.focus();
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
    }, ...(value === "cannot judge" ? abstaining(words[index]) : [String(value)])),
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

/** In words, and as a mark where a column is too narrow for them: its title says what it is. */
function abstaining(words) {
  return [el("span", { class: "long" }, words), el("span", { class: "short", "aria-hidden": true }, "?")];
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
  text({ longest }, name, give) {
    let held = "";
    let pause;
    const say = () => {
      clearTimeout(pause);
      if (area.value !== held) give(area.value.trim() ? area.value : null);
    };
    const area = el("textarea", {
      dir: "auto",
      rows: 2,
      maxlength: longest,
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
  number({ minimum, maximum }, name, give) {
    return numeric(name, give, { min: minimum ?? false, max: maximum ?? false, step: "any" });
  },
  // A number and a slider that shows nothing before there is an answer.
  percent(_, name, give) {
    const field = numeric(name, give, { min: 0, max: 100, step: 1 });
    const range = el("input", {
      type: "range",
      min: 0,
      max: 100,
      step: 1,
      "aria-label": `${name} (slider)`,
      onchange: () => give(Number(range.value)),
      oninput: () => (field.input.value = range.value),
    });
    field.node.prepend(range);
    const { show } = field;
    field.show = (value) => {
      show(value);
      range.classList.toggle("untouched", value == null);
      range.value = value ?? 50;
    };
    return field;
  },
  point(_, name, give) {
    const said = el("span", { class: "quiet" });
    const remove = button("Remove", "Take the point back", () => put(null));
    const put = (value) => {
      give(value);
      field.show(value);
    };
    const field = {
      node: el("div", { role: "group", "aria-label": name }, said, remove),
      put,
      show(value) {
        said.textContent = value
          ? `row ${Math.round(value[0])}, column ${Math.round(value[1])} `
          : "click on the radiograph ";
        remove.hidden = !value;
        const { items } = hub();
        items.set("pointed", { id: "pointed", at: value && { row: value[0], column: value[1] } });
        hub().dispatchEvent(new CustomEvent("arrival", { detail: "pointed" }));
      },
    };
    return field;
  },
};

function numeric(name, give, limits) {
  const input = el("input", {
    type: "number",
    ...limits,
    "aria-label": name,
    onchange: () => {
      if (input.value === "" && !input.validity.badInput) give(null);
      else if (input.validity.valid || input.validity.stepMismatch) give(Number(input.value));
      else input.reportValidity();
    },
  });
  return {
    input,
    node: el("div", { class: "numeric" }, input),
    show(value) {
      if (input.getRootNode().activeElement !== input) input.value = value ?? "";
    },
  };
}

function button(text, title, act) {
  return el("button", { type: "button", title, onclick: act }, text);
}

const forms = new WeakMap();
let newest = null; // the next screen's form comes before this one goes

export default function ({ data, parentElement, setStateValue }) {
  newest = parentElement;
  outbox.send = (value) => setStateValue("outbox", value);
  if (!forms.has(parentElement)) forms.set(parentElement, new Form(parentElement));
  const form = forms.get(parentElement);
  outbox.changed = () => form.show();
  form.update(data);
  return () => {
    forms.get(parentElement)?.destroy();
    forms.delete(parentElement);
    // What is no longer on the page must not be drawn again: what waits is sent by the next form.
    if (newest === parentElement) outbox.send = null;
  };
}
