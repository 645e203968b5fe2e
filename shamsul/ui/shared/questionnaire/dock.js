// Where the questions stand: below the pictures, the answers about a map under its panel, or beside
// them; all questions at once, or one at a time where there is no room for all.

const LEAST_FILM = 0.5; // share of the window that the dock leaves to what is above it
const NARROW = "(max-width: 900px), (pointer: coarse)";

class Dock {
  constructor(form) {
    this.form = form;
    this.at = 0;
    this.before = button("Back", "The question before", () => this.step(-1));
    this.after = button("Next question", "", () => this.step(1));
  }

  build() {
    this.at = Math.min(this.at, Math.max(0, this.form.blocks.length - 1));
    const { token } = this.form.data.finish ?? {};
    if (token !== this.token) this.at = 0;
    this.token = token;
    this.placed = null;
    this.arrange();
  }

  /** Another question, where one is asked at a time; gives whether there is one. */
  step(by) {
    const to = this.at + by;
    if (!this.one || to < 0 || to >= this.form.blocks.length) return false;
    this.at = to;
    this.form.show();
    this.form.blocks[to].querySelector("button, input, textarea")?.focus({ preventScroll: true });
    return true;
  }

  /** Come to the question that a field belongs to. */
  reveal(node) {
    this.at = Math.max(0, this.form.blocks.findIndex((block) => block.contains(node)));
    this.arrange();
  }

  /** `missing` required answers are left. */
  show(missing) {
    const { next, blocks, data, finishing } = this.form;
    const last = !this.one || this.at === blocks.length - 1;
    this.before.hidden = !this.one || this.at === 0;
    this.after.hidden = last;
    if (!data.finish) return;
    next.textContent = last ? data.finish.label : "Next question";
    next.setAttribute("aria-disabled", String(last && (missing > 0 || Boolean(finishing))));
  }

  /** The panels that the answers are about, if they are on the page. */
  panels({ rows }) {
    const { case: about, maps } = this.form.data;
    const row = rows.find(({ label }) => label === about.title) ?? rows[0];
    const found = maps.map(({ title }) => row?.panels.find((panel) => panel.title === title));
    return found.length && found.every(Boolean) ? { first: row.panels[0], maps: found } : null;
  }

  /** Again where the pictures make room for what was arranged, which moves their panels. */
  arrange() {
    this.moved = true;
    if (this.arranging) return;
    this.arranging = true;
    try {
      for (let tries = 0; this.moved && tries < 4; tries++) {
        this.moved = false;
        this.arrangeOnce();
      }
    } finally {
      this.arranging = false;
    }
  }

  arrangeOnce() {
    const { root, blocks, data } = this.form;
    const film = hub().items.get("film");
    if (!data || !blocks || !root.isConnected) return;
    const { left, top } = root.getBoundingClientRect();
    const beside = film && left > (film.rows[0]?.panels[0]?.left ?? 0) + 60;
    // Without questions there is something to tell only where answers could not be saved.
    const quiet = !data.finish && !blocks.length && !this.form.status.classList.contains("failed");
    root.hidden = quiet;
    root.classList.toggle("docked", Boolean(film));
    root.classList.toggle("beside", Boolean(beside));
    if (!film || !blocks.length) {
      root.style.maxHeight = "";
      this.set(false, null);
      return tell("dock", film && root.offsetHeight ? { height: root.offsetHeight + 12 } : null);
    }
    if (beside) {
      root.style.maxHeight = `${Math.max(200, innerHeight - Math.max(40, top) - 8)}px`;
      this.set(false, null);
      return tell("dock", null);
    }
    const panels = this.panels(film);
    root.style.maxHeight = "";
    // As if all panels stood in one line: what is chosen must not hang on what was chosen before.
    this.set(false, panels && this.lined(panels, film), film);
    const natural = root.scrollHeight;
    const one = matchMedia(NARROW).matches || natural > innerHeight - film.wanted;
    this.set(one, panels, film);
    const height = Math.min(root.scrollHeight, Math.round(LEAST_FILM * innerHeight));
    root.style.maxHeight = `${height}px`;
    tell("dock", { height: height + 12, table: Boolean(panels) && !this.one });
  }

  lined({ maps }, { each, gap }) {
    const { left } = this.form.questions.getBoundingClientRect();
    const at = (index) => ({ left: left + index * (each + gap), width: each });
    return { first: at(0), maps: maps.map(({ title }, index) => ({ title, ...at(index + 1) })) };
  }

  /** All questions or one, the answers under the panels they are about. */
  set(one, panels, film) {
    const { root, blocks, questions, data } = this.form;
    this.one = one;
    root.classList.toggle("one", one);
    root.classList.toggle("aligned", Boolean(panels));
    blocks.forEach((block, index) => block.classList.toggle("asked", index === this.at));
    const count = `Question ${this.at + 1} of ${blocks.length}`;
    questions.dataset.count = one && blocks.length > 1 ? count : "";
    this.show(data.finish ? this.form.missing().length : 0);
    const across = one && panels ? film.across : Infinity;
    const columns = panels ? this.columns(panels, Math.min(across, panels.maps.length + 1)) : null;
    questions.style.setProperty("--columns", columns?.text ?? "");
    root.classList.toggle("tight", Boolean(columns && columns.least < 226));
    for (const block of blocks) {
      [...block.children].forEach((cell, index) => {
        const placed = columns && !block.classList.contains("about-case");
        cell.style.gridArea = placed
          ? `${1 + Math.floor(index / columns.across)} / ${1 + (index % columns.across)}`
          : "";
        if (index) cell.dataset.map = panels && one && placed ? panels.maps[index - 1].title : "";
      });
    }
  }

  /** As the panels of a line stand, in a grid without gaps that begins where the questions do. */
  columns({ first, maps }, across) {
    const begin = this.form.questions.getBoundingClientRect().left;
    const lefts = [first, ...maps].slice(0, across);
    const ends = [...lefts.slice(1).map(({ left }) => left), lefts.at(-1).left + lefts.at(-1).width];
    const widths = ends.map((end, index) => end - (index ? lefts[index].left : begin));
    return { across, text: widths.map((width) => `${width}px`).join(" "), least: maps[0].width };
  }
}
