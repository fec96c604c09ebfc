"use strict";
// Zoom and search in a graph that is there already, by mouse or by keys.
const graph = document.getElementById("graph");
const boxes = graph ? [...graph.querySelectorAll("svg")] : [];
const all = boxes.map((box) => ({
  box,
  depth: Number(box.dataset.depth),
  left: Number(box.dataset.left),
  share: Number(box.dataset.share),
  text: box.querySelector("title").textContent.toLowerCase(),
}));
const TINY = 1e-5; // what rounding makes of the places

const right = (one) => one.left + one.share;
const holds = (outer, inner) => outer.left <= inner.left + TINY && right(outer) >= right(inner) - TINY;

function zoom(to) {
  for (const one of all) {
    const outer = one.depth <= to.depth && holds(one, to);
    const inner = one.depth > to.depth && holds(to, one);
    one.box.classList.toggle("gone", !outer && !inner);
    one.box.setAttribute("x", `${outer ? 0 : (100 * (one.left - to.left)) / to.share}%`);
    one.box.setAttribute("width", `${outer ? 100 : (100 * one.share) / to.share}%`);
  }
  document.getElementById("out").hidden = to === all[0];
  stand(to);
}

// The one box that Tab comes to; the others are reached by the keys below.
let current = all[0];

function stand(at) {
  current.box.setAttribute("tabindex", "-1");
  current = at;
  current.box.setAttribute("tabindex", "0");
}

function goTo(there) {
  if (there) {
    stand(there);
    there.box.focus();
  }
}

const seen = (depth) => all.filter((one) => one.depth === depth && !one.box.classList.contains("gone"));

// Boxes of a depth are in the order of their places.
const KEYS = {
  ArrowUp: () => goTo(seen(current.depth - 1).find((one) => holds(one, current))),
  ArrowDown: () => goTo(seen(current.depth + 1).find((one) => holds(current, one))),
  ArrowLeft: () => goTo(seen(current.depth).filter((one) => one.left < current.left).pop()),
  ArrowRight: () => goTo(seen(current.depth).find((one) => one.left > current.left)),
  Home: () => goTo(all[0]),
  Enter: () => zoom(current),
  " ": () => zoom(current),
  Escape: () => zoomOut(),
};

function zoomOut() {
  const before = current;
  zoom(all[0]);
  goTo(before);
}

function press(event) {
  const does = KEYS[event.key];
  if (does && !event.altKey && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    does();
  }
}

function search(words) {
  const wanted = words.trim().toLowerCase();
  let found = 0;
  for (const one of all) {
    const hit = wanted !== "" && one.text.includes(wanted);
    found += hit;
    one.box.classList.toggle("hit", hit);
    one.box.classList.toggle("miss", wanted !== "" && !hit);
  }
  document.getElementById("found").textContent = wanted ? `${found} found` : "";
  for (const row of document.querySelectorAll("#functions tbody tr")) {
    row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
  }
}

if (all.length) {
  for (const one of all) {
    one.box.setAttribute("role", "treeitem");
    one.box.setAttribute("aria-level", one.depth + 1);
    one.box.setAttribute("aria-label", one.box.querySelector("title").textContent);
    one.box.setAttribute("tabindex", one === current ? "0" : "-1");
    one.box.addEventListener("click", () => zoom(one));
  }
  graph.setAttribute("role", "tree");
  graph.setAttribute("aria-label", "Flame graph");
  graph.setAttribute("aria-describedby", "keys");
  graph.addEventListener("keydown", press);
  document.getElementById("keys").hidden = false;
  document.getElementById("out").addEventListener("click", zoomOut);
  const field = document.getElementById("search");
  field.addEventListener("input", () => search(field.value));
  document.getElementById("searching").hidden = false;
}
