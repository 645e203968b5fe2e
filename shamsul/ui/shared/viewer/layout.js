// How large the panels of a row are. Sizes in CSS pixels; `ratio` is a picture's width by height.

const GAP = 12; // the sliders of opacity stand in it
const LINES = 6;
const CHROME = 20; // height of a panel besides its picture
const HEAD = 22; // height of a row besides its panels
const LEAST = 110; // width of a picture, where there is room for nothing

/** Picture width where `across` panels stand side by side in `down` lines of a row's height. */
function pictureWidth({ width, height, ratio }, across, down) {
  const broad = (width - GAP * across) / across;
  const tall = (height - LINES * (down - 1)) / down - CHROME;
  return Math.floor(Math.min(broad, tall * ratio));
}

/** Panels side by side, in the lines that make the pictures largest; fewer lines where equal. */
function evenly(space, count, wish) {
  const wished = { row: 1, grid: 2 }[wish];
  const best = Array.from({ length: count }, (_, i) => i + 1)
    .filter((lines) => !wished || lines === wished)
    .map((lines) => ({ lines, across: Math.ceil(count / lines) }))
    .map(({ lines, across }) => ({ across, each: pictureWidth(space, across, lines) }))
    .reduce((one, other) => (other.each > one.each ? other : one));
  return { ...best, each: Math.max(LEAST, best.each) };
}

/** One picture large, the others in one or two columns beside it. */
function besides({ width, height, ratio }, others) {
  const most = Math.floor((height - CHROME) * ratio);
  const strip = (across) => {
    const lines = Math.ceil(others / across);
    const tall = ((height - LINES * (lines - 1)) / lines - CHROME) * ratio;
    // As wide as what is left, but no less than can be looked at.
    const left = (width - most - GAP * (across + 1)) / across;
    return Math.floor(Math.min(tall, Math.max(left, 0.11 * width)));
  };
  const across = others > 2 && 2 * (strip(2) + GAP) < width - most ? 2 : 1;
  const each = Math.max(80, strip(across));
  const large = Math.max(LEAST, Math.min(most, Math.floor(width - GAP - across * (each + GAP))));
  return { large, each, across };
}

/** Give the panels of one row their sizes and places; `main` is the large one, if any. */
function place({ panels, grid }, main, space, wish) {
  const sizes = main ? besides(space, panels.length - 1) : evenly(space, panels.length, wish);
  const { large, each, across } = sizes;
  const others = panels.filter((panel) => panel !== main);
  const lines = Math.ceil(others.length / across);
  grid.style.gridTemplateColumns = `${main ? `${large}px ` : ""}repeat(${across}, ${each}px)`;
  grid.style.gridTemplateRows = main ? `repeat(${lines}, min-content) 1fr` : "";
  others.forEach((panel, i) => {
    const area = `${1 + Math.floor(i / across)} / ${(main ? 2 : 1) + (i % across)}`;
    panel.place(area, each, Math.round(each / space.ratio), main || each < 170 ? "small" : "");
  });
  main?.place(`1 / 1 / ${lines + 2} / 2`, large, Math.round(large / space.ratio), "large");
  return { across };
}
