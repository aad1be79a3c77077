// What pages need beyond htmx: menus that close, "/" for the search field, places suggested while one types, fields that go with a role.
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
    var find = document.querySelector("[data-find]");
    if (event.key === "/" && find && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      find.focus();
    }
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
