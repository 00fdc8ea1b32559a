"use strict";
const tip = document.getElementById("tip");
function show(mark, x, y) {
  tip.textContent = mark.dataset.tip;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(8, Math.min(x + 14, innerWidth - box.width - 8)) + "px";
  tip.style.top = (y + 18 + box.height > innerHeight ? Math.max(8, y - box.height - 12) : y + 18) + "px";
}
document.addEventListener("pointermove", (event) => {
  const mark = event.target.closest("[data-tip]");
  if (mark) show(mark, event.clientX, event.clientY);
  else tip.hidden = true;
});
document.addEventListener("focusin", (event) => {
  const mark = event.target.closest("[data-tip]");
  if (!mark) return;
  const box = mark.getBoundingClientRect();
  show(mark, box.left, box.bottom - 14);
});
document.addEventListener("focusout", () => { tip.hidden = true; });
const circles = [...document.querySelectorAll("#map circle")];
const resource = document.getElementById("resource");
if (resource) resource.addEventListener("change", () => {
  for (const each of circles) {
    const lost = each.classList.contains("lost");
    each.setAttribute("class", "u" + each.dataset.used.split(" ")[resource.selectedIndex] + (lost ? " lost" : ""));
  }
});
const scenario = document.getElementById("scenario");
const lost = JSON.parse(document.getElementById("lost").textContent);
if (scenario) scenario.addEventListener("change", () => {
  const gone = new Set(lost[scenario.value] || []);
  for (const each of circles) each.classList.toggle("lost", gone.has(each.dataset.site));
});
addEventListener("beforeprint", () => { for (const each of document.querySelectorAll("details")) each.open = true; });
