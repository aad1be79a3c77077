// What pages need beyond htmx: menus that close, "/" for the search field, tables for the clipboard, places suggested while one types, fields that go with a role.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.ht-menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details.ht-menu[open]").forEach(function (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    var all = document.querySelector("[data-find-all]"), find = all && all.offsetParent ? all : document.querySelector("[data-find]");
    if (event.key === "/" && find && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      find.focus();
      find.select();
    }
    var found = document.getElementById("found"), form = found && found.closest("form");
    if (!form || !form.contains(document.activeElement)) return;
    var links = [all].concat(Array.from(found.querySelectorAll("a"))), at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      found.textContent = "";
      all.focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && links.length > 1) {
      event.preventDefault();
      links[(at + (event.key === "ArrowDown" ? 1 : links.length - 1)) % links.length].focus();
    }
  });
  document.addEventListener("focusin", function (event) {
    var found = document.getElementById("found");
    if (found && !found.closest("form").contains(event.target)) found.textContent = "";
  });
  document.addEventListener("click", function (event) {
    var found = document.getElementById("found");
    if (found && !found.closest("form").contains(event.target)) found.textContent = "";
  });
  function copied(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    var area = document.createElement("textarea"); // an installation without https
    area.value = text;
    area.className = "ht-away";
    document.body.append(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("copy"));
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    var word = button.dataset.word || button.textContent;
    button.dataset.word = word;
    button.setAttribute("aria-live", "polite");
    function tell(said) {
      button.textContent = said;
      setTimeout(function () { button.textContent = word; }, 2500);
    }
    fetch(button.dataset.copy).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer.text();
    }).then(copied).then(function () { tell(button.dataset.done); }, function () { tell(button.dataset.failed); });
  });
  document.querySelectorAll("[data-suggest]").forEach(function (input) {
    var list = document.createElement("datalist"), waiting;
    list.id = input.id + "_list";
    input.setAttribute("list", list.id);
    input.after(list);
    input.addEventListener("input", function () {
      clearTimeout(waiting);
      waiting = setTimeout(function () {
        htmx.ajax("GET", "/regions/?q=" + encodeURIComponent(input.value), { target: list, swap: "innerHTML" });
      }, 200);
    });
  });
  document.querySelectorAll("select[name=role]").forEach(function (role) {
    var facilities = document.querySelector("select[name=facilities]");
    if (!facilities) return;
    function follow() { facilities.closest(".ht-field").hidden = role.value !== "contributor"; }
    role.addEventListener("change", follow);
    follow();
  });
})();
