// Charts, filters, sorting, copying. Everything here is an extra: the pages are complete without it.
"use strict";

document.documentElement.classList.add("js");

const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  responsive: true,
  modeBarButtons: [["toImage"]],
};

// Figures name their colours by CSS property; look them up in the scheme that is on now.
function coloured(value, key) {
  if (typeof value === "string" && value.startsWith("--") && /color$/.test(key)) {
    return getComputedStyle(document.documentElement).getPropertyValue(value).trim();
  }
  if (Array.isArray(value)) return value.map((item) => coloured(item, key));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, coloured(v, k)]));
  }
  return value;
}

function drawCharts() {
  if (!window.Plotly) return;
  for (const source of document.querySelectorAll("script[data-for]")) {
    const target = document.getElementById(source.dataset.for);
    const figure = coloured(JSON.parse(source.textContent), "");
    figure.layout.height = Number(target.dataset.height);
    Plotly.react(target, figure.data, figure.layout, CONFIG);
    if (!target.dataset.drawn) showNumbers(false);
    target.dataset.drawn = "yes";
  }
}

// The numbers behind a chart are open where it is not drawn, and on paper.
function showNumbers(open) {
  for (const box of document.querySelectorAll("details.numbers")) box.open = open;
}

function words(text) {
  return text.normalize("NFKC").toLowerCase();
}

function prepareFilter(box) {
  const rows = [...document.getElementById(box.dataset.table).tBodies[0].rows];
  const texts = rows.map((row) => words(row.textContent));
  const search = box.querySelector("input");
  const selects = [...box.querySelectorAll("select")];
  const output = box.querySelector("output");
  const apply = () => {
    const terms = words(search.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      const found =
        terms.every((term) => texts[i].includes(term)) &&
        selects.every((s) => !s.value || cellWord(row.cells[s.dataset.column]) === s.value);
      row.hidden = !found;
      shown += found;
    });
    output.textContent = shown === rows.length ? `${rows.length} shown` : `${shown} of ${rows.length} shown`;
  };
  search.addEventListener("input", apply);
  selects.forEach((s) => s.addEventListener("change", apply));
  box.hidden = false;
  apply();
}

// The word of a cell without the symbol before it.
function cellWord(cell) {
  const copy = cell.cloneNode(true);
  copy.querySelectorAll("[aria-hidden]").forEach((node) => node.remove());
  return copy.textContent.trim();
}

function sortKey(cell) {
  const value = cell.dataset.v ?? cell.textContent.trim();
  const number = Number(value.replaceAll(",", ""));
  return value !== "" && !Number.isNaN(number) ? number : value;
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

function prepareSort(table) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = [...table.tBodies[0].rows].map((row) => [sortKey(row.cells[column]), row]);
      keyed.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
      table.tBodies[0].append(...keyed.map(([, row]) => row));
    });
  });
}

function prepareCopy(box) {
  const button = document.createElement("button");
  const code = box.querySelector("code");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 1600);
  });
  box.classList.add("copyable");
  box.append(button);
}

// A link to something inside a closed <details> opens it.
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
}

document.querySelectorAll(".filter").forEach(prepareFilter);
document.querySelectorAll("table[data-sortable]").forEach(prepareSort);
document.querySelectorAll(".query").forEach(prepareCopy);
drawCharts();
openTarget();
addEventListener("hashchange", openTarget);
addEventListener("beforeprint", () => showNumbers(true));
addEventListener("afterprint", () => showNumbers(false));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
