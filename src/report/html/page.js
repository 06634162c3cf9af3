"use strict";
// Filters for the checks, and buttons that copy a command. Without a script the page shows all.
const field = (id) => document.getElementById(id);
const chapters = Array.from(document.querySelectorAll("details.chapter"));
const rows = Array.from(document.querySelectorAll("table.all tbody tr"));
const cell = (row, place) => row.cells[place].textContent;
for (const cut of new Set(rows.map((row) => cell(row, 1)).filter(Boolean))) field("by-cut").add(new Option(cut));

function filter() {
  const [verdict, requirement, cut] = ["by-verdict", "by-requirement", "by-cut"].map((id) => field(id).value);
  const text = field("by-text").value.toLowerCase();
  let shown = 0;
  for (const row of rows) {
    const fits = (!cut || cell(row, 1) === cut) && (!requirement || cell(row, 2) === requirement)
      && (!verdict || cell(row, 3) === verdict) && (!text || row.textContent.toLowerCase().includes(text));
    row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  const filters = Boolean(verdict || requirement || cut || text);
  for (const chapter of chapters) {
    const fits = chapter.querySelector("tbody tr:not([hidden])") !== null;
    chapter.hidden = !fits;
    if (filters) chapter.open = fits;
  }
  field("matching").value = `${shown} of ${rows.length} checks`;
}

// A link to a check leads to it, whatever the filters hide and whichever chapter is folded.
function reveal() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { return; }
  const row = rows.find((one) => one.id === id);
  if (!row) return;
  if (row.hidden) { field("filters").reset(); filter(); }
  row.closest("details").open = true;
  row.scrollIntoView({ block: "center" });
  row.querySelector("a").focus({ preventScroll: true });
}

field("filters").hidden = false;
field("filters").addEventListener("input", filter);
field("filters").addEventListener("submit", (event) => event.preventDefault());
field("matching").value = `${rows.length} checks`;
addEventListener("hashchange", reveal);
reveal();
for (const button of document.querySelectorAll("button.copy")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = "Copied";
  });
}
