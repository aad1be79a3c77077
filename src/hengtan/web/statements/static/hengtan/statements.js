// The grid of a statement: moves by keys, takes what is pasted, keeps what is typed in this browser until it is sent.
(function () {
  "use strict";
  var form = document.querySelector("[data-statement]");
  if (!form) return;
  var packed = form.querySelector("[name=packed]"), shelf = "statement:" + form.dataset.statement;
  var rows = Array.prototype.slice.call(form.querySelectorAll("tr[data-parameter]"));
  function cells(row) { return Array.prototype.slice.call(row.querySelectorAll("input.n")); }
  function line(row) {
    return [row.dataset.parameter, row.querySelector("[data-unit]").value.trim(), row.querySelector("[data-obtained]").value,
      row.querySelector("[data-source]").value.trim()].concat(cells(row).map(function (input) { return input.value.trim(); }));
  }
  function lines() {
    return rows.map(line).filter(function (each) { return each.slice(4).some(Boolean); });
  }
  function remember() {
    try { localStorage.setItem(shelf, JSON.stringify(lines())); } catch (full) { /* it stays on the page */ }
  }
  function place(input) {
    var row = input.closest("tr[data-parameter]");
    return [rows.indexOf(row), cells(row).indexOf(input)];
  }
  function cell(row, column) { return rows[row] && cells(rows[row])[column]; }
  form.addEventListener("input", remember);
  form.addEventListener("change", remember);
  form.addEventListener("keydown", function (event) {
    if (!event.target.matches("input.n")) return;
    var at = place(event.target), step = { ArrowUp: -1, ArrowDown: 1, Enter: event.shiftKey ? -1 : 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    var next = cell(at[0] + step, at[1]);
    if (next) { next.focus(); next.select(); }
  });
  form.addEventListener("paste", function (event) {
    if (!event.target.matches("input.n")) return;
    var text = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "");
    if (!/[\t\n]/.test(text)) return;
    event.preventDefault();
    var at = place(event.target);
    text.split("\n").forEach(function (part, down) {
      part.split("\t").forEach(function (value, right) {
        var input = cell(at[0] + down, at[1] + right);
        if (input) input.value = value.trim();
      });
    });
    remember();
  });
  form.querySelectorAll("[data-add]").forEach(function (select) {
    select.addEventListener("change", function () {
      if (!select.value) return;
      remember();
      var address = new URL(window.location.href);
      address.searchParams.append("add", select.value);
      window.location.assign(address);
    });
  });
  form.addEventListener("submit", function () {
    packed.value = JSON.stringify(lines());
    try { localStorage.removeItem(shelf); } catch (none) { /* nothing was kept */ }
  });
  try {
    var kept = JSON.parse(localStorage.getItem(shelf) || "null") || [];
    kept.forEach(function (values) {
      var row = rows.filter(function (each) { return each.dataset.parameter === values[0]; })[0];
      if (!row) return;
      row.querySelector("[data-unit]").value = values[1];
      row.querySelector("[data-obtained]").value = values[2];
      row.querySelector("[data-source]").value = values[3];
      cells(row).forEach(function (input, column) { input.value = values[4 + column] || ""; });
    });
  } catch (unreadable) { /* begin with what the server has */ }
})();
