// Lists of many buttons, each one stop of the tab key: arrows go from item to item.

const WAYS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** Where the tab key comes to in a list: an item, of which each button is a stop. */
function stopAt(list, item) {
  for (const button of list.querySelectorAll("button")) button.tabIndex = item.contains(button) ? 0 : -1;
}

function goByArrows(list) {
  list.addEventListener("focusin", ({ target }) => stopAt(list, target.closest("li")));
  list.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    const item = event.target.closest("li");
    const next = way > 0 ? item.nextElementSibling : item.previousElementSibling;
    // The same button of it, if it has one.
    (next?.querySelector(`.${event.target.classList[0]}`) ?? next?.querySelector("button"))?.focus();
    event.preventDefault();
  });
}

