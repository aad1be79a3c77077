// The grid of typed rows: moves by keys, takes what is pasted, keeps what is typed in this browser until it is sent.
(function () {
  "use strict";
  var form = document.querySelector("[data-entry]");
  if (!form) return;
  var body = form.querySelector("tbody"), more = form.querySelector("[data-more]"), packed = form.querySelector("[name=packed]");
  var shelf = "entry:" + form.dataset.entry, width = body.rows[0].querySelectorAll("input").length, MOST = 2000;
  function cell(row, column) { return body.rows[row] && body.rows[row].querySelectorAll("input")[column]; }
  function place(input) {
    var row = input.closest("tr");
    return [Array.prototype.indexOf.call(body.rows, row), Array.prototype.indexOf.call(row.querySelectorAll("input"), input)];
  }
  function grow(count) {
    while (body.rows.length < Math.min(count, MOST)) {
      var row = body.rows[body.rows.length - 1].cloneNode(true);
      row.querySelectorAll("input").forEach(function (input) { input.value = ""; });
      row.cells[0].textContent = body.rows.length + 1;
      body.appendChild(row);
    }
  }
  function rows() {
    return Array.prototype.map.call(body.rows, function (row) {
      return Array.prototype.map.call(row.querySelectorAll("input"), function (input) { return input.value.trim(); });
    }).filter(function (values) { return values.some(Boolean); });
  }
  function remember() {
    try { localStorage.setItem(shelf, JSON.stringify({ name: form.elements.name.value, rows: rows() })); } catch (full) { /* it stays on the page */ }
  }
  if (window.matchMedia("(max-width:767px)").matches) {
    while (body.rows.length > rows().length + 1) body.deleteRow(body.rows.length - 1);
  }
  more.hidden = false;
  more.addEventListener("click", function () { grow(body.rows.length + (body.rows.length < 5 ? 1 : 10)); });
  form.addEventListener("input", remember);
  body.addEventListener("keydown", function (event) {
    var at = place(event.target), step = { ArrowUp: -1, ArrowDown: 1, Enter: event.shiftKey ? -1 : 1 }[event.key];
    if (!step || (event.target.list && event.key !== "Enter")) return;
    event.preventDefault();
    if (at[0] + step >= body.rows.length) grow(body.rows.length + 1);
    var next = cell(at[0] + step, at[1]);
    if (next) { next.focus(); next.select(); }
  });
  body.addEventListener("paste", function (event) {
    var text = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "");
    if (!/[\t\n]/.test(text)) return;
    event.preventDefault();
    var at = place(event.target), lines = text.split("\n");
    grow(at[0] + lines.length);
    lines.forEach(function (line, down) {
      line.split("\t").forEach(function (value, right) {
        var input = cell(at[0] + down, at[1] + right);
        if (input && at[1] + right < width) input.value = value.trim();
      });
    });
    remember();
  });
  form.addEventListener("submit", function () {
    packed.value = JSON.stringify(rows());
    body.querySelectorAll("input").forEach(function (input) { input.disabled = true; });
    try { localStorage.setItem(shelf + ":sent", localStorage.getItem(shelf) || ""); localStorage.removeItem(shelf); } catch (none) { /* nothing was kept */ }
  });
  window.addEventListener("pageshow", function () {
    body.querySelectorAll("input").forEach(function (input) { input.disabled = false; });
  });
  if (!rows().length) {
    try {
      var kept = JSON.parse(localStorage.getItem(shelf) || "null");
      if (kept && kept.rows.length) {
        grow(kept.rows.length + 3);
        kept.rows.forEach(function (values, row) { values.forEach(function (value, column) { cell(row, column).value = value; }); });
        form.elements.name.value = form.elements.name.value || kept.name;
      }
    } catch (unreadable) { /* begin with an empty grid */ }
  }
})();
