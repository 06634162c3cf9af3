"use strict";
// Filters and sorting for the matrix. Without a script the page shows all rows in their order.
const body = document.querySelector("#all tbody");
const rows = Array.from(body.rows);
const field = (id) => document.getElementById(id);
function filter() {
  const text = field("by-text").value.toLowerCase();
  let shown = 0;
  for (const row of rows) {
    const fits = (!field("differing").checked || "differs" in row.dataset)
      && (!text || row.textContent.toLowerCase().includes(text));
    row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  field("matching").value = `${shown} of ${rows.length}`;
}
field("filters").hidden = false;
field("filters").addEventListener("input", filter);
field("filters").addEventListener("submit", (event) => event.preventDefault());
filter();
for (const button of document.querySelectorAll("button[data-sort]")) {
  const place = Number(button.dataset.sort);
  button.addEventListener("click", () => {
    const key = (row) => row.cells[place].textContent;
    body.append(...rows.sort((a, b) => key(a).localeCompare(key(b))));
  });
}
