// On a phone each row of a table becomes a card: every cell learns the title of its column. Without a script the table scrolls inside its card.
(function () {
  "use strict";
  var tables = "#main .ht-scroll > table.ht-t:not(.cpi-t):not(.cp-steps):not(.as-mini):not(.cp-ahead)";
  function named() {
    document.querySelectorAll(tables).forEach(function (table) {
      if (table.tHead && table.tHead.rows.length > 1) return;
      var titles = table.tHead ? Array.from(table.tHead.rows[0].cells).map(function (cell) { return cell.textContent.trim(); }) : [];
      Array.from(table.rows).forEach(function (row) {
        if (row.parentNode === table.tHead) return;
        var at = 0;
        Array.from(row.cells).forEach(function (cell) {
          if (titles[at] && cell.colSpan === 1) cell.dataset.title = titles[at];
          cell.classList.toggle("as-none", !cell.textContent.trim() && !cell.firstElementChild);
          at += cell.colSpan;
        });
      });
      table.classList.add("as-cards");
    });
  }
  named();
  document.addEventListener("htmx:afterSettle", named);
  var here = document.querySelector(".as-tabs [aria-current]"), tabs = here && here.parentNode;
  if (tabs) tabs.scrollLeft = here.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2; // the tab that is open is seen
})();
