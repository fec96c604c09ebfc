"use strict";
// Zoom and search in a graph that is there already.
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

function zoom(to) {
  const right = to.left + to.share;
  for (const one of all) {
    const outer = one.depth <= to.depth && one.left <= to.left + TINY && one.left + one.share >= right - TINY;
    const inner = one.depth > to.depth && one.left >= to.left - TINY && one.left + one.share <= right + TINY;
    one.box.classList.toggle("gone", !outer && !inner);
    one.box.setAttribute("x", `${outer ? 0 : (100 * (one.left - to.left)) / to.share}%`);
    one.box.setAttribute("width", `${outer ? 100 : (100 * one.share) / to.share}%`);
  }
  document.getElementById("out").hidden = to === all[0];
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
  all.forEach((one) => one.box.addEventListener("click", () => zoom(one)));
  document.getElementById("out").addEventListener("click", () => zoom(all[0]));
  const field = document.getElementById("search");
  field.addEventListener("input", () => search(field.value));
  document.getElementById("searching").hidden = false;
}
