"use strict";
// Filters and sorting for the matrix. Without a script the page shows all rows in their order.
const body = document.querySelector("#all tbody");
const field = (id) => document.getElementById(id);

function filter() {
  const text = field("by-text").value.toLowerCase();
  const rows = Array.from(body.rows);
  let shown = 0;
  for (const row of rows) {
    const fits = (!field("differing").checked || "differs" in row.dataset)
      && (!text || row.textContent.toLowerCase().includes(text));
    row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  field("matching").value = `${shown} of ${rows.length} cases`;
}

field("filters").hidden = false;
field("filters").addEventListener("input", filter);
field("filters").addEventListener("submit", (event) => event.preventDefault());
filter();
for (const button of document.querySelectorAll("button[data-sort]")) {
  const place = Number(button.dataset.sort);
  const heading = button.closest("th");
  button.addEventListener("click", () => {
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = button.closest("table").tBodies[0];
    const key = (row) => row.cells[place].dataset.key ?? row.cells[place].textContent;
    const order = (a, b) => key(a).localeCompare(key(b), "en", { numeric: true }) * (down ? -1 : 1);
    rows.append(...Array.from(rows.rows).sort(order));
  });
}
