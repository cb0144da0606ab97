// Charts, filters, sorting, copying, search. Everything here is an extra: the pages are complete without it.
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
  if (typeof value === "string" && value.startsWith("--") && /colors?$/.test(key)) {
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
const OWN = ["q", "sort", "page", "open"];

// The values of a field of a row. Of a finding, its resource, and the unit that its account is in, are read from others.
function fieldOf(row, name) {
  if (name === "resource") return [row.querySelector(".arn")?.textContent ?? ""];
  if (name === "repair") return [row.dataset.repair ?? ""];
  const values = (row.dataset[name === "unit" ? "ou" : name] ?? "").split(" ");
  return name === "unit" ? values.slice(0, 1) : name === "ou" ? values : [row.dataset[name] ?? ""];
}

// A finding as fields with names that stay, for programs.
function findingCells(row) {
  const evidence = row.querySelector('a[href*="#f-"]')?.href;
  const of = row.dataset;
  return {
    verdict: of.verdict,
    severity: of.severity,
    practice: of.practice,
    control_id: of.control,
    account_id: of.account,
    owner: of.owner === "-" ? "" : of.owner,
    resource: row.querySelector(".arn")?.textContent ?? "",
    reason: [...(row.querySelector(".reason")?.childNodes ?? [])].filter((node) => node.tagName !== "A").map((node) => node.textContent).join("").trim(),
    since: row.querySelector("td.date")?.dataset.v ?? "",
    made_by: of.made === "owner" ? "account owner" : "organization",
    change: of.repair,
    link: evidence ?? (row.id ? `${location.href.split("#")[0]}#${row.id}` : ""),
  };
}

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
    this.fields = new Map();
    this.sorted = 0;
    this.chips = box.querySelector(".chips");
    this.search = box.querySelector("input");
    this.selects = [...box.querySelectorAll("select")];
    this.output = box.querySelector("output");
    this.pager = box.querySelector(".pager");
    this.prepare();
    this.show();
  }

  prepare() {
    const again = () => this.whole().then(() => this.apply()).then(() => this.remember());
    // What a browser kept of a form is not applied: the address says what is shown.
    for (const control of [this.search, ...this.selects]) if (control) control.value = "";
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
      button.addEventListener("click", () => this.whole().then(() => this.turnSort(column)));
    });
    const tools = this.box.querySelector(".tools");
    if (tools) tools.hidden = false;
    this.body.addEventListener("toggle", () => this.remember(), true);
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
    template.content.querySelectorAll(".query").forEach(prepareCopy);
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
        chosen.every((select) => this.holds(row, select.dataset.column, select.value)) &&
        [...this.fields].every(([name, value]) => this.holds(row, name, value)),
    );
    this.page = 0;
    this.showChips();
    this.show();
  }

  // Whether a row has this value: of a field of the row, or in the column of this number.
  holds(row, name, value) {
    if (/^\d+$/.test(name)) return cellWord(row.cells[name]) === value;
    const values = fieldOf(row, name);
    return value.split(",").some((wanted) => values.includes(wanted));
  }

  // Filters by fields that have no control of their own, each to be removed.
  showChips() {
    this.chips.replaceChildren(
      ...[...this.fields].map(([name, value]) => {
        const chip = document.createElement("button");
        chip.type = "button";
        chip.textContent = `${name}: ${value} ✕`;
        chip.setAttribute("aria-label", `Remove the filter ${name}: ${value}`);
        chip.addEventListener("click", () => {
          this.fields.delete(name);
          this.apply();
          this.remember();
        });
        return chip;
      }),
    );
  }

  turnSort(column) {
    this.sort(this.sorted === column + 1 ? -(column + 1) : column + 1);
    this.remember();
  }

  // By the column of this number, from 1; descending if negative; 0 is the order of the page.
  sort(by) {
    this.sorted = by;
    this.original ??= [...this.rows];
    const heads = [...this.table.tHead.rows[0].cells];
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    this.rows = [...this.original];
    if (by && heads[Math.abs(by) - 1]) {
      heads[Math.abs(by) - 1].setAttribute("aria-sort", by < 0 ? "descending" : "ascending");
      const keyed = this.rows.map((row) => [sortKey(row.cells[Math.abs(by) - 1]), row]);
      keyed.sort((a, b) => Math.sign(by) * compare(a[0], b[0]));
      this.rows = keyed.map(([, row]) => row);
    }
    this.apply();
  }

  // What is shown, as a link says it: filters, words, order, page, and rows whose details are open.
  get state() {
    const said = new URLSearchParams();
    for (const select of this.selects) if (select.value) said.set(select.dataset.name, select.value);
    for (const [name, value] of this.fields) said.set(name, value);
    if (this.search?.value) said.set("q", this.search.value);
    if (this.sorted) said.set("sort", this.sorted);
    if (this.page) said.set("page", this.page + 1);
    const open = [...this.body.rows].filter((row) => row.id && row.querySelector("details[open]"));
    if (open.length) said.set("open", open.map((row) => row.id).join(","));
    return said.toString();
  }

  remember() {
    const others = [...tables.values()].filter((table) => table !== this);
    const states = [this, ...others].map((table) => [table.box.id, table.state]).filter(([, state]) => state);
    const hash = states.map(([id, state]) => `${id}?${state}`).join("~");
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  }

  turn(step) {
    this.page = Math.max(0, Math.min(this.page + step, this.pages - 1));
    this.show();
    this.remember();
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
    const isOfFindings = this.rows[0]?.dataset.control !== undefined;
    const heads = [...this.table.tHead.rows[0].cells].map(cellWord);
    const columns = isOfFindings ? Object.keys(findingCells(this.rows[0])) : heads;
    const cells = (row) => (isOfFindings ? Object.values(findingCells(row)) : [...row.cells].map(cellWord));
    const lines = [columns, ...this.found.map(cells)].map((line) => line.map(csvCell).join(","));
    const link = document.createElement("a");
    const name = location.pathname.split("/").pop().replace(/\.html$/, "") || "index";
    link.href = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
    link.download = `rolecall-${name}-${this.box.id}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // What a link names: `?verdict=fail&ou=ou-prod&q=words&sort=-3&page=2`.
  async filter(query) {
    const wanted = new URLSearchParams(query);
    this.fields.clear();
    for (const select of this.selects) {
      select.value = wanted.get(select.dataset.name) ?? "";
      if (select.selectedIndex < 0) select.selectedIndex = 0;
    }
    if (this.search) this.search.value = wanted.get("q") ?? "";
    const own = new Set([...this.selects.filter((select) => select.value).map((select) => select.dataset.name), ...OWN]);
    for (const [name, value] of wanted) if (!own.has(name)) this.fields.set(name, value);
    await this.whole();
    this.sort(Number(wanted.get("sort") ?? 0));
    this.page = Math.max(0, Math.min(Number(wanted.get("page") ?? 1), this.pages) - 1);
    this.show();
    for (const id of (wanted.get("open") ?? "").split(",")) {
      if (id) document.getElementById(id)?.querySelectorAll("td details").forEach((box) => (box.open = true));
    }
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
  const states = location.hash.slice(1).split("~").map((state) => state.split("?"));
  const [[id]] = states;
  if (!id) return;
  document.querySelector("tr.target")?.classList.remove("target");
  for (const [of, query] of states) if (query !== undefined && tables.has(of)) await tables.get(of).filter(query);
  if (!document.getElementById(id)) for (const table of tables.values()) await table.reveal(id);
  const target = document.getElementById(id);
  for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  if (target?.tagName === "TR") {
    target.querySelector("td details")?.setAttribute("open", "");
    target.classList.add("target");
  }
  target?.scrollIntoView();
}

// Search over everything, opened by `/`. Its index is a script beside the pages, fetched at the first word.
const SHOWN_HITS = 12;
let index;

function rolecallIndex(entries) {
  index = entries.map(([label, kind, path]) => [label, kind, path, words(`${label} ${kind}`)]);
}

function loadIndex(root) {
  if (index) return Promise.resolve();
  return new Promise((resolve) => {
    const script = document.createElement("script");
    script.onload = script.onerror = resolve;
    script.src = `${root}assets/search.js`;
    document.head.append(script);
  });
}

function prepareSearch(box) {
  const input = box.querySelector("input");
  const list = box.querySelector("ul");
  const find = async () => {
    await loadIndex(box.dataset.root);
    const terms = words(input.value).split(/\s+/).filter(Boolean);
    const hits = terms.length ? (index ?? []).filter((entry) => terms.every((term) => entry[3].includes(term))) : [];
    list.hidden = !terms.length;
    list.replaceChildren(
      ...hits.slice(0, SHOWN_HITS).map(([label, kind, path]) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = box.dataset.root + path;
        link.append(label, " ", Object.assign(document.createElement("span"), { className: "id", textContent: kind }));
        item.append(link);
        return item;
      }),
    );
    const more = hits.length - SHOWN_HITS;
    if (terms.length && (more > 0 || !hits.length)) {
      const says = hits.length ? `${more.toLocaleString("en")} more: add a word` : "Nothing of that name is known.";
      list.append(Object.assign(document.createElement("li"), { className: "id", textContent: says }));
    }
  };
  box.hidden = false;
  input.addEventListener("input", find);
  box.addEventListener("keydown", (event) => {
    const stops = [input, ...list.querySelectorAll("a")];
    const at = stops.indexOf(document.activeElement);
    if (event.key === "Escape") {
      input.value = "";
      list.hidden = true;
      input.focus();
    } else if (event.key === "Enter" && at === 0) stops[1]?.click();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      stops[Math.max(0, Math.min(at + (event.key === "ArrowDown" ? 1 : -1), stops.length - 1))].focus();
    }
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest?.("input, select, textarea")) return;
    event.preventDefault();
    input.focus();
  });
}

// The nights beside this one, as nights.js lists them; a copy of one report has no list, and nothing is added.
function showNights() {
  const place = document.querySelector(".night");
  const root = document.querySelector(".find")?.dataset.root;
  const time = place?.querySelector("time");
  const own = time?.dateTime;
  const nights = window.nights ?? [];
  if (root === undefined || !own || !nights.some((night) => night !== own)) return;
  const link = (night, text) => Object.assign(document.createElement("a"), { href: `${root}../${night}/index.html`, textContent: text });
  const list = document.createElement("ul");
  for (const night of nights) {
    const item = document.createElement("li");
    item.append(night === own ? `${night}, this one` : link(night, night));
    list.append(item);
  }
  const others = document.createElement("details");
  others.className = "nights";
  time.replaceWith(others);
  const summary = Object.assign(document.createElement("summary"), { title: "Other nights" });
  summary.append(time);
  others.append(summary, list);
  if (nights[0] > own) {
    const notice = Object.assign(document.createElement("aside"), { className: "notice", ariaLabel: "Newer night" });
    notice.setAttribute("role", "note");
    const wide = Object.assign(document.createElement("div"), { className: "wide" });
    wide.append(`This is the night of ${own}. `, link(nights[0], `The newest is of ${nights[0]}`));
    notice.append(wide);
    document.querySelector("main").before(notice);
  }
}

showNights();
document.querySelectorAll(".find").forEach(prepareSearch);
document.querySelectorAll(".table").forEach((box) => tables.set(box.id, new DataTable(box)));
document.querySelectorAll(".query").forEach(prepareCopy);
drawCharts();
openTarget();
addEventListener("hashchange", openTarget);
document.addEventListener("toggle", layOut, true);
addEventListener("beforeprint", () => showNumbers(true));
addEventListener("afterprint", () => showNumbers(false));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
