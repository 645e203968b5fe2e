// The bar of controls above the rows. It shows the view's state and calls the view's verbs.

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
    this.inverts = button("Invert", "Swap black and white (I)", () => view.invert());
    this.opacity = slider("Opacity of all maps", {
      onmove: (x) => view.setOpacity(x),
      onset: () => view.report(),
    });
    this.threshold = slider("Hide relevance below", {
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
    this.annotation = picker("Show expert annotation", (shown) => view.annotate(shown));
    this.layout = picker("Layout", (layout) => view.pickLayout(layout));
    this.readout = el("output", { class: "readout" });
    this.node = el(
      "div",
      { class: "toolbar", role: "group", "aria-label": "Viewer controls" },
      this.tools, this.inverts, this.opacity, this.threshold, this.cut, this.colourMap, this.display,
      this.scale, this.annotation, this.layout,
      button("Reset view", "Whole image, default window (0)", () => view.reset()),
      button("Full screen", "Fill the screen, or return (F)", () => view.fullScreen()),
      this.readout, view.drawer.node,
    );
  }

  show() {
    const { view } = this;
    const { data, habits } = view;
    this.tools.show(view.tool);
    this.inverts.setAttribute("aria-pressed", String(view.state.inverted));
    this.opacity.show(habits.opacity ?? data.opacity);
    this.threshold.show(view.thresholdOf());
    view.drawer.show();
    const names = Object.keys(data.colours[habits.display]);
    this.colourMap.offer(Object.fromEntries(names.map((name) => [name, name])), view.colourName());
    this.display.show(habits.display);
    // Without maps their controls would only take the radiograph's room.
    const { opacity, threshold, colourMap, display, annotation, layout } = this;
    for (const control of [opacity, threshold, colourMap, display, annotation, layout]) {
      control.hidden = view.mostPanels < 2;
    }
    this.cut.hidden = !view.cuttable;
    this.cut.setAttribute("aria-pressed", String(habits.cut));
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
        fit: "best fit",
        row: `row of ${count}`,
        grid: `2 × ${Math.ceil(count / 2)} grid`,
        large: "one large",
      },
      habits.layout,
    );
  }

  read([black, white], zoom) {
    const [centre, width] = [(black + white) / 2, white - black].map(figures);
    this.say(`Centre ${centre}  Width ${width}  Zoom ${Math.round(100 * zoom)} %`);
  }

  say(text) {
    this.readout.textContent = text;
  }
}
