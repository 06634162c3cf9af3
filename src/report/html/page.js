"use strict";
// Filters for the table of checks, and buttons that copy a command. Without a script the page shows all.
const rows = Array.from(document.querySelectorAll("#all tbody tr"));
const field = (id) => document.getElementById(id);
const cuts = new Set(rows.map((row) => row.cells[1].textContent).filter(Boolean));
for (const cut of cuts) field("by-cut").add(new Option(cut));
function filter() {
  const [verdict, requirement, cut] = ["by-verdict", "by-requirement", "by-cut"].map((id) => field(id).value);
  const text = field("by-text").value.toLowerCase();
  let shown = 0;
  for (const row of rows) {
    const cell = (place) => row.cells[place].textContent;
    const fits = (!cut || cell(1) === cut) && (!requirement || cell(2) === requirement)
      && (!verdict || cell(3) === verdict) && (!text || row.textContent.toLowerCase().includes(text));
    row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  field("matching").value = `${shown} of ${rows.length}`;
}
field("filters").hidden = false;
field("filters").addEventListener("input", filter);
field("filters").addEventListener("submit", (event) => event.preventDefault());
filter();
for (const button of document.querySelectorAll("button.copy")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = "Copied";
  });
}
