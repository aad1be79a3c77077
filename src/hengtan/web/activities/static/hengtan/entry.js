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
  var said = document.querySelector("[data-kept]"), waiting, sending = false;
  function remember() {
    var now = { name: form.elements.name.value, rows: rows(), form: form.elements.form.value, at: Date.now() };
    try { localStorage.setItem(shelf, JSON.stringify(now)); } catch (full) { /* it stays on the page */ }
    clearTimeout(waiting);
    waiting = setTimeout(send, 1500);
  }
  function send() {
    if (sending) { waiting = setTimeout(send, 1500); return; }
    var data = new FormData();
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    data.append("batch", form.dataset.batch);
    data.append("name", form.elements.name.value);
    data.append("packed", JSON.stringify(rows()));
    sending = true;
    fetch(form.dataset.draft, { method: "POST", body: data, redirect: "manual", credentials: "same-origin" }).then(function (answer) {
      if (said) said.textContent = answer.status === 204 ? said.dataset.server : said.dataset.browser;
    }).catch(function () { /* no network: it is in this browser */ }).then(function () { sending = false; });
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
    clearTimeout(waiting);
    packed.value = JSON.stringify(rows());
    body.querySelectorAll("input").forEach(function (input) { input.disabled = true; });
  });
  window.addEventListener("pageshow", function () {
    body.querySelectorAll("input").forEach(function (input) { input.disabled = false; });
  });
  try { // what was typed here and did not arrive: the session had gone, or the browser was closed
    var kept = JSON.parse(localStorage.getItem(shelf) || "null"), saved = 1000 * (Number(form.dataset.saved) || 0);
    if (kept && form.dataset.done.split(" ").indexOf(kept.form) >= 0) { localStorage.removeItem(shelf); kept = null; }
    if (kept && kept.rows.length && !location.search && !document.querySelector(".ht-errors.nonfield") && kept.at > saved && JSON.stringify(kept.rows) !== JSON.stringify(rows())) {
      grow(kept.rows.length + 3);
      Array.prototype.forEach.call(body.rows, function (row, at) {
        row.querySelectorAll("input").forEach(function (input, column) { input.value = (kept.rows[at] || [])[column] || ""; });
      });
      form.elements.name.value = kept.name || form.elements.name.value;
      remember();
    }
  } catch (unreadable) { /* the page stands as the server made it */ }
})();
