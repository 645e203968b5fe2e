// The bar of controls above the rows: one line; what has no room in it is in its menu. It shows the
// view's state and calls the view's verbs.

class Toolbar {
  constructor(view) {
    this.view = view;
    this.tools = choice(
      "Left drag",
      {
        pan: ["Pan", "Left drag moves the image (P)"],
        window: ["Window", "Left drag: width across, centre down (W). Right drag does so always"],
      },
      (tool) => view.pick(tool),
    );
    this.inverts = iconButton("invert", "Invert", "Swap black and white (I)", () => view.invert());
    this.opacity = slider("Opacity of all maps", {
      visible: "Opacity",
      title: "Opacity of all maps",
      onmove: (x) => view.setOpacity(x),
      onset: () => view.report(),
    });
    this.threshold = slider("Hide relevance below", {
      visible: "Hide below",
      title: "Hide what is below this part of each map's scale",
      onmove: (x) => view.setThreshold(x),
      onset: () => view.report(),
    });
    this.cut = button("Outline of the map", "Outline what is above the threshold", () =>
      view.pickHabit({ cut: !view.habits.cut }),
    );
    this.colourMap = picker("Colour map", (name) => view.pickColours(name));
    this.display = choice(
      "Relevance shown",
      {
        positive: ["Positive only", "Colour what speaks for the label"],
        signed: ["Signed", "Colour what speaks for and against the label"],
      },
      (display) => view.pickHabit({ display }),
    );
    this.scale = picker("Scale", (value) => view.pickHabit({ shared: value === "shared" }));
    this.annotation = picker("Show expert annotation", (shown) => view.annotate(shown), "Annotation");
    this.layout = picker("Layout", (layout) => view.pickLayout(layout), "");
    this.wipes = iconButton("wipe", "Wipe", "A divider between this map and the one before (X)", () =>
      view.wipe(),
    );
    this.follow = button(
      "Settings follow from case to case",
      "Opacity, window and inversion stay as they are when the next case opens",
      () => view.pickHabit({ follow: !view.habits.follow }),
    );
    this.readout = el("output", { class: "readout" });
    this.menu = el("div", { class: "menu", role: "group", "aria-label": "More controls", hidden: true });
    this.more = button("More", "More controls", () => this.open(this.menu.hidden));
    this.menuBox = el("div", { class: "more" }, this.more, this.menu);
    const reset = iconButton("reset", "Reset view", "Whole image, default window (0)", () => view.reset());
    const full = iconButton("screen", "Full screen", "Fill the screen, or return (F)", () =>
      view.fullScreen(),
    );
    this.line = el(
      "div", { class: "line" },
      this.tools, view.drawer.tools, view.drawer.mine, this.inverts, reset,
      view.tools.measures, this.opacity, this.threshold,
      this.annotation, this.layout, this.wipes, this.menuBox, full, view.drawer.node, this.readout,
    );
    this.menu.append(view.tools.node, this.colourMap, this.display, this.scale, this.cut, this.follow);
    // What gives way where there is no room, the least needed first, and where it stands in the line.
    this.yielding = [full, this.wipes, this.threshold, this.annotation, this.opacity, this.layout, reset];
    this.order = [...this.line.children];
    this.node = el(
      "div", { class: "toolbar", role: "group", "aria-label": "Viewer controls" }, this.line, view.gaze.bar.node,
    );
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.menu.hidden) return;
      this.open(false);
      this.more.focus();
      event.stopPropagation();
    });
    this.outside = (event) => {
      if (!event.composedPath().includes(this.menuBox)) this.open(false);
    };
    this.open(false);
  }

  open(open) {
    this.menu.hidden = !open;
    this.more.setAttribute("aria-expanded", String(open));
    const act = open ? "addEventListener" : "removeEventListener";
    document[act]("pointerdown", this.outside, { capture: true });
  }

  /** Move what has no room into the menu; what has room again back into its place. */
  fit() {
    const width = this.node.clientWidth;
    if (width === this.fitted) return;
    this.fitted = width;
    this.line.append(...this.order);
    for (const control of this.yielding) {
      if (this.line.scrollWidth <= this.line.clientWidth) return;
      this.menu.append(control);
    }
  }

  show() {
    const { view } = this;
    const { data, habits } = view;
    this.tools.show(view.tool);
    this.inverts.setAttribute("aria-pressed", String(view.state.inverted));
    this.opacity.show(habits.opacity ?? data.opacity);
    this.threshold.show(view.thresholdOf());
    view.drawer.show();
    view.gaze.bar.show();
    const names = Object.keys(data.colours[habits.display]);
    this.colourMap.offer(Object.fromEntries(names.map((name) => [name, name])), view.colourName());
    this.display.show(habits.display);
    // Without maps their controls would only take the radiograph's room.
    const { opacity, threshold, colourMap, display, annotation, layout, wipes } = this;
    for (const control of [opacity, threshold, colourMap, display, annotation, layout, wipes]) {
      control.hidden = view.mostPanels < 2;
    }
    this.cut.hidden = !view.cuttable;
    this.cut.setAttribute("aria-pressed", String(habits.cut));
    this.wipes.setAttribute("aria-pressed", String(habits.wipe));
    this.follow.setAttribute("aria-pressed", String(habits.follow));
    this.scale.hidden = data.rows.length < 2;
    this.scale.offer({ each: "each map", shared: "across labels" }, view.acrossLabels() ? "shared" : "each");
    this.annotation.offer(
      view.annotated
        ? { off: "off", outline: "outline", fill: "outline and fill" }
        : { off: data.no_annotation },
      view.annotationShown(),
    );
    this.annotation.select.disabled = !view.annotated;
    const count = view.mostPanels;
    this.layout.offer(
      {
        fit: "side by side",
        row: `row of ${count}`,
        grid: `2 × ${Math.ceil(count / 2)} grid`,
        large: "one film",
      },
      habits.layout,
    );
  }

  read([black, white], zoom) {
    const [centre, width] = [(black + white) / 2, white - black].map(figures);
    this.say(`C ${centre}  W ${width}  ${Math.round(100 * zoom)} %`);
    this.readout.title = `Centre ${centre}, width ${width}, zoom ${Math.round(100 * zoom)} %`;
  }

  say(text) {
    this.readout.textContent = text;
  }
}
