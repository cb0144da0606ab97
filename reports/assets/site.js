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

// What a reader takes from a cell: without symbols that only decorate, and without what is folded away.
function cellWord(cell) {
  const copy = cell.cloneNode(true);
  copy.querySelectorAll("[aria-hidden], [hidden], details, .reason a").forEach((node) => node.remove());
  return [...textNodes(copy)].join(" ").replace(/\s+/g, " ").trim();
}

function* textNodes(node) {
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) yield child.data;
    else if (child.tagName === "WBR" || ["SPAN", "B", "CODE", "A"].includes(child.tagName)) yield* inline(child);
    else yield* textNodes(child);
  }
}

// Names are broken by <wbr> and toned down in part for the eye; in text they are one word.
function* inline(node) {
  yield node.tagName === "CODE" || node.querySelector("wbr") ? node.textContent : [...textNodes(node)].join(" ");
}

function sortKey(cell) {
  const value = cell.dataset.v ?? cellWord(cell);
  const number = Number(value.replaceAll(",", ""));
  return value !== "" && !Number.isNaN(number) ? number : value;
}

// Numbers first, then words.
function compare(a, b) {
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

// A spreadsheet must not take text for a formula.
function csvCell(text) {
  const safe = /^[=+\-@＝＋－＠]/.test(text) && Number.isNaN(Number(text.replaceAll(",", ""))) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const tables = new Map();

// Called by the script beside a page that holds the further rows of a table.
function rolecall(id, rows) {
  tables.get(id).take(rows);
}

// A table in pages, searched, filtered, sorted and saved as a whole. Rows that the page does not hold are fetched first.
class DataTable {
  constructor(box) {
    this.box = box;
    this.table = box.querySelector("table");
    this.body = this.table.tBodies[0];
    this.rows = [...this.body.rows];
    this.found = this.rows;
    this.few = Number(box.dataset.few);
    this.total = Number(box.dataset.total ?? this.rows.length);
    this.page = 0;
    this.search = box.querySelector("input");
    this.selects = [...box.querySelectorAll("select")];
    this.output = box.querySelector("output");
    this.pager = box.querySelector(".pager");
    this.prepare();
    this.show();
  }

  prepare() {
    const again = () => this.whole().then(() => this.apply());
    this.search?.addEventListener("input", again);
    this.selects.forEach((select) => select.addEventListener("change", again));
    this.box.querySelector(".save").addEventListener("click", () => this.whole().then(() => this.save()));
    const turn = (step) => this.whole().then(() => this.turn(step));
    this.pager.querySelector(".back").addEventListener("click", () => turn(-1));
    this.pager.querySelector(".next").addEventListener("click", () => turn(1));
    [...this.table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => this.whole().then(() => this.sort(head, column)));
    });
    const tools = this.box.querySelector(".tools");
    if (tools) tools.hidden = false;
    this.box.querySelector(".foot").hidden = false;
    this.pager.hidden = this.total <= this.few;
  }

  // All rows; those of the script beside the page once it is loaded.
  whole() {
    this.loaded ??= this.box.dataset.more ? this.load(this.box.dataset.more) : Promise.resolve();
    return this.loaded;
  }

  load(source) {
    return new Promise((resolve) => {
      const script = document.createElement("script");
      script.onload = script.onerror = () => {
        if (this.rows.length < this.total) this.failed = `${source} could not be loaded`;
        this.total = this.rows.length;
        resolve();
      };
      script.src = source;
      document.head.append(script);
    });
  }

  take(rows) {
    const template = document.createElement("template");
    template.innerHTML = rows.join("");
    this.rows.push(...template.content.children);
    this.found = this.rows;
  }

  apply() {
    this.texts ??= new Map(this.rows.map((row) => [row, words(row.textContent)]));
    const terms = words(this.search?.value ?? "").split(/\s+/).filter(Boolean);
    const chosen = this.selects.filter((select) => select.value);
    this.found = this.rows.filter(
      (row) =>
        terms.every((term) => this.texts.get(row).includes(term)) &&
        chosen.every((select) => cellWord(row.cells[select.dataset.column]) === select.value),
    );
    this.page = 0;
    this.show();
  }

  sort(head, column) {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of this.table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = this.rows.map((row) => [sortKey(row.cells[column]), row]);
    keyed.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
    this.rows = keyed.map(([, row]) => row);
    this.apply();
  }

  turn(step) {
    this.page = Math.max(0, Math.min(this.page + step, this.pages - 1));
    this.show();
    this.box.scrollIntoView({ block: "nearest" });
  }

  get pages() {
    return Math.max(1, Math.ceil((this.loaded ? this.found.length : this.total) / this.few));
  }

  show() {
    const from = this.page * this.few;
    this.body.replaceChildren(...this.found.slice(from, from + this.few));
    const total = this.rows.length < this.total ? this.total : this.rows.length;
    const found = this.found === this.rows ? total : this.found.length;
    const count = found === total ? `${total.toLocaleString("en")} ${total === 1 ? "row" : "rows"}` : `${found.toLocaleString("en")} of ${total.toLocaleString("en")} rows`;
    this.output.textContent = this.failed ? `${count}; ${this.failed}` : count;
    this.pager.querySelector("span").textContent = `Page ${this.page + 1} of ${this.pages}`;
    // Not `disabled`: that would take the focus of who turns pages by keyboard.
    this.pager.querySelector(".back").ariaDisabled = this.page === 0;
    this.pager.querySelector(".next").ariaDisabled = this.page >= this.pages - 1;
  }

  save() {
    const cells = (row) => [...row.cells].map(cellWord).map(csvCell).join(",");
    const lines = [cells(this.table.tHead.rows[0]), ...this.found.map(cells)];
    const link = document.createElement("a");
    const name = location.pathname.split("/").pop().replace(/\.html$/, "") || "index";
    link.href = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
    link.download = `rolecall-${name}-${this.box.id}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // Filters as a link names them: `?verdict=fail&q=words`.
  async filter(query) {
    const wanted = new URLSearchParams(query);
    for (const select of this.selects) {
      select.value = wanted.get(select.dataset.name) ?? "";
      if (select.selectedIndex < 0) select.selectedIndex = 0;
    }
    if (this.search) this.search.value = wanted.get("q") ?? "";
    await this.whole();
    this.apply();
  }

  // Turn to the page with the row of this id.
  async reveal(id) {
    await this.whole();
    const place = this.rows.findIndex((row) => row.id === id);
    if (place < 0) return;
    await this.filter("");
    this.page = Math.floor(place / this.few);
    this.show();
  }
}

// Evidence is laid out when it is looked at.
function layOut(event) {
  const pre = event.target.querySelector?.(":scope > pre.json");
  if (!pre || !event.target.open) return;
  pre.classList.remove("json");
  try {
    pre.textContent = JSON.stringify(JSON.parse(pre.textContent), null, 2);
  } catch {
    // It was cut, and stays as it is.
  }
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

// A link leads to a table and what to show of it, to a row that may be on another page, or into a closed <details>.
async function openTarget() {
  const [id, query] = location.hash.slice(1).split("?");
  if (!id) return;
  document.querySelector("tr.target")?.classList.remove("target");
  if (query !== undefined && tables.has(id)) await tables.get(id).filter(query);
  if (!document.getElementById(id)) for (const table of tables.values()) await table.reveal(id);
  const target = document.getElementById(id);
  for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  if (target?.tagName === "TR") {
    target.querySelector("td details")?.setAttribute("open", "");
    target.classList.add("target");
  }
  target?.scrollIntoView();
}

document.querySelectorAll(".table").forEach((box) => tables.set(box.id, new DataTable(box)));
document.querySelectorAll(".query").forEach(prepareCopy);
drawCharts();
openTarget();
addEventListener("hashchange", openTarget);
document.addEventListener("toggle", layOut, true);
addEventListener("beforeprint", () => showNumbers(true));
addEventListener("afterprint", () => showNumbers(false));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
