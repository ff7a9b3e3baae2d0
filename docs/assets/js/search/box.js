/* The search box: a combobox over a list of links. The page opened it; this fills it. */
import { made } from "../made.js";
import { Finder } from "./finding.js";
import { words } from "./names.js";

const MOST = 12;

/* The text with what was asked for marked in it. */
function marked(text, asked) {
  const wanted = words(asked).filter((word) => word.length > 2);
  if (!wanted.length) return [text];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${wanted.join("|")})[\\p{L}\\p{N}]*`, "giu");
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(end, match.index), made("mark", {}, match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

/* One result: name, verdict, what it is, why it is here. */
export function result({ entry, why }, asked, base) {
  const place = entry.where && entry.where !== entry.title ? `${entry.kind} · ${entry.where}` : entry.kind;
  const head = made("span", { class: "sp-found__head" }, made("span", { class: "sp-found__name" }, ...marked(entry.title, asked)));
  if (entry.tier) {
    head.append(made("span", { class: `sp-verdict sp-verdict--${entry.tier}` }, entry.tier[0].toUpperCase() + entry.tier.slice(1)));
  }
  head.append(made("span", { class: "sp-found__kind" }, place));
  const link = made("a", { class: "sp-found", href: base + entry.address }, head);
  const also = why && !words(entry.title).join("").includes(words(why).join("")) ? made("span", { class: "sp-found__why" }, `matches “${why}”`) : "";
  if (also || entry.text) {
    link.append(made("span", { class: "sp-found__text" }, also, also && entry.text ? " · " : "", ...marked(entry.text, asked)));
  }
  return link;
}

let finder;

/* The finder, loaded once. */
export function loaded(base) {
  finder ||= fetch(`${base}search/entries.json`)
    .then((answer) => {
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return answer.json();
    })
    .then((file) => new Finder(file));
  finder.catch(() => { finder = undefined; });
  return finder;
}

/* The box is open: its list follows its input from now on. What could not be loaded is asked for again. */
export function open(base, dialog) {
  boxes.get(dialog) || boxes.set(dialog, filling(base, dialog));
  boxes.get(dialog).load();
}

const boxes = new WeakMap();

function filling(base, dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const status = dialog.querySelector("[role=status]");
  let active = -1;
  let ready;
  let due = 0;

  function activate(number) {
    const options = list.children;
    if (options[active]) options[active].setAttribute("aria-selected", "false");
    active = options.length ? (number + options.length) % options.length : -1;
    const option = options[active];
    if (!option) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function told(asked, number) {
    if (!asked) return "";
    if (!ready) return "Loading…";
    if (!number) return "Nothing found. Try another word.";
    return number === 1 ? "1 result" : `${number} results`;
  }

  function show() {
    cancelAnimationFrame(due);
    due = 0;
    const asked = input.value.trim();
    const found = ready ? ready.find(asked, MOST) : [];
    list.replaceChildren(...found.map((one, number) => {
      const option = result(one, asked, base);
      option.id = `sp-found-${number}`;
      option.tabIndex = -1;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      return option;
    }));
    input.setAttribute("aria-expanded", String(found.length > 0));
    status.textContent = told(asked, found.length);
    active = -1;
    activate(0);
  }

  const keys = {
    ArrowDown: () => activate(active + 1),
    ArrowUp: () => activate(active - 1),
    Enter: () => list.children[active].click(),
  };
  /* Keys that come faster than the screen is drawn are answered once. */
  input.addEventListener("input", () => { due ||= requestAnimationFrame(show); });
  input.addEventListener("keydown", (event) => {
    if (due && keys[event.key]) show();
    if (!keys[event.key] || !list.children.length || event.isComposing) return;
    event.preventDefault();
    keys[event.key]();
  });
  /* A link to this page's own anchor leaves the dialog open otherwise. */
  list.addEventListener("click", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) dialog.close();
  });

  function load() {
    /* Keys may have come before this script did. */
    show();
    if (ready) return;
    loaded(base).then((all) => {
      ready = all;
      show();
    }, (error) => {
      status.textContent = `Search could not be loaded (${error.message}). Close it and try again.`;
    });
  }

  return { load };
}

/* Below `place`, what the words of an address that leads nowhere may have meant. */
export function suggest(place, base) {
  const path = location.pathname.replace(/\.html?$/, "").replace(/%[0-9a-f]{2}/gi, " ");
  const asked = path.split("/").filter(Boolean).pop() || "";
  loaded(base).then((finder) => {
    const found = finder.find(asked.replace(/[-_]+/g, " "), 5);
    place.append(...found.map((one) => result(one, "", base)));
    place.hidden = !found.length;
  }, () => {});
}
