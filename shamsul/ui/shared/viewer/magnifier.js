// A lens over the picture under the pointer.

const LENS = 200; // CSS pixels across, on a small picture less
const ENLARGED = 2.5;

class Lens {
  constructor(view, panel) {
    Object.assign(this, { view, panel });
    this.node = el("canvas", { class: "lens", hidden: true, "aria-hidden": "true" });
    const { picture } = panel;
    picture.addEventListener("pointermove", (event) => this.over(event));
    for (const name of ["pointerleave", "pointercancel"]) picture.addEventListener(name, () => this.over(null));
  }

  /** Where the pointer is; null where it is not over the picture. */
  over(event) {
    this.at = event && this.view.magnifying ? this.panel.imageAt(event) : null;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    const { node, panel, at, view } = this;
    node.hidden = !at || !view.magnifying || !view.pixels;
    if (node.hidden) return;
    const ratio = devicePixelRatio;
    const across = Math.min(LENS, 0.6 * Math.min(panel.width, panel.height));
    const side = Math.round(across * ratio);
    if (node.width !== side) node.width = node.height = side;
    const { x, y } = panel.placeOf(at);
    node.style.width = node.style.height = `${across}px`;
    node.style.transform = `translate(${x - across / 2}px, ${y - across / 2}px)`;
    const wipe = view.wipeOf(panel);
    panel.paint(node.getContext("2d"), {
      width: side, height: side, scale: ENLARGED * panel.zoomed * ratio, centre: at, ratio,
      divider: wipe && ratio * (across / 2 + ENLARGED * (wipe.at * panel.width - x)),
    });
  }
}
