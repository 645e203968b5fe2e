// Small pictures of the cases around the one that is shown.

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function item({ id, name, picture }, { here, beside }, send) {
  const film = picture ? el("img", { src: picture, alt: "" }) : el("span", { dir: "auto" }, [...name].slice(0, 12).join(""));
  const open = el(
    "button",
    { type: "button", class: "open", title: name, "aria-label": `Open ${name}`, "aria-current": id === here },
    film,
  );
  open.onclick = () => id !== here && send("opened", id);
  const words = id === beside ? `Take ${name} away from beside this case` : `Show ${name} beside this case`;
  const put = el(
    "button",
    { type: "button", class: "beside", title: words, "aria-label": words, "aria-pressed": id === beside },
    "◫",
  );
  put.onclick = () => send("beside", id);
  return el("li", {}, open, ...(id === here ? [] : [put]));
}

function strip() {
  const list = el("ul", { class: "strip", "aria-label": "Cases of the study" });
  goByArrows(list);
  return list;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const list = (parentElement.list ??= strip());
  if (!list.isConnected) parentElement.append(list);
  const text = JSON.stringify(data);
  if (text === list.text) return;
  list.text = text;
  const focused = list.getRootNode().activeElement?.getAttribute("aria-label");
  list.replaceChildren(...data.cases.map((one) => item(one, data, setTriggerValue)));
  const current = list.querySelector('[aria-current="true"]');
  stopAt(list, current.closest("li"));
  // The same button again, or what opened has made of it.
  if (focused) {
    const name = CSS.escape(focused);
    (list.querySelector(`[aria-label="${name}"]`) ?? current).focus();
  }
  current.scrollIntoView({ block: "nearest" });
}
