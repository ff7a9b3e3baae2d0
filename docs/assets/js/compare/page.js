/* `/compare/`: two to four contenders of a question side by side. The address keeps the choice. */
import { made, tick, toggled } from "../made.js";
import { Grid } from "./grid.js";

const FEWEST = 2;
const MOST = 4;
const tables = new Map();

/* The table with every contender of a question, its links made whole. */
function table(question) {
  if (!tables.has(question)) {
    const found = fetch(`tables/${question}.html`).then(async (answer) => {
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      page.querySelectorAll("a[href]").forEach((link) => {
        link.href = new URL(link.getAttribute("href"), answer.url).href;
      });
      return page.querySelector(".sp-scroll");
    });
    found.catch(() => tables.delete(question));
    tables.set(question, found);
  }
  return tables.get(question).then((box) => document.importNode(box, true));
}

function listed(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

/* Without a choice to wait for, the list of all comparisons stands where the table would. */
function nothingAsked() {
  document.documentElement.classList.remove("asked");
}

export function start(form, copied) {
  const question = form.elements.in;
  const field = form.querySelector("fieldset");
  const ticks = form.querySelector(".sp-ticks");
  const status = form.querySelector("[role=status]");
  const place = document.querySelector("[data-chosen]");
  let grid;

  function chosen() {
    return [...ticks.querySelectorAll("input:checked")].map((box) => box.value);
  }

  function remember(keys) {
    const asked = question.value ? `?in=${question.value}${keys.length ? `&of=${keys.join(",")}` : ""}` : location.pathname;
    history.replaceState(null, "", asked);
  }

  /* The pair's own page, where there is one. */
  function verdict(keys) {
    const pair = keys.length === 2 && document.querySelector(`.sp-cards a[href$="${[...keys].sort().join("-vs-")}/"]`);
    return pair ? [made("a", { href: pair.href }, `Our verdict: ${pair.textContent}`)] : [];
  }

  function show() {
    const keys = chosen();
    const isFull = keys.length >= MOST;
    ticks.querySelectorAll("input").forEach((box) => { box.disabled = isFull && !box.checked; });
    place.querySelector(".sp-scroll").hidden = place.querySelector(".sp-tools").hidden = keys.length < FEWEST;
    remember(keys);
    if (keys.length < FEWEST) {
      status.textContent = "Choose two to four.";
      return;
    }
    grid.show(keys);
    const count = grid.arrange();
    const { length } = grid.lines;
    grid.table.classList.toggle("sp-compare--versus", keys.length === 2);
    grid.table.caption.textContent = `${listed(keys.map((key) => grid.name(key)))}, what differs first`;
    place.querySelector("[data-verdict]").replaceChildren(...verdict(keys));
    status.textContent = `${count} of ${length} rows differ.`;
  }

  function tools() {
    const evidence = made("button", { class: "sp-tool", type: "button", "aria-pressed": "false" }, "Evidence in words");
    const markdown = made("button", { class: "sp-tool", type: "button" }, "Copy as Markdown");
    const bar = made("div", { class: "sp-tools", role: "group", "aria-label": "Tools" }, evidence, markdown, made("span", { "data-verdict": "" }));
    evidence.addEventListener("click", () => grid.explain(toggled(evidence, "aria-pressed")));
    markdown.addEventListener("click", () => copied(markdown, grid.markdown(location.href)));
    return bar;
  }

  /* The contenders that were asked for, filled up from the usual ones to a pair. */
  function first(asked) {
    const usual = question.selectedOptions[0].dataset.usual.split(",");
    const known = asked.filter((key) => grid.listed.includes(key)).slice(0, MOST);
    if (known.length >= FEWEST) return known;
    return known.length ? [...new Set([...known, ...usual])].slice(0, FEWEST) : usual;
  }

  function choose(asked) {
    const wanted = question.value;
    field.hidden = !wanted;
    place.replaceChildren();
    status.textContent = wanted ? "Loading…" : "";
    remember(asked);
    if (!wanted) {
      nothingAsked();
      return;
    }
    table(wanted).then((box) => {
      if (question.value !== wanted) return;
      grid = new Grid(box.querySelector("table"));
      place.replaceChildren(tools(), box);
      const keys = first(asked);
      ticks.replaceChildren(...grid.listed.map((key) => tick("of", key, grid.name(key), keys.includes(key))));
      show();
    }, (error) => {
      status.textContent = `The table could not be loaded (${error.message}). Choose again.`;
    });
  }

  const asked = new URLSearchParams(location.search);
  question.value = asked.get("in") || "";
  if (!question.value) question.value = "";
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => (event.target === question ? choose([]) : show()));
  if (question.value) choose((asked.get("of") || "").split(","));
  else nothingAsked();
}
