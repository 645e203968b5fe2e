// What the colours of a row mean, once for all its maps.

class Legend {
  constructor(label) {
    this.label = label;
    this.ramp = el("canvas", { class: "ramp", width: 256, height: 1, "aria-hidden": "true" });
    this.from = el("span");
    this.to = el("span");
    this.node = el("span", { class: "legend" }, this.from, this.ramp, this.to);
  }

  show(view, row) {
    this.node.hidden = !row.panels.some((panel) => panel.spec);
    const { colours, signed } = view;
    this.from.textContent = signed ? "against it" : "no support";
    this.to.textContent = signed ? "for it" : "strongest support";
    this.node.title = `${view.data.legend} ${view.acrossLabels() ? "One scale for all labels." : ""}`.trim();
    if (this.colours === colours) return;
    this.colours = colours;
    const rgba = signed ? colours.rgba.slice(0, 4 * 255) : colours.rgba;
    this.ramp.width = rgba.length / 4;
    this.ramp.getContext("2d").putImageData(new ImageData(rgba, rgba.length / 4, 1), 0, 0);
  }
}
