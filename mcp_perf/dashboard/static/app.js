"use strict";
// Shows what `data` below this page says, again and again. All text goes in as text, never as markup.
const below = document.currentScript.dataset.below;
const byId = (id) => document.getElementById(id);
const PAUSE = 5000;
const MOST = 300; // rows of a table
const state = { window: 600, paused: false, sort: {}, data: null, library: null };

const whole = new Intl.NumberFormat("en");
const number = (value) => (value === null || value === undefined ? "–" : whole.format(value));
const percent = (value) => (value === null || value === undefined ? "–" : (100 * value).toFixed(value && value < 0.1 ? 2 : 1) + " %");
const three = new Intl.NumberFormat("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3, useGrouping: false });
const short = (value) => (Math.round(value) >= 100 ? whole.format(Math.round(value)) : three.format(value));
function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value * 1e6 < 999.5) return short(value * 1e6) + " µs";
  if (value * 1e3 < 999.5) return short(value * 1e3) + " ms";
  return short(value) + " s";
}
function bytes(value) {
  if (value === null || value === undefined) return "–";
  return (value / (1 << 20)).toFixed(1) + " MB";
}

function make(name, text, className) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

const latency = (name) => ({ title: name, value: (row) => row.latency_seconds[name], show: seconds });
const outcome = (count) => [
  { title: count, value: (row) => row[count], show: number },
  { title: "errors", value: (row) => row.errors, show: number, bad: (row) => row.errors > 0 },
  { title: "error rate", value: (row) => row.error_rate, show: percent, bad: (row) => row.error_rate > 0 },
  ...["mean", "p50", "p95", "p99", "max"].map(latency),
];
const word = (name) => ({ title: name, value: (row) => row[name], show: (value) => value, words: true });
const TABLES = {
  routes: { columns: [word("method"), word("route"), ...outcome("requests")], rows: (data) => data.summary.http.routes, omitted: (data) => data.summary.http.routes_omitted, sort: "requests" },
  operations: { columns: [word("operation"), word("table"), ...outcome("count")], rows: (data) => data.summary.database.operations, omitted: (data) => data.summary.database.operations_omitted, sort: "count" },
  workers: {
    columns: [
      { title: "pid", value: (row) => row.pid, show: String },
      { title: "CPU seconds", value: (row) => row.cpu_seconds, show: (value) => (value === undefined ? "–" : value.toFixed(1)) },
      { title: "memory", value: (row) => row.resident_memory_bytes, show: bytes },
      { title: "open files", value: (row) => row.open_fds, show: number },
      { title: "threads", value: (row) => row.threads, show: number },
    ],
    rows: (data) => data.summary.process.workers,
    sort: "pid",
  },
};

function compare(one, other) {
  const none = [one, other].map((value) => value === null || value === undefined);
  if (none[0] || none[1]) return none[1] - none[0];
  return typeof one === "string" ? one.localeCompare(other) : one - other;
}

function order(id) {
  return state.sort[id] || { title: TABLES[id].sort, up: false };
}

function head(id) {
  const row = make("tr");
  for (const column of TABLES[id].columns) {
    const cell = make("th", undefined, column.words ? "words" : "");
    cell.scope = "col";
    const button = make("button", column.title);
    button.type = "button";
    button.addEventListener("click", () => {
      const now = order(id);
      state.sort[id] = { title: column.title, up: now.title === column.title ? !now.up : Boolean(column.words) };
      showTable(id);
    });
    cell.append(button);
    row.append(cell);
  }
  const body = make("thead");
  body.append(row);
  return body;
}

function showTable(id) {
  const table = byId(id);
  const { columns, rows } = TABLES[id];
  if (!table.tHead) table.append(head(id), make("tbody"));
  const sorted = order(id);
  columns.forEach((column, place) => {
    const cell = table.tHead.rows[0].cells[place];
    const isSorted = column.title === sorted.title;
    cell.setAttribute("aria-sort", isSorted ? (sorted.up ? "ascending" : "descending") : "none");
    cell.firstChild.textContent = column.title + (isSorted ? (sorted.up ? " ▲" : " ▼") : "");
  });
  const filter = byId("filter-" + id);
  const wanted = filter ? filter.value.trim().toLowerCase() : "";
  const by = columns.find((column) => column.title === sorted.title);
  const shown = rows(state.data)
    .filter((row) => columns.some((column) => column.words && column.value(row).toLowerCase().includes(wanted)) || !wanted)
    .sort((one, other) => (sorted.up ? 1 : -1) * compare(by.value(one), by.value(other)));
  const body = make("tbody");
  for (const row of shown.slice(0, MOST)) {
    const line = make("tr");
    for (const column of columns) {
      const names = [column.words ? "words" : "", column.bad && column.bad(row) ? "bad" : ""];
      line.append(make("td", column.show(column.value(row)), names.join(" ").trim()));
    }
    body.append(line);
  }
  const told = [];
  if (!shown.length) told.push(wanted ? "None that fits the filter." : "Nothing has come.");
  if (shown.length > MOST) told.push(`And ${number(shown.length - MOST)} more: sort or filter to see them.`);
  const omitted = TABLES[id].omitted ? TABLES[id].omitted(state.data) : 0;
  if (omitted) told.push(`${number(omitted)} with fewer events are not here.`);
  if (told.length) {
    const cell = make("td", told.join(" "), "none words");
    cell.colSpan = columns.length;
    const line = make("tr");
    line.append(cell);
    body.append(line);
  }
  table.replaceChild(body, table.tBodies[0]);
}

function showGlance(summary) {
  const http = summary.http;
  const span = summary.window ? summary.window.seconds : summary.uptime_seconds;
  const facts = {
    "requests": number(http.requests),
    "per second": span ? short(http.requests / span) : "–",
    "error rate": percent(http.error_rate),
    "median": seconds(http.latency_seconds.p50),
    "95 %": seconds(http.latency_seconds.p95),
    "99 %": seconds(http.latency_seconds.p99),
    "in progress": number(http.in_progress),
    "workers": number(summary.workers),
  };
  byId("glance").replaceChildren(
    ...Object.entries(facts).map(([name, value]) => {
      const box = make("div");
      const what = make("dd", value);
      what.dataset.fact = name;
      box.append(make("dt", name), what);
      return box;
    })
  );
}

function slowLine(one) {
  const line = make("span");
  line.append(
    make("span", seconds(one.duration_seconds), "bad"),
    ` ${one.method} ${one.route} → ${one.status}`,
    make("span", `, ${new Date(one.started_at).toLocaleTimeString()}, process ${one.pid}${one.trace_id ? `, trace ${one.trace_id}` : ""}`, "soft")
  );
  return line;
}

// What somebody has opened stays open.
function showSlow(requests) {
  byId("slow-section").hidden = !requests;
  if (!requests) return;
  const open = new Set([...document.querySelectorAll("#slow details[open]")].map((one) => one.dataset.key));
  const found = requests.map((one) => {
    if (!one.stacks || !one.stacks.length) {
      const box = make("div", undefined, "slow");
      const why = one.stacks ? "Nobody looked at it in time." : "Where its time went is for who may have profiles.";
      box.append(slowLine(one), make("p", why));
      return box;
    }
    const box = make("details", undefined, "slow");
    box.dataset.key = `${one.pid} ${one.started_at}`;
    box.open = open.has(box.dataset.key);
    const head = make("summary");
    head.append(slowLine(one));
    box.append(head);
    for (const stack of one.stacks) {
      const list = make("ol");
      list.append(...stack.lines.map((line) => make("li", line)));
      box.append(make("p", `In ${percent(stack.share)} of ${number(one.looks)} looks at it:`), list);
    }
    return box;
  });
  byId("slow").replaceChildren(...(found.length ? found : [make("p", "None was slow.", "none")]));
}

function showWaterfalls(data) {
  const active = data.summary.workflows.active;
  const found = data.waterfalls.map((one) => {
    const box = make("article", undefined, "waterfall");
    box.append(make("h3", `${one.workflow}: ${seconds(one.seconds)}, ${number(active[one.workflow] || 0)} active`));
    const list = make("ol");
    for (const step of one.steps) {
      const line = make("li");
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("aria-hidden", "true");
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      bar.setAttribute("x", `${(100 * step.begins) / one.seconds || 0}%`);
      bar.setAttribute("width", `${Math.max((100 * step.seconds) / one.seconds || 0, 0.5)}%`);
      bar.setAttribute("height", "14");
      svg.append(bar);
      line.append(make("span", step.step), svg, make("span", seconds(step.seconds)));
      list.append(line);
    }
    box.append(list);
    return box;
  });
  byId("waterfalls").replaceChildren(...(found.length ? found : [make("p", "No workflow has run.", "none")]));
}

function library() {
  if (!state.library) {
    state.library = new Promise((loaded, failed) => {
      const script = make("script");
      script.src = below + "plotly.js";
      script.onload = loaded;
      script.onerror = () => {
        state.library = null; // to be asked for again
        script.remove();
        failed(new Error("the charts cannot be loaded"));
      };
      document.head.append(script);
    });
  }
  return state.library;
}

function themed(layout) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { gridcolor: colour("--line"), linecolor: colour("--line"), zerolinecolor: colour("--line") };
  return {
    ...layout,
    title: { ...layout.title, font: { size: 14 }, x: 0.02, xanchor: "left" },
    paper_bgcolor: colour("--card"),
    plot_bgcolor: colour("--card"),
    font: { color: colour("--text"), size: 12 },
    margin: { l: 60, r: 14, t: 38, b: 40 },
    legend: { orientation: "h", y: 1.14, x: 1, xanchor: "right" },
    xaxis: { ...axis, ...layout.xaxis },
    yaxis: { ...axis, automargin: true, ...layout.yaxis },
  };
}

// Plotly shows dates as if everybody lived in Greenwich.
function local(trace) {
  return { ...trace, x: trace.x.map((time) => time - 60000 * new Date(time).getTimezoneOffset()) };
}

async function showCharts(charts) {
  const place = byId("charts");
  const names = Object.keys(charts);
  if (names.length) await library();
  for (const old of [...place.children]) {
    if (names.includes(old.dataset.chart)) continue;
    Plotly.purge(old);
    old.remove();
  }
  // All places first: how wide one is depends on how many there are.
  const boxes = names.map((name) => {
    let box = place.querySelector(`[data-chart="${name}"]`);
    if (!box) {
      box = make("div", undefined, "chart");
      box.dataset.chart = name;
      box.setAttribute("role", "img");
      box.setAttribute("aria-label", charts[name].layout.title.text);
    }
    return box;
  });
  boxes.forEach((box) => place.append(box));
  for (const box of boxes) {
    const name = box.dataset.chart;
    const options = { displayModeBar: false, responsive: true };
    await Plotly.react(box, charts[name].data.map(local), themed(charts[name].layout), options);
  }
}

// No window is offered that is longer than what is kept, but for the first.
function offer(kept) {
  const select = byId("window");
  select.disabled = !kept;
  [...select.options].forEach((option, place) => {
    option.disabled = option.hidden = place > 0 && Number(option.value) > kept;
  });
  const last = [...select.options].filter((option) => !option.disabled).pop();
  if (kept && select.selectedOptions[0].disabled) {
    last.selected = true;
    state.window = Number(last.value);
  }
}

function tell(text, broken) {
  byId("state").textContent = text;
  byId("state").className = broken ? "broken" : "";
}

async function show() {
  const { data } = state;
  const { summary } = data;
  document.title = `${summary.service} – mcp_perf`;
  byId("service").textContent = summary.service;
  showGlance(summary);
  offer(data.kept_seconds);
  byId("hints").replaceChildren(...data.hints.map((hint) => make("li", hint)));
  Object.keys(TABLES).forEach(showTable);
  showWaterfalls(data);
  showSlow(summary.http.slow_requests);
  const until = summary.window && summary.window.ended_at ? new Date(summary.window.ended_at) : new Date(summary.generated_at);
  tell(`up to ${until.toLocaleTimeString()}`, false);
  await showCharts(data.charts);
}

let asked = 0;
async function refresh() {
  const mine = ++asked;
  try {
    // Without the user and the password that may stand in the address of the page.
    const here = location.origin + location.pathname;
    const answer = await fetch(new URL(`${below}data?window=${state.window}`, here), {
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(30000),
    });
    if (!answer.ok) throw new Error(`the service answers ${answer.status}`);
    const data = await answer.json();
    if (mine !== asked) return;
    state.data = data;
    await show();
    document.body.dataset.shown = String(Number(document.body.dataset.shown || 0) + 1);
  } catch (error) {
    if (mine === asked) tell(`Not up to date: ${error.message}`, true);
  }
}

async function again() {
  if (!state.paused && !document.hidden) await refresh();
  setTimeout(again, PAUSE);
}

byId("window").addEventListener("change", (event) => {
  state.window = Number(event.target.value);
  refresh();
});
// A browser that goes back fills in what was chosen before, after this has run.
addEventListener("pageshow", () => {
  const chosen = Number(byId("window").value);
  if (chosen === state.window) return;
  state.window = chosen;
  refresh();
});
byId("controls").addEventListener("submit", (event) => event.preventDefault());
byId("pause").addEventListener("click", () => {
  state.paused = !state.paused;
  byId("pause").setAttribute("aria-pressed", String(state.paused));
  byId("pause").textContent = state.paused ? "Go on" : "Pause";
});
for (const id of Object.keys(TABLES)) {
  const filter = byId("filter-" + id);
  if (filter) filter.addEventListener("input", () => state.data && showTable(id));
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => state.data && showCharts(state.data.charts).catch(() => {}));
again();
