// How large the panels of a row are. Sizes in CSS pixels; `ratio` is a picture's width by height.

const GAP = 10;
const CHROME = 92; // height of a panel besides its picture
const SMALL_CHROME = 76; // the same beside a large one

/** Picture width where `across` panels stand side by side in `down` lines of the same screen. */
function pictureWidth({ width, room, ratio }, across, down) {
  const broad = (width - GAP * (across - 1)) / across;
  return Math.floor(Math.min(broad, (room / down - CHROME) * ratio));
}

/** Row or grid; the best fit is the row unless the grid's pictures are much larger. */
function evenly(space, count, wish) {
  const half = Math.ceil(count / 2);
  const inRow = pictureWidth(space, count, 1);
  const grid = wish === "grid" || (wish !== "row" && pictureWidth(space, half, 2) > 1.3 * inRow);
  // A grid may be somewhat taller than the screen: its lower line is a glance away.
  const each = Math.max(120, grid ? pictureWidth(space, half, 1.6) : inRow);
  return { each, across: grid ? half : count };
}

/** One picture large, the others in one or two columns beside it. */
function besides({ width, room, ratio }, others) {
  const large = Math.floor(Math.min(width * 0.74, (room - CHROME) * ratio));
  const fit = (across) => {
    const broad = (width - large - GAP * across) / across;
    const tall = room / Math.ceil(others / across) - SMALL_CHROME;
    return Math.floor(Math.min(broad, tall * ratio));
  };
  const across = fit(2) > fit(1) ? 2 : 1;
  return { large, each: Math.max(90, fit(across)), across };
}

/** Give the panels of one row their sizes and places; `main` is the large one, if any. */
function place({ panels, grid }, main, space, count, wish) {
  const sizes = main ? besides(space, panels.length - 1) : evenly(space, count, wish);
  const { large, each, across } = sizes;
  const others = panels.filter((panel) => panel !== main);
  const lines = Math.ceil(others.length / across);
  grid.style.gridTemplateColumns = `${main ? `${large}px ` : ""}repeat(${across}, ${each}px)`;
  grid.style.gridTemplateRows = main ? `repeat(${lines}, min-content) 1fr` : "";
  others.forEach((panel, i) => {
    const area = `${1 + Math.floor(i / across)} / ${(main ? 2 : 1) + (i % across)}`;
    panel.place(area, each, Math.round(each / space.ratio), main || each < 200 ? "small" : "");
  });
  main?.place(`1 / 1 / ${lines + 2} / 2`, large, Math.round(large / space.ratio), "large");
}
